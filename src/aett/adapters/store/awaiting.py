"""The awaiting face: the async ports over an engine's plans."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self, TypeVar
from uuid import UUID

from aett.adapters.store.importing import async_batches
from aett.adapters.store.plans import CommitPlans, ManagementPlans, RegisterPlans, SnapshotPlans
from aett.adapters.store.reading import Reading
from aett.core.asked import AsyncAsked
from aett.core.commit import Commit
from aett.core.errors import StoreClosed
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.outcome import Outcome, Success
from aett.core.page import Page
from aett.core.plan import AsyncPerform, Plan, Step, arun
from aett.core.register import Overtaken, Register
from aett.core.rejection import CommitRejection
from aett.core.snapshot import Snapshot
from aett.core.tail import Tail
from aett.core.topic_map import TopicMap
from aett.ports.bell import ring
from aett.ports.commit_store import AsyncCommitSource
from aett.ports.observing import OBSERVATION, observed, operation

A = TypeVar("A")
T = TypeVar("T")


class AsyncPerformer(AsyncPerform, Protocol):
    """Performs steps until it is closed."""

    async def close(self) -> None:
        """Let go of what it opened; then every step raises `StoreClosed`."""
        ...


class AsyncShared:
    """A performer that others use, too: it is closed by itself, and they go on."""

    def __init__(self, performer: AsyncPerformer, name: str) -> None:
        self._performer, self._name = performer, name
        self._closed = False

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        if self._closed:
            raise StoreClosed(f"this {self._name} is closed")
        return await self._performer(step)

    async def close(self) -> None:
        """Perform nothing more."""
        self._closed = True


class AsyncFace:
    """What all stores share: a context manager that performs plans."""

    def __init__(self, performer: AsyncPerformer) -> None:
        self._performer = performer

    async def __aenter__(self) -> Self:
        """The store itself; it opens at its first use."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()

    async def close(self) -> None:
        """Let go of what the store opened (not of what it was given); it is used no more."""
        await self._performer.close()

    def share(self, other: AsyncFace) -> None:
        """Use what the other opens, rather than something of its own; before anything was asked of it."""
        self._performer = AsyncShared(other._performer, type(self).__name__)  # of its own kind

    async def _run(self, plan: Plan[T], what: str, about: object = ()) -> T:
        if OBSERVATION.on:
            plan = observed(plan, operation(self, what, about))
        return await arun(plan, self._performer)

    async def _read(self, reading: Reading[T], what: str, about: object = ()) -> AsyncIterator[T]:
        cursor = reading.start
        while cursor is not None:
            fetched = await self._run(reading.fetch(cursor), what, about)
            for item in fetched.items:
                yield item
            cursor = fetched.following


class AsyncCommitStoreFace(AsyncFace):
    """An `AsyncCommitStore` over plans."""

    def __init__(self, plans: CommitPlans, performer: AsyncPerformer) -> None:
        super().__init__(performer)
        self._plans = plans

    async def commit(self, commit: Commit) -> Outcome[Commit, CommitRejection]:
        """Append it: `Success` with the commit as stored (its checkpoint filled in), or why not."""
        outcome = await self._run(self._plans.commit(commit), "commit", commit)
        if isinstance(outcome, Success):
            ring(commit.tenant_id)
        return outcome

    def commit_all(self, commits: AsyncCommitSource) -> AsyncIterator[Outcome[Commit, CommitRejection]]:
        """What `commit` would do with each of them, in this order, many in one transaction; and their outcomes.

        As the outcomes are asked for, the next commits are taken and written: `for outcome in ...`. Whoever stops
        asking has written what he took, and perhaps some that follow. An error of the source comes when what was
        before it is written.
        """
        return AsyncAsked(self._commit_all(commits), "commit_all")

    async def _commit_all(self, commits: AsyncCommitSource) -> AsyncGenerator[Outcome[Commit, CommitRejection]]:
        async for batch in async_batches(self._plans.recorder, commits):
            outcomes = await self._run(self._plans.commit_all(batch), "commit_all")
            for tenant_id in {each.unwrap().tenant_id for each in outcomes if isinstance(each, Success)}:
                ring(tenant_id)
            for outcome in outcomes:
                yield outcome

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
        reading = self._plans.get(
            tenant_id, stream_id, min_revision, max_revision, backwards=backwards, limit=limit
        )
        return self._read(reading, "get", (tenant_id, stream_id))

    def get_to(self, tenant_id: str, stream_id: str, max_time: datetime) -> AsyncIterator[Commit]:
        """The longest prefix of the stream whose stamps are all at or before this time."""
        return self._read(self._plans.get_to(tenant_id, stream_id, max_time), "get_to", (tenant_id, stream_id))

    def get_all_to(self, tenant_id: str, max_time: datetime) -> AsyncIterator[Commit]:
        """The tenant's commits stamped at or before this time, in checkpoint order: all that are visible."""
        return self._read(self._plans.get_all_to(tenant_id, max_time), "get_all_to", (tenant_id,))

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
        reading = self._plans.get_from(
            tenant_id, checkpoint, max_checkpoint, topics=topics, backwards=backwards, limit=limit
        )
        return self._read(reading, "get_from", (tenant_id,))

    async def head(self, tenant_id: str, stream_id: str) -> Head:
        """Where the stream's next commit goes; a stream without commits has a head that does not `exist`."""
        return await self._run(self._plans.head(tenant_id, stream_id), "head", (tenant_id, stream_id))

    async def tail(self, tenant_id: str) -> Tail:
        """Where the tenant's log ends, and how far it may be read now. It waits for no transaction."""
        return await self._run(self._plans.tail(tenant_id), "tail", (tenant_id,))

    def tenants(self) -> AsyncIterator[str]:
        """Every tenant that has a log, each once, in an order of the engine's."""
        return self._read(self._plans.tenants(), "tenants")

    async def find(self, tenant_id: str, stream_id: str, commit_id: UUID) -> Commit | None:
        """The stream's commit of this id, if there is one."""
        return await self._run(self._plans.find(tenant_id, stream_id, commit_id), "find", (tenant_id, stream_id))

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
        reading = self._plans.pages(tenant_id, stream_id, min_revision, max_revision, max_time)
        return self._read(reading, "pages", (tenant_id, stream_id))


