"""Transactions of several stores, and of whatever else the caller does in the session, in MongoDB.

1. A session of the client's begins a transaction, with majority concerns. The server must be part of a replica
   set.
2. Stores that are made of the transaction use this session. They are closed when it ends.
3. It is committed when the block ends, and aborted if the block fails, or asked for that.
4. Where MongoDB refuses a write, it ends the transaction: after a lost race all that follows may be
   `StorageUnavailable`, and nothing stays. Begin it again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from aett.adapters.mongodb.engine import MAX_COMMIT_SIZE
from aett.adapters.mongodb.errors import KINDS, translated
from aett.adapters.mongodb.performing import Place
from aett.adapters.mongodb.space import COMMITS, TIMEOUT, Server
from aett.adapters.mongodb.stores import CommitStore, RegisterStore, SnapshotStore
from aett.adapters.store.block import Block
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


class Transaction(Block[ClientSession]):
    """A transaction that is open: what its stores do, and what is done in its session, is done together or not.

    connection: the session; hand it to what you do beside (`collection.insert_one(..., session=tx.connection)`).
    database: of the session's client.
    """

    def __init__(
        self, connection: ClientSession, database: Database[Any], collection: str, stack: ExitStack
    ) -> None:
        super().__init__(connection, stack)
        self.database, self._collection = database, collection

    def commit_store(
        self,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
    ) -> CommitStore:
        """A commit store within it, with the settings of `CommitStore`; the log cannot be read by it."""
        return self._ending_with_it(
            CommitStore(
                self.database,
                topic_map=topic_map,
                conflict_detector=conflict_detector,
                collection=self._collection,
                session=self.connection,
                page_size=page_size,
                max_commit_size=max_commit_size,
            )
        )

    def snapshot_store(self) -> SnapshotStore:
        """A snapshot store within it."""
        return self._ending_with_it(
            SnapshotStore(self.database, collection=self._collection, session=self.connection)
        )

    def registers(self) -> RegisterStore:
        """A register store within it."""
        return self._ending_with_it(
            RegisterStore(self.database, collection=self._collection, session=self.connection)
        )


@contextmanager
def transaction(database: Place, *, collection: str = COMMITS, timeout: float = TIMEOUT) -> Generator[Transaction]:
    """A transaction of several stores, and of what you do in its session.

    `with transaction(database) as tx:` begins it in a session of the database's client, or of a client of its own
    if it is given a URL. `tx.commit_store(...)`, `tx.snapshot_store()` and `tx.registers()` join it. It is
    committed when the block ends; if the block fails, or has called `tx.rollback()`, nothing of it stays.

    Raises `StorageUnavailable` if it cannot be committed, for one, since it met another: begin it again.
    """
    with ExitStack() as stack:
        if isinstance(database, str):
            server = Server(url=database, pool_size=1, timeout=timeout)
            client: MongoClient[Any] = stack.enter_context(MongoClient(server.url, **server.options))
            database = client[server.database]
        session = _told(lambda: stack.enter_context(database.client.start_session()))
        session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority"))
        undone = True
        try:
            with ExitStack() as stores:
                begun = Transaction(session, database, collection, stores)
                yield begun
            undone = begun.undone
        finally:
            if session.in_transaction:
                _told(session.abort_transaction if undone else session.commit_transaction)


def _told(what: Callable[[], Any]) -> Any:
    try:
        return what()
    except KINDS as error:
        raise translated(error, "MongoDB, in a transaction") from error
