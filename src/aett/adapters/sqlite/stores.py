"""The SQLite stores on Python's own driver."""

from __future__ import annotations

import os
import sqlite3

from aett.adapters.sql.dialect import TABLE, Dialect
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.gathering import GROUP_SIZE
from aett.adapters.sql.grouping import grouped
from aett.adapters.sql.management import SqlManagement
from aett.adapters.sql.registers import SqlCells
from aett.adapters.sql.snapshots import SqlSnapshots
from aett.adapters.sqlite.database import BUSY_TIMEOUT, Synchronous, callers, located
from aett.adapters.sqlite.dialect import MAX_COMMIT_SIZE, dialect
from aett.adapters.sqlite.performing import SqlitePerformer
from aett.adapters.store.blocking import (
    CommitStoreFace,
    PersistenceManagementFace,
    RegisterStoreFace,
    SnapshotStoreFace,
)
from aett.adapters.store.commits import Commits
from aett.adapters.store.reading import PAGE_SIZE
from aett.adapters.store.record import Recorder
from aett.adapters.store.registers import Registers
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


class CommitStore(CommitStoreFace):
    """A commit store in a SQLite database.

    database: a path, `sqlite:///path`, `:memory:` (the store's own), or a `sqlite3.Connection` of
      yours in autocommit mode (`isolation_level=None`, `check_same_thread=False`), which may have a
      transaction open: commits then become part of it.
    table: of the commits; `PersistenceManagement` makes it.
    page_size: commits read at once.
    busy_timeout: seconds to wait for other writers, then `StorageUnavailable`.
    synchronous: FULL keeps what was acknowledged through a loss of power; NORMAL, faster, through
      the death of the process.
    max_commit_size: bytes of headers, events and commands; more is `CommitTooLarge`.
    group_size: commits that are written together at most, in one transaction, when many are under way; 1: each by
      itself.
    """

    def __init__(
        self,
        database: str | os.PathLike[str] | sqlite3.Connection,
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


class SnapshotStore(SnapshotStoreFace):
    """A snapshot store in a SQLite database, beside the commits table of this name."""

    def __init__(
        self,
        database: str | os.PathLike[str] | sqlite3.Connection,
        *,
        table: str = TABLE,
        busy_timeout: float = BUSY_TIMEOUT,
        synchronous: Synchronous = "FULL",
    ) -> None:
        words = dialect(table)
        super().__init__(SqlSnapshots(words), _performer(database, words, busy_timeout, synchronous))


class RegisterStore(RegisterStoreFace):
    """A register store in a SQLite database, beside the commits table of this name."""

    def __init__(
        self,
        database: str | os.PathLike[str] | sqlite3.Connection,
        *,
        table: str = TABLE,
        busy_timeout: float = BUSY_TIMEOUT,
        synchronous: Synchronous = "FULL",
    ) -> None:
        words = dialect(table)
        super().__init__(Registers(SqlCells(words)), _performer(database, words, busy_timeout, synchronous))


class PersistenceManagement(PersistenceManagementFace):
    """Creates (the file, too), verifies, empties and drops a commits table and its snapshots table."""

    def __init__(
        self,
        database: str | os.PathLike[str] | sqlite3.Connection,
        *,
        table: str = TABLE,
        busy_timeout: float = BUSY_TIMEOUT,
        synchronous: Synchronous = "FULL",
    ) -> None:
        words = dialect(table)
        performer = _performer(database, words, busy_timeout, synchronous, create=True)
        super().__init__(SqlManagement(words), performer)


def _performer(
    place: str | os.PathLike[str] | sqlite3.Connection,
    words: Dialect,
    busy_timeout: float,
    synchronous: Synchronous,
    *,
    create: bool = False,
) -> SqlitePerformer:
    if isinstance(place, sqlite3.Connection):
        return SqlitePerformer(callers(busy_timeout, synchronous), place)
    return SqlitePerformer(located(place, words.create, busy_timeout, synchronous, create=create))
