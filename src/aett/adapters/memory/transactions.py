"""Transactions of several stores in memory."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from aett.adapters.memory.memory import Memory
from aett.adapters.memory.stores import CommitStore, RegisterStore, SnapshotStore
from aett.adapters.store.block import Block
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


class Transaction(Block[Memory]):
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
    ) -> CommitStore:
        """A commit store within it, with the settings of `CommitStore`."""
        return self._ending_with_it(
            CommitStore(
                self.connection,
                topic_map=topic_map,
                conflict_detector=conflict_detector,
                page_size=page_size,
                max_commit_size=max_commit_size,
            )
        )

    def snapshot_store(self) -> SnapshotStore:
        """A snapshot store within it."""
        return self._ending_with_it(SnapshotStore(self.connection))

    def registers(self) -> RegisterStore:
        """A register store within it."""
        return self._ending_with_it(RegisterStore(self.connection))


@contextmanager
def transaction(memory: Memory) -> Generator[Transaction]:
    """A transaction of several stores.

    `tx.commit_store(...)`, `tx.snapshot_store()` and `tx.registers()` are part of it. It is committed when the
    block ends; if the block fails, or has called `tx.rollback()`, nothing of it stays. Others who want to write
    wait.
    """
    draft, undone = memory.begin(), True
    try:
        with ExitStack() as stack:
            begun = Transaction(draft, stack)
            yield begun
        undone = begun.undone
    finally:
        memory.end(draft, undone=undone)
