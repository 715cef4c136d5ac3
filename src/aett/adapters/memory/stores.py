"""The stores that keep everything in this process's memory, sync and async."""

from __future__ import annotations

from aett.adapters.memory.engine import (
    AsyncMemoryPerformer,
    MemoryEngine,
    MemoryManagement,
    MemoryPerformer,
    MemorySnapshots,
)
from aett.adapters.memory.memory import Memory
from aett.adapters.store.awaiting import (
    AsyncCommitStoreFace,
    AsyncPersistenceManagementFace,
    AsyncSnapshotStoreFace,
)
from aett.adapters.store.blocking import CommitStoreFace, PersistenceManagementFace, SnapshotStoreFace
from aett.adapters.store.commits import Commits
from aett.adapters.store.reading import PAGE_SIZE
from aett.adapters.store.record import Recorder
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


def _commits(
    memory: Memory | None,
    topic_map: TopicMap,
    conflict_detector: ConflictDetector,
    page_size: int,
    max_commit_size: int | None,
) -> Commits:
    engine = MemoryEngine(memory or Memory(), max_commit_size)
    return Commits(engine, Recorder(topic_map), conflict_detector, page_size)


class CommitStore(CommitStoreFace):
    """A commit store in memory.

    memory: the place, which other stores may share; by default one of its own.
    page_size: commits read at once. max_commit_size: in bytes; None for no limit.
    """

    def __init__(
        self,
        memory: Memory | None = None,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> None:
        plans = _commits(memory, topic_map, conflict_detector, page_size, max_commit_size)
        super().__init__(plans, MemoryPerformer())


class SnapshotStore(SnapshotStoreFace):
    """A snapshot store in memory."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(MemorySnapshots(memory or Memory()), MemoryPerformer())


class PersistenceManagement(PersistenceManagementFace):
    """Empties a memory; there is nothing to initialize."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(MemoryManagement(memory or Memory()), MemoryPerformer())


class AsyncCommitStore(AsyncCommitStoreFace):
    """A `CommitStore` that is awaited."""

    def __init__(
        self,
        memory: Memory | None = None,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> None:
        plans = _commits(memory, topic_map, conflict_detector, page_size, max_commit_size)
        super().__init__(plans, AsyncMemoryPerformer())


class AsyncSnapshotStore(AsyncSnapshotStoreFace):
    """A `SnapshotStore` that is awaited."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(MemorySnapshots(memory or Memory()), AsyncMemoryPerformer())


class AsyncPersistenceManagement(AsyncPersistenceManagementFace):
    """A `PersistenceManagement` that is awaited."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(MemoryManagement(memory or Memory()), AsyncMemoryPerformer())
