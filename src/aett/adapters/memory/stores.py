"""The stores that keep everything in this process's memory, sync and async."""

from __future__ import annotations

from typing import ClassVar

from aett.adapters.keeping import (
    AsyncKeeperCommitStore,
    AsyncKeeperPersistenceManagement,
    AsyncKeeperRegisterStore,
    AsyncKeeperSnapshotStore,
    KeeperCommitStore,
    KeeperPersistenceManagement,
    KeeperRegisterStore,
    KeeperSnapshotStore,
    Kept,
)
from aett.adapters.keeping.performing import Failures
from aett.adapters.memory.memory import Memory
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


def _place(memory: Memory | None) -> Memory:
    return memory or Memory()


class _InMemory(Kept):
    """Calls that cannot fail, and wait for nothing."""

    keeper = staticmethod(_place)
    failures: ClassVar[Failures] = ()
    threads = 0


class CommitStore(_InMemory, KeeperCommitStore):
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
        super().__init__(
            memory,
            topic_map=topic_map,
            conflict_detector=conflict_detector,
            page_size=page_size,
            max_commit_size=max_commit_size,
        )


class SnapshotStore(_InMemory, KeeperSnapshotStore):
    """A snapshot store in memory."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class RegisterStore(_InMemory, KeeperRegisterStore):
    """A register store in memory."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class PersistenceManagement(_InMemory, KeeperPersistenceManagement):
    """Empties a memory; there is nothing to initialize."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class AsyncCommitStore(_InMemory, AsyncKeeperCommitStore):
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
        super().__init__(
            memory,
            topic_map=topic_map,
            conflict_detector=conflict_detector,
            page_size=page_size,
            max_commit_size=max_commit_size,
        )


class AsyncSnapshotStore(_InMemory, AsyncKeeperSnapshotStore):
    """A `SnapshotStore` that is awaited."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class AsyncRegisterStore(_InMemory, AsyncKeeperRegisterStore):
    """A `RegisterStore` that is awaited."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class AsyncPersistenceManagement(_InMemory, AsyncKeeperPersistenceManagement):
    """A `PersistenceManagement` that is awaited."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
