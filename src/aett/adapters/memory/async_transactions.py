"""Transactions of several stores in memory, awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from aett.adapters.memory.memory import Memory
from aett.adapters.memory.stores import AsyncCommitStore, AsyncRegisterStore, AsyncSnapshotStore, free
from aett.adapters.store.block import AsyncBlock
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


class AsyncTransaction(AsyncBlock[Memory]):
    """A transaction that is open: what its stores do is done together or not.

    connection: the copy of the memory that it works on.
    """

    def commit_store(
        self,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> AsyncCommitStore:
        """A commit store within it, with the settings of `CommitStore`."""
        return self._ending_with_it(
            AsyncCommitStore(
                self.connection,
                topic_map=topic_map,
                conflict_detector=conflict_detector,
                page_size=page_size,
                max_commit_size=max_commit_size,
            )
        )

    def snapshot_store(self) -> AsyncSnapshotStore:
        """A snapshot store within it."""
        return self._ending_with_it(AsyncSnapshotStore(self.connection))

    def registers(self) -> AsyncRegisterStore:
        """A register store within it."""
        return self._ending_with_it(AsyncRegisterStore(self.connection))


@asynccontextmanager
async def async_transaction(memory: Memory) -> AsyncGenerator[AsyncTransaction]:
    """A transaction that is awaited: as `transaction`."""
    await free(memory)
    draft, undone = memory.begin(), True
    try:
        async with AsyncExitStack() as stack:
            begun = AsyncTransaction(draft, stack)
            yield begun
        undone = begun.undone
    finally:
        memory.end(draft, undone=undone)
