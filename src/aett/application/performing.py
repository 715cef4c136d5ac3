"""Performs the repositories' steps on the ports, blocking or awaiting."""

from __future__ import annotations

from typing import Any, TypeVar

from attrs import frozen

from aett.application.facing import awaiting_stores, blocking_stores
from aett.application.steps import (
    AddSnapshot,
    Append,
    Find,
    NewestSnapshot,
    NextCommit,
    NextPage,
    OpenCommits,
    OpenPages,
)
from aett.core.plan import Step
from aett.ports.commit_store import AsyncCommitStore, CommitStore
from aett.ports.snapshot_store import AsyncSnapshotStore, SnapshotStore

A = TypeVar("A")


def _open(store: CommitStore | AsyncCommitStore, step: OpenPages | OpenCommits) -> Any:
    """The iterator that the store gives: neither face waits for it."""
    match step:
        case OpenPages(tenant_id, stream_id, low, high, max_time):
            return store.pages(tenant_id, stream_id, min_revision=low, max_revision=high, max_time=max_time)
        case OpenCommits(tenant_id, stream_id, low, high):
            return store.get(tenant_id, stream_id, min_revision=low, max_revision=high)


@frozen
class PortsPerformer:
    """Performs on the blocking ports."""

    store: CommitStore
    snapshot_store: SnapshotStore | None

    def __attrs_post_init__(self) -> None:
        """Refuse async stores: `TypeError`."""
        blocking_stores("a repository", self.store, self.snapshot_store)

    def __call__(self, step: Step[A], /) -> A:
        """Call the port."""
        answer: A = self._perform(step)
        return answer

    def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Append(commit):
                return self.store.commit(commit)
            case Find(tenant_id, stream_id, commit_id):
                return self.store.find(tenant_id, stream_id, commit_id)
            case OpenPages() | OpenCommits():
                return _open(self.store, step)
            case NextPage(items) | NextCommit(items):
                return next(items, None)
            case NewestSnapshot(tenant_id, stream_id, revision) if self.snapshot_store is not None:
                return self.snapshot_store.get(tenant_id, stream_id, max_revision=revision)
            case AddSnapshot(snapshot) if self.snapshot_store is not None:
                return self.snapshot_store.add(snapshot)
            case _:
                raise TypeError(f"a repository cannot perform {type(step).__name__}")


@frozen
class AsyncPortsPerformer:
    """Performs on the awaiting ports."""

    store: AsyncCommitStore
    snapshot_store: AsyncSnapshotStore | None

    def __attrs_post_init__(self) -> None:
        """Refuse sync stores: `TypeError`."""
        awaiting_stores("a repository", self.store, self.snapshot_store)

    async def __call__(self, step: Step[A], /) -> A:
        """Call the port."""
        answer: A = await self._perform(step)
        return answer

    async def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Append(commit):
                return await self.store.commit(commit)
            case Find(tenant_id, stream_id, commit_id):
                return await self.store.find(tenant_id, stream_id, commit_id)
            case OpenPages() | OpenCommits():
                return _open(self.store, step)
            case NextPage(items) | NextCommit(items):
                return await anext(items, None)
            case NewestSnapshot(tenant_id, stream_id, revision) if self.snapshot_store is not None:
                return await self.snapshot_store.get(tenant_id, stream_id, max_revision=revision)
            case AddSnapshot(snapshot) if self.snapshot_store is not None:
                return await self.snapshot_store.add(snapshot)
            case _:
                raise TypeError(f"a repository cannot perform {type(step).__name__}")
