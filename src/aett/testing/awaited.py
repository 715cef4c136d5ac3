"""Async stores behind a loop of their own, so that one suite serves both faces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextvars import copy_context
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from attrs import frozen

from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.outcome import Outcome
from aett.core.page import Page
from aett.core.register import Overtaken, Register
from aett.core.rejection import CommitRejection
from aett.core.snapshot import Snapshot
from aett.core.tail import Tail
from aett.core.topic_map import TopicMap
from aett.ports.commit_store import AsyncCommitStore, CommitSource
from aett.ports.persistence_management import AsyncPersistenceManagement
from aett.ports.register_store import AsyncRegisterStore
from aett.ports.snapshot_store import AsyncSnapshotStore

T = TypeVar("T")


class Loop:
    """One event loop, entered for each call."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._context = copy_context()
        self._closed = False

    def close(self) -> None:
        """Close it, and every iterator that is still open."""
        self._closed = True
        self._runner.close()

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What it gives."""
        # As `Runner.run` does it, but for its handling of signals, which takes longer than many a call.
        return self._loop.run_until_complete(self._loop.create_task(coroutine, context=self._context))

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        """Its items, one at a time; abandoned, it is closed at once."""
        return self._items(items)

    def _items(self, items: AsyncIterator[T]) -> Iterator[T]:
        async def following() -> T:
            return await anext(items)

        try:
            while True:
                try:
                    item = self.wait(following())
                except StopAsyncIteration:
                    return
                yield item
        finally:
            # Kept by a traceback, an iterator may end at any time: when the loop was closed, and it with it.
            if self._can_wait() and (close := getattr(items, "aclose", None)):
                self.wait(close())

    def _can_wait(self) -> bool:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return not self._closed
        return False


@frozen
class AwaitedCommitStore:
    """A `CommitStore` that asks an async one."""

    store: AsyncCommitStore
    loop: Loop

    def commit(self, commit: Commit) -> Outcome[Commit, CommitRejection]:
        """Append it."""
        return self.loop.wait(self.store.commit(commit))

    def commit_all(self, commits: CommitSource) -> Iterator[Outcome[Commit, CommitRejection]]:
        """Append all of them."""
        return self.loop.iterate(self.store.commit_all(commits))

    def get(
        self,
        tenant_id: str,
        stream_id: str,
        *,
        min_revision: int = 1,
        max_revision: int = MAX_REVISION,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Iterator[Commit]:
        """The stream between two revisions."""
        return self.loop.iterate(
            self.store.get(
                tenant_id,
                stream_id,
                min_revision=min_revision,
                max_revision=max_revision,
                backwards=backwards,
                limit=limit,
            )
        )

    def get_to(self, tenant_id: str, stream_id: str, max_time: datetime) -> Iterator[Commit]:
        """The stream's prefix to a time."""
        return self.loop.iterate(self.store.get_to(tenant_id, stream_id, max_time))

    def get_all_to(self, tenant_id: str, max_time: datetime) -> Iterator[Commit]:
        """The tenant's commits to a time."""
        return self.loop.iterate(self.store.get_all_to(tenant_id, max_time))

    def get_from(
        self,
        tenant_id: str,
        checkpoint: int = 0,
        *,
        topics: TopicMap | Iterable[str] | None = None,
        max_checkpoint: int = MAX_REVISION,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Iterator[Commit]:
        """The tenant's log after a checkpoint."""
        return self.loop.iterate(
            self.store.get_from(
                tenant_id,
                checkpoint,
                topics=topics,
                max_checkpoint=max_checkpoint,
                backwards=backwards,
                limit=limit,
            )
        )

    def head(self, tenant_id: str, stream_id: str) -> Head:
        """Where the stream ends."""
        return self.loop.wait(self.store.head(tenant_id, stream_id))

    def tail(self, tenant_id: str) -> Tail:
        """Where the log ends."""
        return self.loop.wait(self.store.tail(tenant_id))

    def tenants(self) -> Iterator[str]:
        """Who has a log."""
        return self.loop.iterate(self.store.tenants())

    def find(self, tenant_id: str, stream_id: str, commit_id: UUID) -> Commit | None:
        """The stream's commit of this id."""
        return self.loop.wait(self.store.find(tenant_id, stream_id, commit_id))

    def pages(
        self,
        tenant_id: str,
        stream_id: str,
        *,
        min_revision: int = 1,
        max_revision: int = MAX_REVISION,
        max_time: datetime | None = None,
    ) -> Iterator[Page]:
        """Heads and events."""
        return self.loop.iterate(
            self.store.pages(
                tenant_id, stream_id, min_revision=min_revision, max_revision=max_revision, max_time=max_time
            )
        )


@frozen
class AwaitedSnapshotStore:
    """A `SnapshotStore` that asks an async one."""

    store: AsyncSnapshotStore
    loop: Loop

    def get(self, tenant_id: str, stream_id: str, *, max_revision: int = MAX_REVISION) -> Snapshot | None:
        """The newest snapshot at or below a revision."""
        return self.loop.wait(self.store.get(tenant_id, stream_id, max_revision=max_revision))

    def add(self, snapshot: Snapshot) -> None:
        """Keep it."""
        self.loop.wait(self.store.add(snapshot))


@frozen
class AwaitedRegisterStore:
    """A `RegisterStore` that asks an async one."""

    store: AsyncRegisterStore
    loop: Loop

    def get(self, tenant_id: str, name: str) -> Register:
        """What is in it."""
        return self.loop.wait(self.store.get(tenant_id, name))

    def put(self, register: Register, payload: bytes) -> Outcome[Register, Overtaken]:
        """Put something into it."""
        return self.loop.wait(self.store.put(register, payload))

    def remove(self, register: Register) -> Outcome[Register, Overtaken]:
        """Remove it."""
        return self.loop.wait(self.store.remove(register))

    def names(self, tenant_id: str, prefix: str = "") -> Iterator[str]:
        """What registers there are."""
        return self.loop.iterate(self.store.names(tenant_id, prefix))


@frozen
class AwaitedPersistenceManagement:
    """A `PersistenceManagement` that asks an async one."""

    store: AsyncPersistenceManagement
    loop: Loop

    def initialize(self) -> None:
        """Create and verify."""
        self.loop.wait(self.store.initialize())

    def drop(self) -> None:
        """Remove everything."""
        self.loop.wait(self.store.drop())

    def purge(self, tenant_id: str) -> None:
        """Empty a tenant."""
        self.loop.wait(self.store.purge(tenant_id))

    def purge_stream(self, tenant_id: str, stream_id: str) -> None:
        """Empty a stream."""
        self.loop.wait(self.store.purge_stream(tenant_id, stream_id))
