"""The relay itself: it passes on what comes, is silent, and serves again."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Generator
from contextlib import closing, suppress

import pytest
from tests.servers.relay import Relay

SIZE = 8


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):
            while what := self.request.recv(1 << 16):
                self.request.sendall(what)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 100


@pytest.fixture
def relay() -> Generator[Relay]:
    with Server(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        with closing(Relay(server.server_address[1])) as relay:
            yield relay
        server.shutdown()


def answer(client: socket.socket) -> bytes:
    got = b""
    while len(got) < SIZE and (more := client.recv(SIZE - len(got))):
        got += more
    return got


def test_nothing_passes_while_it_is_silent_and_new_connections_are_served_afterwards(relay: Relay) -> None:
    with socket.create_connection(("127.0.0.1", relay.port), 10) as before:
        before.sendall(b"a" * SIZE)
        assert answer(before) == b"a" * SIZE
        with relay.silenced(), socket.create_connection(("127.0.0.1", relay.port), 0.2) as meanwhile:
            before.settimeout(0.2)
            for client in (before, meanwhile):
                client.sendall(b"b" * SIZE)
                with pytest.raises(TimeoutError):
                    answer(client)
        before.settimeout(10)
        assert answer(before) == b""
    with socket.create_connection(("127.0.0.1", relay.port), 10) as after:
        after.sendall(b"c" * SIZE)
        assert answer(after) == b"c" * SIZE
