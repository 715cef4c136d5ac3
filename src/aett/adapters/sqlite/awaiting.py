"""Performs SQL steps on the async driver."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import aiosqlite

from aett.adapters.sql.copying import Import
from aett.adapters.sql.statement import Appends, Change, Statement, Transaction
from aett.adapters.sqlite import patience
from aett.adapters.sqlite.database import Database
from aett.adapters.sqlite.driver import Driver, driver, usable
from aett.adapters.sqlite.errors import busy, translated
from aett.adapters.sqlite.executing import (
    append_together,
    append_until_refused,
    checkpoint_of,
    execute,
    transact,
    verify,
)
from aett.adapters.sqlite.file import File
from aett.adapters.store.loop import of_closed, running_loop
from aett.core.errors import StoreClosed
from aett.core.plan import Step

A = TypeVar("A")


class AsyncSqlitePerformer:
    """Performs statements and transactions, patiently, until it is closed.

    Each is one call on the driver's thread: a cancelled task leaves nothing open or half done. One
    connection writes and one reads: readers do not wait for writers. Any event loop may use them,
    and a forked process opens its own; memory and a caller's connection belong to one process.
    """

    def __init__(self, database: Database, connection: aiosqlite.Connection | None = None) -> None:
        self._database = database
        self._file = File(database.path)
        self._process = os.getpid()
        self._retrying = patience.awaiting(database)
        self._closed = False
        self._proved = False
        self._callers = None if connection is None else Driver(usable(connection), database.name)
        self._drivers: dict[tuple[int, bool], Driver] = {}  # by process, and whether it writes
        # A lock belongs to one loop; opening twice, from two loops, is a waste and no more.
        self._opening: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it; while other writers are in the way, again, with back-off."""
        try:
            answer: A = await self._patiently(step)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise translated(error, self._database) from error
        return answer

    @property
    def is_one(self) -> bool:
        """Whether there is one connection only: to memory, or the caller's."""
        return self._database.is_one

    async def close(self) -> None:
        """Close what was opened."""
        self._closed = True
        here = [key for key in list(self._drivers) if key[0] == os.getpid()]
        # All are told to stop before any is waited for: a cancelled task leaves none.
        stopping = [each.stop() for each in [self._drivers.pop(key) for key in here]]
        await asyncio.gather(*(asyncio.wrap_future(each) for each in stopping))

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
                return await self._do(writes, execute, text, parameters)
            case Change(text, parameters):
                return checkpoint_of(await self._do(True, execute, text, parameters))  # noqa: FBT003  # it writes
            case Appends():
                return await self._do(True, append_together, step, at_once=True)  # noqa: FBT003  # it writes
            case Import(text, _, batch):
                return await self._do(True, append_until_refused, text, batch)  # noqa: FBT003  # it writes
            case Transaction(statements):
                return await self._do(True, transact, statements)  # noqa: FBT003  # it writes
            case _:
                raise TypeError(f"SQLite performs statements, not {type(step).__name__}")

    async def _do(self, writes: bool, work: Callable[..., Any], *arguments: Any, at_once: bool = False) -> Any:  # noqa: FBT001
        def verified(connection: sqlite3.Connection, *arguments: Any) -> Any:
            self._file.verify()
            if self._callers is not None and not self._proved:
                verify(connection)
                self._proved = True
            return work(connection, *arguments)

        driver = await self._driver(writes=writes)
        return await (driver.do_at_once if at_once else driver.do)(verified, *arguments)

    async def _driver(self, *, writes: bool) -> Driver:
        if self._closed:
            raise StoreClosed(f"{self._database.name}: this store is closed")
        if self._database.path is None:
            self._database.refuse_unless_in(self._process)
        if self._callers is not None:
            return self._callers
        key = os.getpid(), writes or self._database.path is None  # memory has one connection only
        if key in self._drivers:
            return self._drivers[key]
        async with self._opening_here():
            return self._drivers.get(key) or await self._open(key)

    def _opening_here(self) -> asyncio.Lock:
        of_closed(self._opening)  # dropped: a lock that was waited for holds its loop
        return self._opening.setdefault(running_loop(), asyncio.Lock())

    async def _open(self, key: tuple[int, bool]) -> Driver:
        self._file.verify_before_opening()
        opened = await driver(self._database)
        kept = self._drivers.setdefault(key, opened)
        if kept is not opened:
            opened.stop()
        if self._closed:
            kept.stop()
        return kept
