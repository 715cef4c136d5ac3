"""The PostgreSQL stores on asyncpg."""

from __future__ import annotations

from typing import Any, TypeAlias

from aett.adapters.commits import Commits
from aett.adapters.faces.awaiting import (
    AsyncCommitStoreFace,
    AsyncPersistenceManagementFace,
    AsyncSnapshotStoreFace,
)
from aett.adapters.postgresql.asyncpg_driver import DRIVER, lender_of
from aett.adapters.postgresql.dialect import MAX_COMMIT_SIZE, dialect
from aett.adapters.reading import PAGE_SIZE
from aett.adapters.record import Recorder
from aett.adapters.sql.awaiting import AsyncSqlPerformer
from aett.adapters.sql.dialect import TABLE
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.management import SqlManagement
from aett.adapters.sql.server import POOL_SIZE, TIMEOUT
from aett.adapters.sql.snapshots import SqlSnapshots
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap

Database: TypeAlias = Any
"""A URL, an `asyncpg.Pool` or an `asyncpg.Connection`: asyncpg's own types are generic in its stubs only."""


class AsyncCommitStore(AsyncCommitStoreFace):
    """A `CommitStore` that is awaited, on asyncpg.

    database: a URL, an `asyncpg.Pool` of yours, or an `asyncpg.Connection` of yours: if that has a
      transaction open, commits become part of it. The rest as for `CommitStore`.
    """

    def __init__(
        self,
        database: Database,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        table: str = TABLE,
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
        prepare: bool = True,
    ) -> None:
        engine = SqlEngine(dialect(table, max_commit_size))
        plans = Commits(engine, Recorder(topic_map), conflict_detector, page_size)
        super().__init__(
            plans, AsyncSqlPerformer(DRIVER, lender_of(database, pool_size, timeout, prepare=prepare))
        )


class AsyncSnapshotStore(AsyncSnapshotStoreFace):
    """A `SnapshotStore` that is awaited."""

    def __init__(
        self,
        database: Database,
        *,
        table: str = TABLE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
        prepare: bool = True,
    ) -> None:
        plans = SqlSnapshots(dialect(table))
        super().__init__(
            plans, AsyncSqlPerformer(DRIVER, lender_of(database, pool_size, timeout, prepare=prepare))
        )


class AsyncPersistenceManagement(AsyncPersistenceManagementFace):
    """A `PersistenceManagement` that is awaited."""

    def __init__(
        self,
        database: Database,
        *,
        table: str = TABLE,
        timeout: float = TIMEOUT,
        prepare: bool = True,
    ) -> None:
        plans = SqlManagement(dialect(table))
        lender = lender_of(database, 1, timeout, prepare=prepare)
        super().__init__(plans, AsyncSqlPerformer(DRIVER, lender))
