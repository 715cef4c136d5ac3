"""Transactions of several stores that are awaited: as `transactions`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from attrs import frozen

from aett.adapters.lending.awaiting import AsyncLender
from aett.adapters.lending.blocking import Joined
from aett.adapters.sql.async_stores import AsyncSqlCommitStore, AsyncSqlRegisterStore, AsyncSqlSnapshotStore
from aett.adapters.sql.awaiting import AsyncDriver
from aett.adapters.sql.transactions import Undone, undo_if
from aett.adapters.store.block import AsyncBlock
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap

K = TypeVar("K")


@frozen
class AsyncMade:
    """The classes of an engine's stores."""

    commit_store: type[AsyncSqlCommitStore[Any]]
    snapshot_store: type[AsyncSqlSnapshotStore[Any]]
    register_store: type[AsyncSqlRegisterStore[Any]]


class AsyncTransaction(AsyncBlock[K]):
    """A transaction that is open: what its stores do, and what is done on its connection, is done together or not.

    connection: the driver's own. Do not commit on it; the block does.
    """

    def __init__(self, connection: K, made: AsyncMade, table: str, stack: AsyncExitStack) -> None:
        super().__init__(connection, stack)
        self._made, self._table = made, table

    def commit_store(
        self,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> AsyncSqlCommitStore[Any]:
        """A commit store within it, with the settings of `CommitStore`; the log cannot be read by it."""
        return self._ending_with_it(
            self._made.commit_store(
                Joined(self.connection),
                topic_map=topic_map,
                conflict_detector=conflict_detector,
                table=self._table,
                page_size=page_size,
                max_commit_size=max_commit_size,
            )
        )

    def snapshot_store(self) -> AsyncSqlSnapshotStore[Any]:
        """A snapshot store within it."""
        return self._ending_with_it(self._made.snapshot_store(Joined(self.connection), table=self._table))

    def registers(self) -> AsyncSqlRegisterStore[Any]:
        """A register store within it."""
        return self._ending_with_it(self._made.register_store(Joined(self.connection), table=self._table))


@asynccontextmanager
async def transacting(
    driver: AsyncDriver[K], lender: AsyncLender[K], made: AsyncMade, table: str
) -> AsyncGenerator[AsyncTransaction[K]]:
    """A transaction on a connection of the lender's, which is closed afterwards."""
    failures, within = driver.failures, False
    try:
        async with AsyncExitStack() as ends:
            ends.push_async_callback(lender.close)
            connection = await ends.enter_async_context(lender.lent(alone=False, unhurried=True))
            await ends.enter_async_context(driver.transaction(connection, lender.joins))
            within = True
            async with AsyncExitStack() as stores:
                transaction = AsyncTransaction(connection, made, table, stores)
                yield transaction
            within = False
            undo_if(transaction.undone)
    except Undone:
        pass
    except failures.kinds as error:
        if within:
            raise
        raise failures.translated(error, lender.name) from error
