"""Performs SQL steps on the async driver."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import aiosqlite
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay

from aett.adapters.sql.statement import Rows, Statement, Transaction
from aett.adapters.sqlite.database import Database
from aett.adapters.sqlite.errors import PAUSE, busy, translated
from aett.core.errors import StoreClosed, UnsupportedServer
from aett.core.plan import Step

A = TypeVar("A")
T = TypeVar("T")

_TURNS: Final[WeakKeyDictionary[aiosqlite.Connection, asyncio.Lock]] = WeakKeyDictionary()
"""Serializes transactions on connections that callers hand in: the same one may be in several stores."""


class AsyncSqlitePerformer:
    """Performs statements and transactions, patiently, until it is closed.

    A statement is one call on the driver's thread and a transaction of its own, so that a cancelled
    task leaves nothing open. One connection writes and one reads: readers do not wait for writers.
    """

    def __init__(self, database: Database, connection: aiosqlite.Connection | None = None) -> None:
        self._database = database
        self._retrying = AsyncRetrying(
            retry=retry_if_exception(busy), stop=stop_after_delay(database.busy_timeout), wait=PAUSE, reraise=True
        )
        self._opening = asyncio.Lock()
        self._closed = False
        given = None if connection is None else usable(connection)
        self._connections = {} if given is None else {True: given, False: given}

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it; while other writers are in the way, again, with back-off."""
        try:
            answer: A = await self._patiently(step)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise translated(error, self._database.name, self._database.path) from error
        return answer

    async def close(self) -> None:
        """Close what was opened."""
        async with self._opening:
            self._closed = True
            if not self._database.callers:
                for connection in set(self._connections.values()):
                    await connection.close()
            self._connections.clear()

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
                connection = await self._connection(writes=writes)
                async with _turn(connection):
                    return await _execute(connection, text, parameters)
            case Transaction(statements):
                connection = await self._connection(writes=True)
                return await _finished(_transact(connection, statements))
            case _:
                raise TypeError(f"SQLite performs statements, not {type(step).__name__}")

    async def _connection(self, *, writes: bool) -> aiosqlite.Connection:
        if self._closed:
            raise StoreClosed(f"{self._database.name}: this store is closed")
        connection = self._connections.get(writes)
        return connection or await self._open(writes=writes)

    async def _open(self, *, writes: bool) -> aiosqlite.Connection:
        async with self._opening:
            if writes not in self._connections:
                connection = await _opened(self._database)
                for use in (True, False) if self._database.path is None else (writes,):
                    self._connections[use] = connection
            return self._connections[writes]


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
    # Else a program that forgets to close a store would never end. (Before aiosqlite 0.22 the connection
    # was the thread.)
    thread: Any = getattr(connection, "_thread", connection)
    thread.daemon = True
    await connection
    try:
        for statement in database.statements:
            await connection.execute_fetchall(statement)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _execute(connection: aiosqlite.Connection, text: str, parameters: Any) -> Rows:
    return list(await connection.execute_fetchall(text, parameters))  # type: ignore[arg-type]  # rows are tuples


async def _transact(connection: aiosqlite.Connection, statements: tuple[Statement, ...]) -> list[Rows]:
    async with _turn(connection):
        savepoint = connection.in_transaction
        await connection.execute_fetchall("SAVEPOINT aett" if savepoint else "BEGIN IMMEDIATE")
        try:
            rows = [await _execute(connection, each.text, each.parameters) for each in statements]
            await connection.execute_fetchall("RELEASE aett" if savepoint else "COMMIT")
        except BaseException:
            if connection.in_transaction:
                await connection.execute_fetchall("ROLLBACK TO aett" if savepoint else "ROLLBACK")
            raise
        return rows


def _turn(connection: aiosqlite.Connection) -> asyncio.Lock:
    return _TURNS.setdefault(connection, asyncio.Lock())


async def _finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, which is finished even if the task that asked for it is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as forgotten
        raise
