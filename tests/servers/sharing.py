"""One server of a kind for a whole run, whoever asks for it first, and however many workers there are.

1. The process that began the run (the only one, or pytest-xdist's controller) makes a `Sharing`.
2. A worker is told where that listens, and makes an `Asking` of it. Both have `url(kind)`.
3. The first to ask for a kind has its server started; whoever asks meanwhile waits for the same answer: a URL,
   or why there is none (`Unavailable`).
4. Leaving the `Sharing` stops the servers. Should its process die instead, they die with it: they were started
   by threads of it that live as long as it does.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any, Protocol, Self

from attrs import frozen
from tests.servers.server import Server, Unavailable


class Shared(Protocol):
    """Gives servers by their kinds."""

    def url(self, kind: str) -> str:
        """Where it answers; `Unavailable` if there is none."""
        ...


@frozen
class Kind:
    """A kind of server.

    variable: of the environment, that names a server to use instead.
    found: what would be started here, in a word or two; `Unavailable` if nothing could be.
    made: a new server, not yet started; given all that is shared, as it may stand before another.
    """

    variable: str
    found: Callable[[], str]
    made: Callable[[Shared], Server]

    @property
    def is_named(self) -> bool:
        """Whether the server is one that somebody has named, which stays; ours ends with the tests."""
        return bool(os.environ.get(self.variable))


class Sharing:
    """Starts servers, and stops them in the end; entered, it answers workers at its `address`."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._asked: dict[str, Future[str]] = {}
        self._turn = threading.Lock()
        self._pool = ThreadPoolExecutor(len(kinds), thread_name_prefix="a server's")
        self._servers = ExitStack()
        self._desk = _Desk(self)

    @property
    def address(self) -> tuple[str, int]:
        """For `Asking`."""
        host, port = self._desk.socket.getsockname()
        return host, port

    def __enter__(self) -> Self:
        """Begin to listen."""
        threading.Thread(target=self._desk.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all servers."""
        self._desk.shutdown()
        self._desk.server_close()
        self._pool.shutdown()
        self._servers.close()

    def url(self, kind: str) -> str:
        """Where it answers; `Unavailable` if there is none."""
        with self._turn:
            if kind not in self._asked:
                self._asked[kind] = self._pool.submit(self._started, kind)
        return self._asked[kind].result()

    def _started(self, kind: str) -> str:
        known = self._kinds[kind]
        if named := os.environ.get(known.variable):
            return named
        try:
            return self._servers.enter_context(known.made(self)).url
        except Unavailable as reason:
            raise Unavailable(f"{reason}; {known.variable} may name one") from reason


class _Desk(ThreadingTCPServer):
    """Where workers ask: a line with a kind is answered by a line with a URL, or why there is none."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, shared: Shared) -> None:
        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                kind = self.rfile.readline().decode().strip()
                answer: dict[str, str]
                try:
                    answer = {"url": shared.url(kind)}
                except Unavailable as reason:
                    answer = {"unavailable": str(reason)}
                self.wfile.write(json.dumps(answer).encode() + b"\n")

        super().__init__(("127.0.0.1", 0), Handler)


@frozen
class Asking:
    """Asks a `Sharing` of another process."""

    address: tuple[str, int]

    def url(self, kind: str) -> str:
        """Where it answers; `Unavailable` if there is none."""
        with socket.create_connection(self.address) as asking, asking.makefile("rw") as lines:
            lines.write(f"{kind}\n")
            lines.flush()
            answer: Any = json.loads(lines.readline())
        if "unavailable" in answer:
            raise Unavailable(answer["unavailable"])
        return str(answer["url"])
