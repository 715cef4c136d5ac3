"""Where awaited connections come from: a pool of the store's for each loop, one of the caller's, or the one given.

As `blocking`, and besides:

1. An awaited connection belongs to the event loop in which it was opened. A store may be used from several loops
   (`asyncio.run` after `asyncio.run`, or a loop in each thread), so `OwnPools` has a pool for each, found by the
   running loop, opened at its first use there.
2. Tasks of one loop that come while the pool is being opened wait for it at a lock of that loop's.
3. What takes longer than the store is to wait is given up: opening a pool, waiting for a connection, and what is
   done with it. Given up, or cancelled, that leaves the connection in the middle of something: `lend` must throw
   it away, without waiting for anything, for waiting is what is over. A transaction that was open there ends
   with it.
4. Closing the store closes the running loop's pool when its connections have come back, and terminates it when
   that takes too long. Another loop's pool can only be ended in that loop: it is told to terminate it.
5. A loop that ends (`asyncio.run` does) first closes the asynchronous generators that were begun in it. So with
   each pool one is begun, which terminates the pool when it is closed: nothing is left open in an orderly end.
6. What a loop has left open that was closed without that can be ended in no loop any more. When the next loop is
   met, and when the store is closed, its sockets are shut down and it is forgotten. A pool holds its loop, so
   nothing would let go of either by itself.
7. A forked child leaves all inherited pools alone (`inheritance`), and opens its own.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Generic, Protocol, TypeVar
from weakref import WeakSet

from aett.adapters.lending.blocking import IN_A_TRANSACTION
from aett.adapters.lending.inheritance import spared_by_children
from aett.adapters.store.loop import of_closed, running_loop
from aett.core.errors import StorageUnavailable, StoreClosed, UnsupportedServer

K = TypeVar("K")
P = TypeVar("P")
K_co = TypeVar("K_co", covariant=True)


_SOON = 1.0
"""Seconds that a cancelled task may still take to leave the caller's connection as it was."""


class AsyncLender(Protocol[K_co]):
    """Lends connections."""

    @property
    def name(self) -> str:
        """Of the place, for messages."""
        ...

    @property
    def joins(self) -> bool:
        """Whether what is done may become part of a transaction of the caller's."""
        ...

    def lent(self, *, alone: bool, unhurried: bool = False) -> AbstractAsyncContextManager[K_co]:
        """A connection for a while; `alone`: outside of any transaction."""
        ...

    async def close(self) -> None:
        """Close what was opened, and lend no more: `StoreClosed`."""
        ...


class OwnPools(Generic[P, K]):
    """A pool of the store's for each event loop, opened at its first use.

    seconds: that anything may take. lend: a connection that goes back, or is thrown away if it was left in the
    middle of something. close: a pool when all have given back what they were lent. terminate: at once; again,
    it does nothing. transports: of what is open, if the driver can end nothing without its loop.
    """

    joins = False

    def __init__(
        self,
        name: str,
        seconds: float,
        opened: Callable[[], Awaitable[P]],
        lend: Callable[[P], AbstractAsyncContextManager[K]],
        close: Callable[[P], Awaitable[None]],
        terminate: Callable[[P], Awaitable[None]],
        transports: Callable[[P], Iterable[asyncio.BaseTransport]] = lambda _: (),
    ) -> None:
        self.name = name
        self._seconds = seconds
        self._open, self._lend, self._close, self._terminate = opened, lend, close, terminate
        self._transports = transports
        self._pools: dict[asyncio.AbstractEventLoop, _OwnPool[P]] = {}
        self._process = os.getpid()
        self._closed = False
        spared_by_children(self)

    @asynccontextmanager
    async def lent(self, *, alone: bool, unhurried: bool = False) -> AsyncGenerator[K]:
        """A connection of this loop's pool."""
        del alone
        pool = await self._opened()
        async with self._bounded("no connection was free") as bound, self._lend(pool) as connection:
            if unhurried:
                bound.timeout.reschedule(None)
            else:
                bound.begin_again("there was no answer")
            yield connection

    async def close(self) -> None:
        """Close the pools: this loop's when its connections have done, other loops' at once."""
        self._closed = True
        self._forget_closed_loops()
        here = running_loop()
        for loop, own in list(self._pools.items()):
            if loop is here:
                async with own.opening:
                    if own.pool is not None:
                        with suppress(TimeoutError):
                            async with asyncio.timeout(self._seconds):
                                await self._close(own.pool)
                        own.pool = None
                    if own.ending is not None:
                        await own.ending.aclose()
            elif own.ending is not None:
                with suppress(RuntimeError):  # closed this very moment
                    loop.call_soon_threadsafe(_close_there, loop, own.ending)
            self._pools.pop(loop, None)  # only now: until it is closed, no child may end it

    def inherited(self) -> Iterable[object]:
        """The pools of all loops, and what would end them."""
        return [each for own in self._pools.values() for each in (own.pool, own.ending) if each is not None]

    async def _opened(self) -> P:
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        if self._process != os.getpid():
            self._pools, self._process = {}, os.getpid()
        here = running_loop()
        if (own := self._pools.get(here)) is None:
            self._forget_closed_loops()
            own = self._pools.setdefault(here, _OwnPool())
        if (pool := own.pool) is not None:
            return pool
        async with own.opening:
            if own.pool is None:
                async with self._bounded("nobody let us in"):
                    pool = await self._open()
                own.pool, own.ending = pool, _ending(pool, self._terminate)
                await anext(own.ending)
            return own.pool

    @asynccontextmanager
    async def _bounded(self, failed: str) -> AsyncGenerator[_Bound]:
        bound = _Bound(self._seconds, failed)
        try:
            async with bound.timeout:
                yield bound
        except TimeoutError as error:
            if not bound.timeout.expired():
                raise
            raise StorageUnavailable(f"{self.name}: {bound.failed} within {self._seconds:g} s") from error

    def _forget_closed_loops(self) -> None:
        for own in of_closed(self._pools):
            if own.pool is not None:
                for transport in self._transports(own.pool):
                    _shut_down(transport)


