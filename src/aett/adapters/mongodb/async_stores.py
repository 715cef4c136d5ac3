"""The MongoDB stores on pymongo's `AsyncMongoClient`, or a Motor client of the caller's."""

from __future__ import annotations

from typing import Any

from aett.adapters.mongodb.awaiting import AsyncMongoPerformer, Place, lender_of
from aett.adapters.mongodb.engine import MAX_COMMIT_SIZE, MongoEngine
from aett.adapters.mongodb.management import MongoManagement
from aett.adapters.mongodb.registers import MongoCells
from aett.adapters.mongodb.snapshots import MongoSnapshots
from aett.adapters.mongodb.space import COMMITS, POOL_SIZE, TIMEOUT
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
    """A `CommitStore` that is awaited.

    database: a URL, a database of an `AsyncMongoClient` of yours, or of a Motor client of yours.
      The rest as for `CommitStore`.
    """

    def __init__(
        self,
        database: Place,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        collection: str = COMMITS,
        session: Any = None,
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        plans = Commits(MongoEngine(max_commit_size), Recorder(topic_map), page_size, conflict_detector)
        performer = AsyncMongoPerformer(lender_of(database, collection, session, pool_size, timeout))
        super().__init__(plans, performer)
        self.borrowed = performer.borrowed


class AsyncSnapshotStore(AsyncSnapshotStoreFace):
    """A `SnapshotStore` that is awaited."""

    def __init__(
        self,
        database: Place,
        *,
        collection: str = COMMITS,
        session: Any = None,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(database, collection, session, pool_size, timeout)
        super().__init__(MongoSnapshots(), AsyncMongoPerformer(lender))


class AsyncRegisterStore(AsyncRegisterStoreFace):
    """A `RegisterStore` that is awaited."""

    def __init__(
        self,
        database: Place,
        *,
        collection: str = COMMITS,
        session: Any = None,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(database, collection, session, pool_size, timeout)
        super().__init__(Registers(MongoCells()), AsyncMongoPerformer(lender))


class AsyncPersistenceManagement(AsyncPersistenceManagementFace):
    """A `PersistenceManagement` that is awaited."""

    def __init__(self, database: Place, *, collection: str = COMMITS, timeout: float = TIMEOUT) -> None:
        lender = lender_of(database, collection, None, 1, timeout)
        super().__init__(MongoManagement(), AsyncMongoPerformer(lender))
