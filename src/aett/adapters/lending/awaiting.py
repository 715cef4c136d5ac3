"""Where awaited connections come from: a pool of the store's for each loop, one of the caller's, or the one given.

As `blocking`, and besides:

1. An awaited connection belongs to the event loop in which it was opened. A store may be used from several loops
   (`asyncio.run` after `asyncio.run`, or a loop in each thread), so `OwnPools` has a pool for each, found by the
   running loop, opened at its first use there.
2. Tasks of one loop that come while the pool is being opened wait for it at a lock of that loop's.
3. Closing the store closes the running loop's pool when its connections have come back. Another loop's pool can
   only be ended in that loop: it is told to terminate it. What a loop that was closed left open ends with its
   sockets.
4. A forked child forgets all inherited pools, and opens its own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from aett.adapters.lending.blocking import IN_A_TRANSACTION
from aett.core.errors import StoreClosed, UnsupportedServer

K = TypeVar("K")
P = TypeVar("P")
K_co = TypeVar("K_co", covariant=True)


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

    def lent(self, *, alone: bool) -> AbstractAsyncContextManager[K_co]:
        """A connection for a while; `alone`: outside of any transaction."""
        ...

    async def close(self) -> None:
        """Close what was opened, and lend no more: `StoreClosed`."""
        ...


class OwnPools(Generic[P, K]):
    """A pool of the store's for each event loop, opened at its first use."""

    joins = False

    def __init__(
        self,
        name: str,
        opened: Callable[[], Awaitable[P]],
        lend: Callable[[P], AbstractAsyncContextManager[K]],
        close: Callable[[P], Awaitable[None]],
        terminate: Callable[[P], None],
    ) -> None:
        self.name = name
        self._open, self._lend, self._close, self._terminate = opened, lend, close, terminate
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _OwnPool[P]] = WeakKeyDictionary()
        self._process = os.getpid()
        self._closed = False

    @asynccontextmanager
    async def lent(self, *, alone: bool) -> AsyncGenerator[K]:
        """A connection of this loop's pool."""
        del alone
        async with self._lend(await self._opened()) as connection:
            yield connection

    async def close(self) -> None:
        """Close the pools: this loop's when its connections have done, other loops' at once.

        What a loop that was closed has left open ends with its sockets.
        """
        self._closed = True
        here, pools = asyncio.get_running_loop(), list(self._pools.items())
        self._pools = WeakKeyDictionary()
        for loop, own in pools:
            if loop is here:
                async with own.opening:
                    if own.pool is not None:
                        await self._close(own.pool)
            elif own.pool is not None and not loop.is_closed():
                loop.call_soon_threadsafe(self._terminate, own.pool)

    async def _opened(self) -> P:
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        if self._process != os.getpid():
            self._pools, self._process = WeakKeyDictionary(), os.getpid()
        own = self._pools.setdefault(asyncio.get_running_loop(), _OwnPool())
        if (pool := own.pool) is not None:
            return pool
        async with own.opening:
            if own.pool is None:
                own.pool = await self._open()
            return own.pool


class _OwnPool(Generic[P]):
    """A loop's pool, and the lock under which it is opened."""

    def __init__(self) -> None:
        self.pool: P | None = None
        self.opening = asyncio.Lock()


class AsyncCallersPool(Generic[K]):
    """A pool of the caller's, who closes it."""

    name = "the caller's pool"
    joins = False

    def __init__(self, lend: Callable[[], AbstractAsyncContextManager[K]]) -> None:
        self._lend = lend
        self._closed = False

    @asynccontextmanager
    async def lent(self, *, alone: bool) -> AsyncGenerator[K]:
        """A connection of the pool."""
        del alone
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        async with self._lend() as connection:
            yield connection

    async def close(self) -> None:
        """Lend no more."""
        self._closed = True


class AsyncCallersConnection(Generic[K]):
    """The connection that the caller gave: what is done becomes part of its transaction, if it has one open."""

    name = "the caller's connection"
    joins = True

    def __init__(self, connection: K, is_alone: Callable[[K], bool]) -> None:
        self._connection = connection
        self._is_alone = is_alone
        self._turn = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def lent(self, *, alone: bool) -> AsyncGenerator[K]:
        """The connection itself, to one task at a time."""
        async with self._turn:
            if self._closed:
                raise StoreClosed(f"{self.name}: this store is closed")
            if alone and not self._is_alone(self._connection):
                raise UnsupportedServer(IN_A_TRANSACTION)
            yield self._connection

    async def close(self) -> None:
        """Lend no more."""
        self._closed = True