async def _ending(pool: P, terminate: Callable[[P], Awaitable[None]]) -> AsyncGenerator[None]:
    """Waits until it is closed, by the store or by the loop that ends: then the pool ends."""
    try:
        yield
    finally:
        await terminate(pool)


def _close_there(loop: asyncio.AbstractEventLoop, ending: AsyncGenerator[None]) -> None:
    async def close() -> None:
        with suppress(RuntimeError):  # the loop is closing it, too
            await ending.aclose()

    loop.create_task(close())


async def undone_soon(undo: Callable[[], Awaitable[object]], close: Callable[[], None]) -> None:
    """Undo what a cancelled task had begun on the caller's connection; close it if that cannot be done soon."""
    try:
        async with asyncio.timeout(_SOON):
            await undo()
    except BaseException as error:
        close()
        if not isinstance(error, Exception):
            raise


def _shut_down(transport: asyncio.BaseTransport) -> None:
    """Let the server know that nobody is there any more; the descriptor goes with the transport."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


class _Bound:
    """How long something may take, and what it means if that is over."""

    def __init__(self, seconds: float, failed: str) -> None:
        self._seconds, self.failed = seconds, failed
        self.timeout = asyncio.timeout(seconds)

    def begin_again(self, failed: str) -> None:
        """The next thing may take as long."""
        self.failed = failed
        self.timeout.reschedule(running_loop().time() + self._seconds)


class _OwnPool(Generic[P]):
    """A loop's pool, the lock under which it is opened, and what ends it with its loop."""

    def __init__(self) -> None:
        self.pool: P | None = None
        self.ending: AsyncGenerator[None] | None = None
        self.opening = asyncio.Lock()


class AsyncCallersPool(Generic[K]):
    """A pool of the caller's, who closes it.

    verify: each connection, when it is first lent. itself: the connection, of what the pool lends.
    """

    name = "the caller's pool"
    joins = False

    def __init__(
        self,
        lend: Callable[[], AbstractAsyncContextManager[K]],
        verify: Callable[[K], Awaitable[None]] | None = None,
        itself: Callable[[K], object] = lambda lent: lent,
    ) -> None:
        self._lend, self._verify, self._itself = lend, verify, itself
        self._verified: WeakSet[object] = WeakSet()
        self._closed = False

    @asynccontextmanager
    async def lent(self, *, alone: bool, unhurried: bool = False) -> AsyncGenerator[K]:
        """A connection of the pool."""
        del alone, unhurried
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        async with self._lend() as connection:
            if self._verify is not None and self._itself(connection) not in self._verified:
                await self._verify(connection)
                self._verified.add(self._itself(connection))
            yield connection

    async def close(self) -> None:
        """Lend no more."""
        self._closed = True


class AsyncCallersConnection(Generic[K]):
    """The connection that the caller gave: what is done becomes part of its transaction, if it has one open.

    verify: the connection, when it is first lent.
    """

    name = "the caller's connection"
    joins = True

    def __init__(
        self, connection: K, is_alone: Callable[[K], bool], verify: Callable[[K], Awaitable[None]] | None = None
    ) -> None:
        self._connection = connection
        self._is_alone = is_alone
        self._verify = verify
        self._turn = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def lent(self, *, alone: bool, unhurried: bool = False) -> AsyncGenerator[K]:
        """The connection itself, to one task at a time."""
        del unhurried
        async with self._turn:
            if self._closed:
                raise StoreClosed(f"{self.name}: this store is closed")
            if alone and not self._is_alone(self._connection):
                raise UnsupportedServer(IN_A_TRANSACTION)
            if self._verify is not None:
                await self._verify(self._connection)
                self._verify = None
            yield self._connection

    async def close(self) -> None:
        """Lend no more."""
        self._closed = True
