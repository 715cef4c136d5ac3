"""The stores of a database server, awaited: what their constructors have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from attrs import frozen

from aett.adapters.sql.async_grouping import grouped
from aett.adapters.sql.awaiting import AsyncJoining
from aett.adapters.sql.dialect import TABLE, Dialect
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.gathering import GROUP_SIZE
from aett.adapters.sql.management import SqlManagement
from aett.adapters.sql.registers import SqlCells
from aett.adapters.sql.server import POOL_SIZE, TIMEOUT
from aett.adapters.sql.snapshots import SqlSnapshots
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

D = TypeVar("D")


@frozen
class AsyncKind:
    """An engine.

    dialect: given a table and perhaps a limit. performer: given a database, a number of connections and
      seconds to wait for one.
    """

    dialect: Callable[..., Dialect]
    performer: Callable[[Any, int, float], AsyncJoining]


class AsyncSqlCommitStore(AsyncCommitStoreFace, Generic[D]):
    """A commit store; an engine says where.

    table: of the commits, perhaps with its schema, as in `app.commits`; `PersistenceManagement` makes it.
    page_size: commits read at once.
    max_commit_size: bytes of headers, events and commands; more is `CommitTooLarge`. By default the
      engine's own limit.
    group_size: commits that are written together at most, in one transaction, when many are under way; 1: each by
      itself.
    pool_size: connections at most. timeout: seconds to wait for one.
    """

    _kind: ClassVar[AsyncKind]

    def __init__(
        self,
        database: D,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        table: str = TABLE,
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
        group_size: int = GROUP_SIZE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        limit = () if max_commit_size is None else (max_commit_size,)
        engine = SqlEngine(self._kind.dialect(table, *limit))
        plans = Commits(engine, Recorder(topic_map), page_size, conflict_detector)
        performer = self._kind.performer(database, pool_size, timeout)
        super().__init__(plans, grouped(performer, joins=performer.joins, size=group_size, lanes=pool_size))
        self.borrowed = performer.borrowed


class AsyncSqlSnapshotStore(AsyncSnapshotStoreFace, Generic[D]):
    """A snapshot store beside the commits table of this name."""

    _kind: ClassVar[AsyncKind]

    def __init__(
        self, database: D, *, table: str = TABLE, pool_size: int = POOL_SIZE, timeout: float = TIMEOUT
    ) -> None:
        plans = SqlSnapshots(self._kind.dialect(table))
        super().__init__(plans, self._kind.performer(database, pool_size, timeout))


class AsyncSqlRegisterStore(AsyncRegisterStoreFace, Generic[D]):
    """A register store beside the commits table of this name."""

    _kind: ClassVar[AsyncKind]

    def __init__(
        self, database: D, *, table: str = TABLE, pool_size: int = POOL_SIZE, timeout: float = TIMEOUT
    ) -> None:
        plans = Registers(SqlCells(self._kind.dialect(table)))
        super().__init__(plans, self._kind.performer(database, pool_size, timeout))


class AsyncSqlPersistenceManagement(AsyncPersistenceManagementFace, Generic[D]):
    """Creates, verifies, empties and drops a commits table and its snapshots table."""

    _kind: ClassVar[AsyncKind]

    def __init__(self, database: D, *, table: str = TABLE, timeout: float = TIMEOUT) -> None:
        plans = SqlManagement(self._kind.dialect(table))
        super().__init__(plans, self._kind.performer(database, 1, timeout))