class AsyncSnapshotStoreFace(AsyncFace):
    """An `AsyncSnapshotStore` over plans."""

    def __init__(self, plans: SnapshotPlans, performer: AsyncPerformer) -> None:
        super().__init__(performer)
        self._plans = plans

    async def get(self, tenant_id: str, stream_id: str, *, max_revision: int = MAX_REVISION) -> Snapshot | None:
        """The newest snapshot at or below this revision, if there is one."""
        return await self._run(self._plans.get(tenant_id, stream_id, max_revision), "get", (tenant_id, stream_id))

    async def add(self, snapshot: Snapshot) -> None:
        """Keep it, in place of any other of the same stream and revision."""
        await self._run(self._plans.add(snapshot), "add", snapshot)


class AsyncRegisterStoreFace(AsyncFace):
    """An `AsyncRegisterStore` over plans."""

    def __init__(self, plans: RegisterPlans, performer: AsyncPerformer) -> None:
        super().__init__(performer)
        self._plans = plans

    async def get(self, tenant_id: str, name: str) -> Register:
        """What is in it now; a register that does not `exist` if there is nothing."""
        return await self._run(self._plans.get(tenant_id, name), "get", (tenant_id,))

    async def put(self, register: Register, payload: bytes) -> Outcome[Register, Overtaken]:
        """Put this payload in the place of what was read: `Success` with the register as it is now.

        `Failure(Overtaken(found))` if the register is no longer of that version: of any number of writers who read
        the same, one is first. Raises `InvalidRegister` if the engine cannot store so many bytes.
        """
        return await self._run(self._plans.put(register, payload), "put", register)

    async def remove(self, register: Register) -> Outcome[Register, Overtaken]:
        """Remove what was read: `Success` with the empty register, `Failure` if it is of another version now."""
        return await self._run(self._plans.remove(register), "remove", register)

    def names(self, tenant_id: str, prefix: str = "") -> AsyncIterator[str]:
        """The names of the tenant's registers that begin so, each once, in an order of the engine's."""
        return self._read(self._plans.names(tenant_id, prefix), "names", (tenant_id,))


class AsyncPersistenceManagementFace(AsyncFace):
    """An `AsyncPersistenceManagement` over plans."""

    def __init__(self, plans: ManagementPlans, performer: AsyncPerformer) -> None:
        super().__init__(performer)
        self._plans = plans

    async def initialize(self) -> None:
        """Create what is absent and verify what is there; safe to call twice, and by many at once."""
        await self._run(self._plans.initialize(), "initialize")

    async def drop(self) -> None:
        """Remove everything, also the tables; no error if nothing is there. Ends the store."""
        await self._run(self._plans.drop(), "drop")

    async def purge(self, tenant_id: str) -> None:
        """Remove the tenant's commits and snapshots. Its checkpoints are never given again."""
        await self._run(self._plans.purge(tenant_id), "purge", (tenant_id,))

    async def purge_stream(self, tenant_id: str, stream_id: str) -> None:
        """Remove the stream's commits and snapshots."""
        await self._run(self._plans.purge_stream(tenant_id, stream_id), "purge_stream", (tenant_id, stream_id))
