"""A relay between clients and a server that can go silent: connections stay open, and nothing passes any more.

1. Each connection to `port` gets one to the server, and two threads that pass on what comes.
2. `silenced()`: what comes from now on is taken and dropped, and new connections are let in and get no answer. To
   a client this is a network that drops everything, or a server that hangs.
3. Afterwards what was opened before or meanwhile is closed; new connections are served.
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
            self.close_all()
            self._silent = False

    def close_all(self) -> None:
        """Close all connections, as a server does that is started again."""
        for each in list(self._open):
            self._open.discard(each)
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self) -> None:
        """Close all, and listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self._listener.close()
        self.close_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(client)
            self.let_in += 1
            if self._silent:
                continue
            server = socket.create_connection(("127.0.0.1", self._server))
            self._open.add(server)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while what := source.recv(1 << 16):
                if not self._silent:
                    target.sendall(what)
            if not self._silent:
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
