"""Transactions of several stores in memory, awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from aett.adapters.memory.memory import Memory
from aett.adapters.memory.stores import AsyncCommitStore, AsyncRegisterStore, AsyncSnapshotStore, free
from aett.adapters.store.awaiting import AsyncFace
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap

F = TypeVar("F", bound=AsyncFace)


class AsyncTransaction:
    """A transaction that is open: what its stores do is done together or not.

    connection: the copy of the memory that it works on.
    """

    def __init__(self, connection: Memory, stack: AsyncExitStack) -> None:
        self.connection = connection
        self.undone = False
        self._stack = stack

    def commit_store(
        self,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> AsyncCommitStore:
        """A commit store within it, with the settings of `CommitStore`."""
        return self._closed_in_the_end(
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
        return self._closed_in_the_end(AsyncSnapshotStore(self.connection))

    def registers(self) -> AsyncRegisterStore:
        """A register store within it."""
        return self._closed_in_the_end(AsyncRegisterStore(self.connection))

    def _closed_in_the_end(self, store: F) -> F:
        self._stack.push_async_callback(store.close)
        return store

    def rollback(self) -> None:
        """Undo everything when the block ends, without an error."""
        self.undone = True


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
