"""The MongoDB stores on pymongo."""

from __future__ import annotations

from pymongo.client_session import ClientSession

from aett.adapters.mongodb.engine import MAX_COMMIT_SIZE, MongoEngine
from aett.adapters.mongodb.management import MongoManagement
from aett.adapters.mongodb.performing import MongoPerformer, Place, lender_of
from aett.adapters.mongodb.registers import MongoCells
from aett.adapters.mongodb.snapshots import MongoSnapshots
from aett.adapters.mongodb.space import COMMITS, POOL_SIZE, TIMEOUT
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
    """A commit store in MongoDB.

    database: a URL (`mongodb://user@host:27017/name`; the store then keeps a client of its own, opened at
      first use), or a `pymongo.database.Database` of yours, whose write concern is kept if it has one.
    collection: of the commits; `PersistenceManagement` makes it, and two beside it.
    session: of your client's, to join its transaction.
    page_size: commits read at once.
    max_commit_size: bytes of headers, events and commands; more is `CommitTooLarge`.
    pool_size: connections at most. timeout: seconds to wait for one, and for what is then asked of it.
    """

    def __init__(
        self,
        database: Place,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        collection: str = COMMITS,
        session: ClientSession | None = None,
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        plans = Commits(MongoEngine(max_commit_size), Recorder(topic_map), page_size, conflict_detector)
        performer = MongoPerformer(lender_of(database, collection, session, pool_size, timeout))
        super().__init__(plans, performer)
        self.borrowed = performer.borrowed


class SnapshotStore(SnapshotStoreFace):
    """A snapshot store in MongoDB, beside the commits of this name."""

    def __init__(
        self,
        database: Place,
        *,
        collection: str = COMMITS,
        session: ClientSession | None = None,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(database, collection, session, pool_size, timeout)
        super().__init__(MongoSnapshots(), MongoPerformer(lender))


class RegisterStore(RegisterStoreFace):
    """A register store in MongoDB, beside the commits of this name."""

    def __init__(
        self,
        database: Place,
        *,
        collection: str = COMMITS,
        session: ClientSession | None = None,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(database, collection, session, pool_size, timeout)
        super().__init__(Registers(MongoCells()), MongoPerformer(lender))


class PersistenceManagement(PersistenceManagementFace):
    """Creates, verifies, empties and drops a collection of commits and the two beside it."""

    def __init__(self, database: Place, *, collection: str = COMMITS, timeout: float = TIMEOUT) -> None:
        lender = lender_of(database, collection, None, 1, timeout)
        super().__init__(MongoManagement(), MongoPerformer(lender))
