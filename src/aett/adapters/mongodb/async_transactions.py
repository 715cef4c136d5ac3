"""Transactions of several stores in MongoDB, awaited: as `transactions`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from inspect import isawaitable
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from aett.adapters.mongodb.async_stores import AsyncCommitStore, AsyncRegisterStore, AsyncSnapshotStore
from aett.adapters.mongodb.awaiting import Place
from aett.adapters.mongodb.engine import MAX_COMMIT_SIZE
from aett.adapters.mongodb.errors import KINDS, translated
from aett.adapters.mongodb.space import COMMITS, TIMEOUT, Server
from aett.adapters.store.block import AsyncBlock
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


class AsyncTransaction(AsyncBlock[Any]):
    """A transaction that is open: what its stores do, and what is done in its session, is done together or not.

    connection: the session; hand it to what you do beside (`collection.insert_one(..., session=tx.connection)`).
    database: of the session's client.
    """

    def __init__(self, connection: Any, database: Any, collection: str, stack: AsyncExitStack) -> None:
        super().__init__(connection, stack)
        self.database, self._collection = database, collection

    def commit_store(
        self,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
    ) -> AsyncCommitStore:
        """A commit store within it, with the settings of `CommitStore`; the log cannot be read by it."""
        return self._ending_with_it(
            AsyncCommitStore(
                self.database,
                topic_map=topic_map,
                conflict_detector=conflict_detector,
                collection=self._collection,
                session=self.connection,
                page_size=page_size,
                max_commit_size=max_commit_size,
            )
        )

    def snapshot_store(self) -> AsyncSnapshotStore:
        """A snapshot store within it."""
        return self._ending_with_it(
            AsyncSnapshotStore(self.database, collection=self._collection, session=self.connection)
        )

    def registers(self) -> AsyncRegisterStore:
        """A register store within it."""
        return self._ending_with_it(
            AsyncRegisterStore(self.database, collection=self._collection, session=self.connection)
        )


@asynccontextmanager
async def async_transaction(
    database: Place,
    *,
    collection: str = COMMITS,
    timeout: float = TIMEOUT,  # noqa: ASYNC109  # as the other engines have it
) -> AsyncGenerator[AsyncTransaction]:
    """A transaction that is awaited: as `transaction`; of pymongo's `AsyncMongoClient`, or of Motor's."""
    async with AsyncExitStack() as stack:
        place: Any = database
        if isinstance(database, str):
            server = Server(url=database, pool_size=1, timeout=timeout)
            client: AsyncMongoClient[Any] = await stack.enter_async_context(
                AsyncMongoClient(server.url, **server.options)
            )
            place = client[server.database]
        session = await _told(place.client.start_session)
        await stack.enter_async_context(session)
        concerns = {"read_concern": ReadConcern("snapshot"), "write_concern": WriteConcern("majority")}
        await _told(lambda: session.start_transaction(**concerns))
        undone = True
        try:
            async with AsyncExitStack() as stores:
                begun = AsyncTransaction(session, place, collection, stores)
                yield begun
            undone = begun.undone
        finally:
            if session.in_transaction:
                await _told(session.abort_transaction if undone else session.commit_transaction)


async def _told(what: Callable[[], Any]) -> Any:
    """What it gives; pymongo awaits some of what Motor does not, and the other way round."""
    try:
        answer = what()
        return await answer if isawaitable(answer) else answer
    except KINDS as error:
        raise translated(error, "MongoDB, in a transaction") from error
