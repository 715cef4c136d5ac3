"""Transactions that are awaited: as `transactions`."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiosqlite

from aett.adapters.sql.dialect import TABLE
from aett.adapters.sqlite import patience
from aett.adapters.sqlite.async_stores import AsyncCommitStore, AsyncRegisterStore, AsyncSnapshotStore
from aett.adapters.sqlite.database import BUSY_TIMEOUT, Database, Synchronous, callers, located
from aett.adapters.sqlite.dialect import MAX_COMMIT_SIZE
from aett.adapters.sqlite.driver import Driver, driver, usable
from aett.adapters.sqlite.errors import translated
from aett.adapters.sqlite.transactions import PART, WHOLE
from aett.adapters.store.block import AsyncBlock
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


class AsyncTransaction(AsyncBlock[aiosqlite.Connection]):
    """A transaction that is open: what its stores do, and what is done on its connection, is done together or not.

    connection: do not commit on it; the block does.
    """

    def __init__(self, connection: aiosqlite.Connection, table: str, stack: AsyncExitStack) -> None:
        super().__init__(connection, stack)
        self._table = table

    def commit_store(
        self,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
    ) -> AsyncCommitStore:
        """A commit store within it, with the settings of `CommitStore`."""
        return self._ending_with_it(
            AsyncCommitStore(
                self.connection,
                topic_map=topic_map,
                conflict_detector=conflict_detector,
                table=self._table,
                page_size=page_size,
                max_commit_size=max_commit_size,
            )
        )

    def snapshot_store(self) -> AsyncSnapshotStore:
        """A snapshot store within it."""
        return self._ending_with_it(AsyncSnapshotStore(self.connection, table=self._table))

    def registers(self) -> AsyncRegisterStore:
        """A register store within it."""
        return self._ending_with_it(AsyncRegisterStore(self.connection, table=self._table))


@asynccontextmanager
async def async_transaction(
    database: str | os.PathLike[str] | aiosqlite.Connection,
    *,
    table: str = TABLE,
    busy_timeout: float = BUSY_TIMEOUT,
    synchronous: Synchronous = "FULL",
) -> AsyncGenerator[AsyncTransaction]:
    """A transaction that is awaited: as `transaction`."""
    async with AsyncExitStack() as stack:
        if isinstance(database, aiosqlite.Connection):
            place, connection = callers(busy_timeout, synchronous), usable(database)
            told = Driver(connection, place.name)
        else:
            place = located(database, (), busy_timeout, synchronous, create=False)
            told = await _opened(place)
            stack.callback(told.stop)
            connection = told.connection
        words = PART if connection.in_transaction else WHOLE
        undone, begun = True, False
        try:
            await _whole(_said(place, told, words.begin))
            begun = True
            async with AsyncExitStack() as stores:
                transaction = AsyncTransaction(connection, table, stores)
                yield transaction
            undone = transaction.undone
        finally:
            if connection.in_transaction and (begun or words is WHOLE):
                await _whole(_said(place, told, *words.ends(undone=undone)))


async def _opened(place: Database) -> Driver:
    try:
        return await driver(place)
    except sqlite3.Error as error:
        raise translated(error, place) from error


async def _said(place: Database, told: Driver, *statements: str) -> None:
    """Say this, patiently while other writers are in the way."""
    patient = patience.awaiting(place)
    try:
        for each in statements:
            await patient.copy()(told.do, sqlite3.Connection.execute, each)
    except sqlite3.Error as error:
        raise translated(error, place) from error


async def _whole(saying: Coroutine[Any, Any, None]) -> None:
    """Do it to its end, although the task be cancelled: half begun or half ended, it would keep writers out."""
    said = asyncio.ensure_future(saying)
    try:
        await asyncio.shield(said)
    except asyncio.CancelledError:
        await asyncio.wait([said])
        raise
