"""All stores of one place, blocking.

1. The URL names the engine. Its stores are made with those of the settings that each of them has.
2. The others use what the commit store opens: one pool, one client; in SQLite one connection for each thread. It
   is opened at the first use, and closed with all of them.
3. A transaction borrows a connection of that pool; in SQLite it has one of its own.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, Self

from aett.adapters.store.blocking import (
    CommitStoreFace,
    PersistenceManagementFace,
    RegisterStoreFace,
    SnapshotStoreFace,
)
from aett.connecting.engine import Engine, engine_of
from aett.connecting.settings import Settings
from aett.core.conflict import ConflictDetector
from aett.core.errors import UnsupportedServer
from aett.core.topic_map import TopicMap
from aett.ports.transaction import Transaction


def connect(
    url: str | Settings,
    *,
    topic_map: TopicMap,
    conflict_detector: ConflictDetector = ConflictDetector(),
    table: str | None = None,
    **settings: Any,
) -> Stores:
    """The stores of a place; nothing is opened before its first use.

    url: `sqlite:///events.db`, `postgresql://...`, `mysql://...`, `mongodb://...`, `dynamodb://region`,
      `s3://bucket/prefix`, `memory://`, or SQL Server's ODBC connection string; each as its engine's stores
      take it. Or `Settings`, as of the environment.
    topic_map, conflict_detector: as for the engine's `CommitStore`.
    table: of the commits (in MongoDB, the collection); by default the engine's usual one.
    settings: as the engine's stores have them, as `page_size`, `pool_size`, `timeout`, `synchronous`.

    Raises ValueError for what is no such URL, TypeError for a setting that the engine's stores do not have.
    """
    both = {"topic_map": topic_map, "conflict_detector": conflict_detector}
    return Stores(engine_of(url, table, {**settings, **both}))


class Stores:
    """The stores of one place, which share what they open. `connect` makes them.

    commits, snapshots, registers: its stores. management: what makes them ready, and empties them.
    """

    commits: CommitStoreFace
    snapshots: SnapshotStoreFace
    registers: RegisterStoreFace
    management: PersistenceManagementFace

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.commits, self.snapshots, self.registers, self.management = engine.made("")
        self.snapshots.share(self.commits)
        self.registers.share(self.commits)
        if engine.shares_management:
            self.management.share(self.commits)

    def __enter__(self) -> Self:
        """They open at their first use."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close them."""
        self.close()

    def close(self) -> None:
        """Let go of what they opened; they are used no more."""
        for each in (self.management, self.registers, self.snapshots, self.commits):
            each.close()

    def transaction(self) -> AbstractContextManager[Transaction[Any]]:
        """A transaction of several stores, and of what you do on its connection.

        See the engine's `transaction`.

        Raises `UnsupportedServer` if the engine has none.
        """
        engine = self._engine
        begin = getattr(engine.module, "transaction", None)
        if begin is None:
            raise UnsupportedServer(f"{engine.name} has no transactions of several streams and stores")
        if engine.name == "mongodb":
            return _in_mongodb(begin, self.commits, engine)
        return begin(engine.place_of(self.commits), **engine.of(begin))  # type: ignore[no-any-return]  # the engine's


@contextmanager
def _in_mongodb(begin: Any, commits: Any, engine: Engine) -> Generator[Transaction[Any]]:
    settings = engine.of(begin)
    with commits.borrowed().lent(alone=False) as space, begin(space.database, **settings) as transaction:
        yield transaction
