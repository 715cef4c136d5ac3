"""Connections of psycopg: from a pool of the store's or the caller's, or the one that the caller gave."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from aett.adapters.postgresql.server import Server
from aett.core.errors import StoreClosed, UnsupportedServer

Connection: TypeAlias = psycopg.Connection[Any]


class Connections(Protocol):
    """Lends connections."""

    name: str
    """For messages."""

    joins: bool
    """Whether what is done may become part of a transaction of the caller's."""

    def lent(self, *, alone: bool) -> Any:
        """A context manager of a connection; `alone`: outside of any transaction."""
        ...

    def close(self) -> None:
        """Close what was opened."""
        ...


class OwnPool:
    """A pool of the store's, opened at its first use."""

    joins = False

    def __init__(self, server: Server) -> None:
        self.name = server.name
        self._server = server
        self._opening = threading.Lock()
        self._pool: ConnectionPool[Connection] | None = None
        self._process = os.getpid()
        self._closed = False

    @contextmanager
    def lent(self, *, alone: bool) -> Generator[Connection]:
        """A connection of the pool, in autocommit mode."""
        del alone
        with self._opened().connection() as connection:
            yield connection

    def close(self) -> None:
        """Close the pool."""
        with self._opening:
            self._closed = True
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def _opened(self) -> ConnectionPool[Connection]:
        pool = self._pool
        if pool is not None and self._process == os.getpid():
            return pool
        with self._opening:
            if self._closed:
                raise StoreClosed(f"{self.name}: this store is closed")
            if self._pool is None or self._process != os.getpid():
                self._pool, self._process = self._made(), os.getpid()
            return self._pool

    def _made(self) -> ConnectionPool[Connection]:
        server = self._server
        settings: dict[str, Any] = {
            "autocommit": True,
            "prepare_threshold": 5 if server.prepare else None,
            "connect_timeout": max(2, int(server.timeout)),
        }
        # A pool tells only that it got no connection; the reason is told by trying it once.
        psycopg.connect(server.url, **settings).close()
        return ConnectionPool(
            server.url, kwargs=settings, min_size=1, max_size=server.pool_size, timeout=server.timeout, open=True
        )


class CallersPool:
    """A pool of the caller's, who closes it."""

    joins = False
    name = "the caller's pool"

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool
        self._closed = False

    @contextmanager
    def lent(self, *, alone: bool) -> Generator[Connection]:
        """A connection of the pool; whatever is done is committed when it goes back."""
        del alone
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        with self._pool.connection() as connection:
            yield connection

    def close(self) -> None:
        """Lend no more."""
        self._closed = True


class CallersConnection:
    """The connection that the caller gave: what is done becomes part of its transaction, if it has one open."""

    joins = True
    name = "the caller's connection"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._closed = False

    @contextmanager
    def lent(self, *, alone: bool) -> Generator[Connection]:
        """The connection itself."""
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        connection = self._connection
        idle = connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE
        if alone and not idle:
            raise UnsupportedServer(
                "the log cannot be read within a transaction: it would skip what others commit meanwhile;"
                " read it through a store of its own, or a connection in autocommit mode"
            )
        yield connection

    def close(self) -> None:
        """Lend no more."""
        self._closed = True
