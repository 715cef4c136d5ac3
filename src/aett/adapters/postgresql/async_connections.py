"""Connections of asyncpg: from a pool of the store's or the caller's, or the one that the caller gave."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import asyncpg

from aett.adapters.postgresql.server import Server
from aett.core.errors import StorageUnavailable, StoreClosed, UnsupportedServer

Connection: TypeAlias = Any
"""asyncpg's types are those of its stubs only where these are installed."""

Pool: TypeAlias = Any


class AsyncConnections(Protocol):
    """Lends connections."""

    name: str
    """For messages."""

    joins: bool
    """Whether what is done may become part of a transaction of the caller's."""

    def lent(self, *, alone: bool) -> Any:
        """An async context manager of a connection; `alone`: outside of any transaction."""
        ...

    async def close(self) -> None:
        """Close what was opened."""
        ...


class OwnPools:
    """A pool of the store's for each event loop, opened at its first use."""

    joins = False

    def __init__(self, server: Server) -> None:
        self.name = server.name
        self._server = server
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Opening] = WeakKeyDictionary()
        self._process = os.getpid()
        self._closed = False

    @asynccontextmanager
    async def lent(self, *, alone: bool) -> AsyncGenerator[Connection]:
        """A connection of the pool."""
        del alone
        pool = await self._opened()
        try:
            connection = await pool.acquire(timeout=self._server.timeout)
        except TimeoutError as error:
            raise StorageUnavailable(f"{self.name}: no connection was free") from error
        try:
            yield connection
        finally:
            await pool.release(connection)

    async def close(self) -> None:
        """Close the pools: this loop's when its connections have done, others' at once."""
        self._closed = True
        here = asyncio.get_running_loop()
        pools = list(self._pools.items())
        self._pools = WeakKeyDictionary()
        for loop, opening in pools:
            if loop is here:
                await opening.close()
            else:
                opening.terminate()

    async def _opened(self) -> Pool:
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        if self._process != os.getpid():
            self._pools, self._process = WeakKeyDictionary(), os.getpid()
        opening = self._pools.setdefault(asyncio.get_running_loop(), _Opening(self._server))
        return opening.pool if opening.pool is not None else await opening.open()


class _Opening:
    """A loop's pool, opened by the first of its tasks that needs it."""

    def __init__(self, server: Server) -> None:
        self.pool: Pool = None
        self._server = server
        self._lock = asyncio.Lock()

    async def open(self) -> Pool:
        async with self._lock:
            if self.pool is None:
                server = self._server
                settings: dict[str, Any] = {} if server.prepare else {"statement_cache_size": 0}
                create_pool: Any = getattr(asyncpg, "create_pool")  # noqa: B009  # its type is partly unknown
                self.pool = await create_pool(
                    server.url,
                    min_size=1,
                    max_size=server.pool_size,
                    timeout=server.timeout,
                    reset=_nothing,
                    **settings,
                )
            return self.pool

    async def close(self) -> None:
        async with self._lock:
            if self.pool is not None:
                await self.pool.close()

    def terminate(self) -> None:
        if self.pool is not None:
            self.pool.terminate()


async def _nothing(connection: Connection) -> None:
    """A connection goes back as it came, for we change nothing about it: resetting it is a round trip."""
    del connection


class CallersPool:
    """A pool of the caller's, who closes it."""

    joins = False
    name = "the caller's pool"

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._closed = False

    @asynccontextmanager
    async def lent(self, *, alone: bool) -> AsyncGenerator[Connection]:
        """A connection of the pool."""
        del alone
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        async with self._pool.acquire() as connection:
            yield connection

    async def close(self) -> None:
        """Lend no more."""
        self._closed = True


class CallersConnection:
    """The connection that the caller gave: what is done becomes part of its transaction, if it has one open."""

    joins = True
    name = "the caller's connection"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def lent(self, *, alone: bool) -> AsyncGenerator[Connection]:
        """The connection itself, to one task at a time."""
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        async with self._turn:
            if alone and self._connection.is_in_transaction():
                raise UnsupportedServer(
                    "the log cannot be read within a transaction: it would skip what others commit meanwhile;"
                    " read it through a store of its own"
                )
            yield self._connection

    async def close(self) -> None:
        """Lend no more."""
        self._closed = True
