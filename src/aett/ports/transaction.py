"""The port of transactions: what several stores, and the caller's own statements, do together or not at all.

Engines that have them give `transaction(...)` and `async_transaction(...)`, context managers that commit when
their block ends, and undo everything if it fails or has called `rollback`.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap
from aett.ports.commit_store import AsyncCommitStore, CommitStore
from aett.ports.register_store import AsyncRegisterStore, RegisterStore
from aett.ports.snapshot_store import AsyncSnapshotStore, SnapshotStore

K_co = TypeVar("K_co", covariant=True)


class _Begun(Protocol[K_co]):
    @property
    def connection(self) -> K_co:
        """The driver's own, for the caller's statements. Do not commit on it; the block does."""
        ...

    def rollback(self) -> None:
        """Undo everything when the block ends, without an error."""
        ...


class Transaction(_Begun[K_co], Protocol[K_co]):
    """One that is open. Its stores are closed when it ends."""

    def commit_store(
        self, *, topic_map: TopicMap, conflict_detector: ConflictDetector = ConflictDetector()
    ) -> CommitStore:
        """A commit store within it; engines that say so cannot read the log by it."""
        ...

    def snapshot_store(self) -> SnapshotStore:
        """A snapshot store within it."""
        ...

    def registers(self) -> RegisterStore:
        """A register store within it."""
        ...


class AsyncTransaction(_Begun[K_co], Protocol[K_co]):
    """A `Transaction` whose stores are awaited."""

    def commit_store(
        self, *, topic_map: TopicMap, conflict_detector: ConflictDetector = ConflictDetector()
    ) -> AsyncCommitStore:
        """A commit store within it; engines that say so cannot read the log by it."""
        ...

    def snapshot_store(self) -> AsyncSnapshotStore:
        """A snapshot store within it."""
        ...

    def registers(self) -> AsyncRegisterStore:
        """A register store within it."""
        ...
