"""The MySQL stores on PyMySQL."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy.pool import Pool

from aett.adapters.commits import Commits
from aett.adapters.faces.blocking import CommitStoreFace, PersistenceManagementFace, SnapshotStoreFace
from aett.adapters.mysql.dialect import MAX_COMMIT_SIZE, dialect
from aett.adapters.mysql.pymysql_driver import DRIVER, Connection, lender_of
from aett.adapters.reading import PAGE_SIZE
from aett.adapters.record import Recorder
from aett.adapters.sql.dialect import TABLE
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.management import SqlManagement
from aett.adapters.sql.performing import SqlPerformer
from aett.adapters.sql.server import POOL_SIZE, TIMEOUT
from aett.adapters.sql.snapshots import SqlSnapshots
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap

Database: TypeAlias = "str | Pool | Connection"


class CommitStore(CommitStoreFace):
    """A commit store in a MySQL or MariaDB database.

    database: a URL (`mysql://user@host:3306/name`; the store then keeps a pool of its own, opened at
      first use), a `sqlalchemy.Pool` of PyMySQL connections of yours, or a `pymysql.Connection` of
      yours: if that has a transaction open, commits become part of it.
    table: of the commits, perhaps with its database, as in `app.commits`; `PersistenceManagement` makes it.
    page_size: commits read at once.
    max_commit_size: bytes of headers, events and commands; more is `CommitTooLarge`.
    pool_size: connections at most. timeout: seconds to wait for one.
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
    ) -> None:
        engine = SqlEngine(dialect(table, max_commit_size))
        plans = Commits(engine, Recorder(topic_map), conflict_detector, page_size)
        lender = lender_of(database, pool_size, timeout)
        super().__init__(plans, SqlPerformer(DRIVER, lender))


class SnapshotStore(SnapshotStoreFace):
    """A snapshot store in a MySQL or MariaDB database, beside the commits table of this name."""

    def __init__(
        self,
        database: Database,
        *,
        table: str = TABLE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        plans = SqlSnapshots(dialect(table))
        lender = lender_of(database, pool_size, timeout)
        super().__init__(plans, SqlPerformer(DRIVER, lender))


class PersistenceManagement(PersistenceManagementFace):
    """Creates, verifies, empties and drops a commits table and its snapshots table."""

    def __init__(
        self,
        database: Database,
        *,
        table: str = TABLE,
        timeout: float = TIMEOUT,
    ) -> None:
        plans = SqlManagement(dialect(table))
        lender = lender_of(database, 1, timeout)
        super().__init__(plans, SqlPerformer(DRIVER, lender))
