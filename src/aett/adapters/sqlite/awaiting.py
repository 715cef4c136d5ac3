"""Performs SQL steps on the async driver."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import aiosqlite
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay

from aett.adapters.sql.statement import Insert, Statement, Transaction
from aett.adapters.sqlite.database import Database
from aett.adapters.sqlite.errors import PAUSE, busy, translated
from aett.adapters.sqlite.performing import checkpoint_of, execute, transact
from aett.core.errors import StorageUnavailable, StoreClosed, UnsupportedServer
from aett.core.plan import Step

A = TypeVar("A")


class AsyncSqlitePerformer:
    """Performs statements and transactions, patiently, until it is closed.

    Each is one call on the driver's thread: a cancelled task leaves nothing open or half done. One
    connection writes and one reads: readers do not wait for writers. Any event loop may use them.
    """

    def __init__(self, database: Database, connection: aiosqlite.Connection | None = None) -> None:
        self._database = database
        self._retrying = AsyncRetrying(
            retry=retry_if_exception(busy), stop=stop_after_delay(database.busy_timeout), wait=PAUSE, reraise=True
        )
        self._closed = False
        self._callers = None if connection is None else usable(connection)
        self._connections: dict[bool, aiosqlite.Connection] = {}
        # A lock belongs to one loop; opening twice, from two loops, is a waste and no more.
        self._opening: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it; while other writers are in the way, again, with back-off."""
        try:
            answer: A = await self._patiently(step)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise translated(error, self._database.name, self._database.path) from error
        return answer

    async def close(self) -> None:
        """Close what was opened."""
        self._closed = True
        opened = list(self._connections.values())
        self._connections.clear()
        # All are told to stop before any is waited for: a cancelled task leaves none.
        stopping = [_stopped(connection) for connection in opened if _alive(connection)]
        await asyncio.gather(*(each for each in stopping if each is not None))

    async def _patiently(self, step: Step[Any]) -> Any:
        try:
            return await self._perform(step)
        except sqlite3.OperationalError as error:
            if not busy(error):
                raise
        return await self._retrying.copy()(self._perform, step)

    async def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Statement(text, parameters, writes=writes):
                return await _on_its_thread(await self._connection(writes=writes), execute, text, parameters)
            case Insert(text, parameters):
                connection = await self._connection(writes=True)
                return checkpoint_of(await _on_its_thread(connection, execute, text, parameters))
            case Transaction(statements):
                return await _on_its_thread(await self._connection(writes=True), transact, statements)
            case _:
                raise TypeError(f"SQLite performs statements, not {type(step).__name__}")

    async def _connection(self, *, writes: bool) -> aiosqlite.Connection:
        if self._closed:
            raise StoreClosed(f"{self._database.name}: this store is closed")
        if self._callers is not None:
            return self._callers
        use = writes or self._database.path is None  # memory has one connection only
        connection = self._connections.get(use)
        if connection is not None and _alive(connection):
            return connection
        async with self._opening.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            return await self._open(use)

    async def _open(self, use: bool) -> aiosqlite.Connection:  # noqa: FBT001  # the key
        known = self._connections.get(use)
        if known is not None and _alive(known):
            return known
        opened = await _opened(self._database)
        if known is not None and self._connections.get(use) is known:
            del self._connections[use]
        kept = self._connections.setdefault(use, opened)
        if kept is not opened or self._closed:
            _stopped(opened)
        return kept


def usable(connection: aiosqlite.Connection) -> aiosqlite.Connection:
    """The caller's connection, or `UnsupportedServer` if it is not in autocommit mode."""
    if connection.isolation_level is not None:
        raise UnsupportedServer(
            "open the aiosqlite connection with isolation_level=None: aett begins what it commits"
        )
    if connection.text_factory is not str or connection.row_factory not in (None, sqlite3.Row):
        raise UnsupportedServer(
            "aett needs an aiosqlite connection without a text_factory or row_factory of its own"
        )
    return connection


async def _opened(database: Database) -> aiosqlite.Connection:
    connection = aiosqlite.connect(
        database.uri, uri=True, timeout=database.one_wait, isolation_level=None, check_same_thread=False
    )
    _thread_of(connection).daemon = True  # else a program that forgets to close a store would never end
    await connection
    try:
        for statement in database.statements:
            await connection.execute_fetchall(statement)
    except BaseException:
        _stopped(connection)
        raise
    return connection


def _stopped(connection: aiosqlite.Connection) -> Any:
    """The future of its end; it is told at once."""
    stop: Any = getattr(connection, "stop")  # noqa: B009  # its type is partly unknown
    return stop()


def _thread_of(connection: aiosqlite.Connection) -> Any:
    return getattr(connection, "_thread")  # noqa: B009  # aiosqlite has no public name for it


def _alive(connection: aiosqlite.Connection) -> bool:
    """Whether the driver's thread lives: it dies when an event loop ends before its answer."""
    return bool(_thread_of(connection).is_alive())


async def _on_its_thread(connection: aiosqlite.Connection, work: Callable[..., Any], *arguments: Any) -> Any:
    """Work on the driver's thread in one call, which aiosqlite offers publicly for single statements only."""
    if not _alive(connection):
        raise StorageUnavailable("the connection's thread has ended with an event loop that was closed too soon")
    call: Any = getattr(connection, "_execute")  # noqa: B009
    return await call(lambda: work(getattr(connection, "_conn"), *arguments))  # noqa: B009
