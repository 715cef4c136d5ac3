"""The SQLite stores on aiosqlite."""

from __future__ import annotations

import os

import aiosqlite

from aett.adapters.sql.async_grouping import grouped
from aett.adapters.sql.dialect import TABLE, Dialect
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.gathering import GROUP_SIZE
from aett.adapters.sql.management import SqlManagement
from aett.adapters.sql.registers import SqlCells
from aett.adapters.sql.snapshots import SqlSnapshots
from aett.adapters.sqlite.awaiting import AsyncSqlitePerformer
from aett.adapters.sqlite.database import BUSY_TIMEOUT, Synchronous, callers, located
from aett.adapters.sqlite.dialect import MAX_COMMIT_SIZE, dialect
from aett.adapters.store.awaiting import (
    AsyncCommitStoreFace,
    AsyncPersistenceManagementFace,
    AsyncRegisterStoreFace,
    AsyncSnapshotStoreFace,
)
from aett.adapters.store.commits import Commits
from aett.adapters.store.reading import PAGE_SIZE
from aett.adapters.store.record import Recorder
from aett.adapters.store.registers import Registers
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


class AsyncCommitStore(AsyncCommitStoreFace):
    """A `CommitStore` that is awaited; `database` may be an `aiosqlite.Connection` of yours."""

    def __init__(
        self,
        database: str | os.PathLike[str] | aiosqlite.Connection,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        table: str = TABLE,
        page_size: int = PAGE_SIZE,
        busy_timeout: float = BUSY_TIMEOUT,
        synchronous: Synchronous = "FULL",
        max_commit_size: int = MAX_COMMIT_SIZE,
        group_size: int = GROUP_SIZE,
    ) -> None:
        words = dialect(table, max_commit_size)
        plans = Commits(SqlEngine(words), Recorder(topic_map), page_size, conflict_detector)
        performer = _performer(database, words, busy_timeout, synchronous)
        super().__init__(plans, grouped(performer, joins=performer.is_one, size=group_size, lanes=1))


class AsyncSnapshotStore(AsyncSnapshotStoreFace):
    """A `SnapshotStore` that is awaited."""

    def __init__(
        self,
        database: str | os.PathLike[str] | aiosqlite.Connection,
        *,
        table: str = TABLE,
        busy_timeout: float = BUSY_TIMEOUT,
        synchronous: Synchronous = "FULL",
    ) -> None:
        words = dialect(table)
        super().__init__(SqlSnapshots(words), _performer(database, words, busy_timeout, synchronous))


class AsyncRegisterStore(AsyncRegisterStoreFace):
    """A `RegisterStore` that is awaited."""

    def __init__(
        self,
        database: str | os.PathLike[str] | aiosqlite.Connection,
        *,
        table: str = TABLE,
        busy_timeout: float = BUSY_TIMEOUT,
        synchronous: Synchronous = "FULL",
    ) -> None:
        words = dialect(table)
        super().__init__(Registers(SqlCells(words)), _performer(database, words, busy_timeout, synchronous))


class AsyncPersistenceManagement(AsyncPersistenceManagementFace):
    """A `PersistenceManagement` that is awaited."""

    def __init__(
        self,
        database: str | os.PathLike[str] | aiosqlite.Connection,
        *,
        table: str = TABLE,
        busy_timeout: float = BUSY_TIMEOUT,
        synchronous: Synchronous = "FULL",
    ) -> None:
        words = dialect(table)
        performer = _performer(database, words, busy_timeout, synchronous, create=True)
        super().__init__(SqlManagement(words), performer)


def _performer(
    place: str | os.PathLike[str] | aiosqlite.Connection,
    words: Dialect,
    busy_timeout: float,
    synchronous: Synchronous,
    *,
    create: bool = False,
) -> AsyncSqlitePerformer:
    if isinstance(place, aiosqlite.Connection):
        return AsyncSqlitePerformer(callers(busy_timeout, synchronous), place)
    return AsyncSqlitePerformer(located(place, words.create, busy_timeout, synchronous, create=create))
