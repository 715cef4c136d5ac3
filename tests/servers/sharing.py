"""One server of a kind for a whole run, whoever asks for it first, and however many workers there are.

1. The process that began the run (the only one, or pytest-xdist's controller) makes a `Sharing`.
2. A worker is told where that listens, and makes an `Asking` of it. Both have `url(kind)`.
3. The first to ask for a kind has its server started; whoever asks meanwhile waits for the same answer: a URL,
   or why there is none (`Unavailable`).
4. Leaving the `Sharing` stops the servers. Should its process die instead, they die with it: they were started
   by threads of it that live as long as it does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from multiprocessing.connection import Client, Connection, Listener
from types import TracebackType
from typing import Final, Protocol, Self

from attrs import frozen
from tests.servers.server import Server, Unavailable

_KEY: Final = b"aett"
_JOIN_SECONDS: Final = 10.0


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


class Sharing:
    """Starts servers, and stops them in the end; entered, it answers workers at its `address`."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._asked: dict[str, Future[str]] = {}
        self._turn = threading.Lock()
        self._pool = ThreadPoolExecutor(len(kinds), thread_name_prefix="a server's")
        self._servers = ExitStack()
        self._listener = Listener(None, backlog=64, authkey=_KEY)
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._over = False

    @property
    def address(self) -> str:
        """For `Asking`."""
        return str(self._listener.address)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._listening.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all servers."""
        self._pool.shutdown()
        self._over = True
        with suppress(OSError):
            Client(self.address, authkey=_KEY).close()  # Wake it up.
        self._listening.join(_JOIN_SECONDS)
        self._listener.close()
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

    def _listen(self) -> None:
        while not self._over:
            with suppress(OSError, EOFError):
                threading.Thread(target=self._answer, args=(self._listener.accept(),), daemon=True).start()

    def _answer(self, asking: Connection) -> None:
        with asking, suppress(OSError, EOFError):  # Who asked may have gone.
            kind = asking.recv()
            try:
                asking.send((True, self.url(kind)))
            except Unavailable as reason:
                asking.send((False, str(reason)))


@frozen
class Asking:
    """Asks a `Sharing` of another process."""

    address: str

    def url(self, kind: str) -> str:
        """Where it answers; `Unavailable` if there is none."""
        with Client(self.address, authkey=_KEY) as asking:
            asking.send(kind)
            found, told = asking.recv()
        if not found:
            raise Unavailable(told)
        return str(told)
