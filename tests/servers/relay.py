"""A relay between clients and a server that can go silent: connections stay open, and nothing passes any more.

1. Each connection to `port` gets one to the server, and two threads that pass on what comes.
2. `silenced()`: what comes from now on is taken and dropped, and new connections are let in and get no answer. To
   a client this is a network that drops everything, or a server that hangs.
3. Afterwards what was opened before or meanwhile is shut down; new connections are served.
4. A connection's sockets are closed when both its threads have ended, not before: a closed one's number goes to
   the next connection, and who still reads at that number takes what belongs to another.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress


class Relay:
    """To a server on a port of this machine."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._silent = False
        self.let_in = 0
        """Connections of clients', so far."""

        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        """Of what is open and of silence: a connection is let in before its end, or after it."""

        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    @contextmanager
    def silenced(self) -> Generator[None]:
        """Meanwhile nothing passes."""
        self._silent = True
        try:
            yield
        finally:
            with self._lock:
                self._shut_down()
                self._silent = False

    def close_all(self) -> None:
        """Close all connections, as a server does that is started again."""
        with self._lock:
            self._shut_down()

    def close(self) -> None:
        """Close all, and listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self.close_all()

    def _shut_down(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes who reads of it
        self._open.clear()

    def _accept(self) -> None:
        with self._listener, suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with self._lock:
                    self._open.add(client)
                    self.let_in += 1
                    serve = self._drop if self._silent else self._serve
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    def _drop(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            while client.recv(1 << 16):
                pass

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._server)) as server:
            with self._lock:
                self._open.add(server)
            answers = threading.Thread(target=self._pass, args=(server, client), daemon=True)
            answers.start()
            self._pass(client, server)
            answers.join()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while what := source.recv(1 << 16):
                if not self._silent:
                    target.sendall(what)
        if not self._silent:
            with suppress(OSError):
                target.shutdown(socket.SHUT_WR)


@contextmanager
def relayed(url: str) -> Generator[tuple[str, Relay]]:
    """The URL of a server on this machine, by way of a relay; and the relay."""
    before, local, after = url.partition("127.0.0.1:")
    digits = len(after) - len(after.lstrip("0123456789"))
    relay = Relay(int(after[:digits]))
    try:
        yield f"{before}{local}{relay.port}{after[digits:]}", relay
    finally:
        relay.close()
