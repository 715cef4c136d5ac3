"""The port through which streams are written and read.

Every implementation keeps the laws L1 to L11, which `aett.testing` checks. A tenant_id or
stream_id out of bounds raises `InvalidIdentifier`, a naive time `InvalidCommit`, and anything the
storage does wrong one of the `AettError`s; a closed store raises `StoreClosed`.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.outcome import Outcome
from aett.core.page import Page
from aett.core.rejection import CommitRejection
from aett.core.tail import Tail
from aett.core.topic_map import TopicMap

CommitSource: TypeAlias = Iterable[Commit]
"""Where commits are taken from, one after the other."""

AsyncCommitSource: TypeAlias = Iterable[Commit] | AsyncIterable[Commit]
"""The same, or one that is awaited."""


class CommitStore(Protocol):
    """Appends commits to streams, and reads them by stream or by tenant."""

    def commit(self, commit: Commit) -> Outcome[Commit, CommitRejection]:
        """Append it: `Success` with the commit as stored (its checkpoint filled in), or why not."""
        ...

    def commit_all(self, commits: CommitSource) -> Iterator[Outcome[Commit, CommitRejection]]:
        """What `commit` would do with each of them, in this order, many in one transaction; and their outcomes.

        As the outcomes are asked for, the next commits are taken and written: `for outcome in ...`. Whoever stops
        asking has written what he took, and perhaps some that follow. An error of the source comes when what was
        before it is written.
        """
        ...

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
        """The stream's events of revisions min to max, both included; commits are cut at the bounds.

        backwards: the newest commit first; the events of each stand in their order. limit: commits at most.
        """
        ...

    def get_to(self, tenant_id: str, stream_id: str, max_time: datetime) -> Iterator[Commit]:
        """The longest prefix of the stream whose stamps are all at or before this time."""
        ...

    def get_all_to(self, tenant_id: str, max_time: datetime) -> Iterator[Commit]:
        """The tenant's commits stamped at or before this time, in checkpoint order: all that are visible."""
        ...

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
        """The tenant's log after this checkpoint. Whoever has seen a checkpoint misses nothing below it.

        It is read up to where it is settled (`tail`).

        topics: those of a map, or names of the store's own. Whatever else there is, is passed over without being
        decoded: a `PassedOver` stands in its place. Without them, what the store's map does not hold is an error.
        max_checkpoint: no further than to this one, included. backwards: the newest commit first. limit: commits
        at most: `get_from(tenant, backwards=True, limit=20)` are the last 20, and with `max_checkpoint` those
        before them.
        """
        ...

    def head(self, tenant_id: str, stream_id: str) -> Head:
        """Where the stream's next commit goes; a stream without commits has a head that does not `exist`."""
        ...

    def tail(self, tenant_id: str) -> Tail:
        """Where the tenant's log ends, and how far it may be read now. It waits for no transaction."""
        ...

    def tenants(self) -> Iterator[str]:
        """Every tenant that has a log, each once, in an order of the engine's."""
        ...

    def find(self, tenant_id: str, stream_id: str, commit_id: UUID) -> Commit | None:
        """The stream's commit of this id, if there is one."""
        ...

    def pages(
        self,
        tenant_id: str,
        stream_id: str,
        *,
        min_revision: int = 1,
        max_revision: int = MAX_REVISION,
        max_time: datetime | None = None,
    ) -> Iterator[Page]:
        """As `get` and `get_to`, but only heads and events, for folding."""
        ...


class AsyncCommitStore(Protocol):
    """A `CommitStore` that is awaited."""

    async def commit(self, commit: Commit) -> Outcome[Commit, CommitRejection]:
        """Append it: `Success` with the commit as stored (its checkpoint filled in), or why not."""
        ...

    def commit_all(self, commits: AsyncCommitSource) -> AsyncIterator[Outcome[Commit, CommitRejection]]:
        """What `commit` would do with each of them, in this order, many in one transaction; and their outcomes.

        As the outcomes are asked for, the next commits are taken and written: `for outcome in ...`. Whoever stops
        asking has written what he took, and perhaps some that follow. An error of the source comes when what was
        before it is written.
        """
        ...

    def get(
        self,
        tenant_id: str,
        stream_id: str,
        *,
        min_revision: int = 1,
        max_revision: int = MAX_REVISION,
        backwards: bool = False,
        limit: int | None = None,
    ) -> AsyncIterator[Commit]:
        """The stream's events of revisions min to max, both included; commits are cut at the bounds.

        backwards: the newest commit first; the events of each stand in their order. limit: commits at most.
        """
        ...

    def get_to(self, tenant_id: str, stream_id: str, max_time: datetime) -> AsyncIterator[Commit]:
        """The longest prefix of the stream whose stamps are all at or before this time."""
        ...

    def get_all_to(self, tenant_id: str, max_time: datetime) -> AsyncIterator[Commit]:
        """The tenant's commits stamped at or before this time, in checkpoint order: all that are visible."""
        ...

    def get_from(
        self,
        tenant_id: str,
        checkpoint: int = 0,
        *,
        topics: TopicMap | Iterable[str] | None = None,
        max_checkpoint: int = MAX_REVISION,
        backwards: bool = False,
        limit: int | None = None,
    ) -> AsyncIterator[Commit]:
        """The tenant's log after this checkpoint. Whoever has seen a checkpoint misses nothing below it.

        It is read up to where it is settled (`tail`).

        topics: those of a map, or names of the store's own. Whatever else there is, is passed over without being
        decoded: a `PassedOver` stands in its place. Without them, what the store's map does not hold is an error.
        max_checkpoint: no further than to this one, included. backwards: the newest commit first. limit: commits
        at most: `get_from(tenant, backwards=True, limit=20)` are the last 20, and with `max_checkpoint` those
        before them.
        """
        ...

    async def head(self, tenant_id: str, stream_id: str) -> Head:
        """Where the stream's next commit goes; a stream without commits has a head that does not `exist`."""
        ...

    async def tail(self, tenant_id: str) -> Tail:
        """Where the tenant's log ends, and how far it may be read now. It waits for no transaction."""
        ...

    def tenants(self) -> AsyncIterator[str]:
        """Every tenant that has a log, each once, in an order of the engine's."""
        ...

    async def find(self, tenant_id: str, stream_id: str, commit_id: UUID) -> Commit | None:
        """The stream's commit of this id, if there is one."""
        ...

    def pages(
        self,
        tenant_id: str,
        stream_id: str,
        *,
        min_revision: int = 1,
        max_revision: int = MAX_REVISION,
        max_time: datetime | None = None,
    ) -> AsyncIterator[Page]:
        """As `get` and `get_to`, but only heads and events, for folding."""
        ...
