"""The repositories, awaiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from aett.application.aggregate_plans import AggregatePlans
from aett.application.loading_plans import ATTEMPTS, now
from aett.application.performing import AsyncPortsPerformer
from aett.application.saga_plans import SagaPlans, Undispatched
from aett.application.snapshot_policy import SnapshotPolicy, never
from aett.application.state_cache import StateCache
from aett.application.stream_plans import StreamPlans
from aett.application.writing import WriteRejection
from aett.core.aggregate import Aggregate
from aett.core.fold import Evolves, Impossible
from aett.core.folded import Folded
from aett.core.headers import EMPTY, Headers
from aett.core.number import MAX_REVISION
from aett.core.outcome import Outcome
from aett.core.plan import Plan, arun
from aett.core.saga import Saga
from aett.ports.commit_store import AsyncCommitStore
from aett.ports.observing import OBSERVATION, observed, of_repository
from aett.ports.snapshot_store import AsyncSnapshotStore

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
X = TypeVar("X")
T = TypeVar("T")
P = TypeVar("P", bound=StreamPlans)


class AsyncRepository(Generic[P]):
    """What repositories share: states are loaded, and kept as snapshots.

    tenant_id: whose streams they are.
    store, snapshot_store: the ports; without a snapshot store every load folds the whole stream.
    snapshots: when to take one after a write, `every(100)` or `never`.
    cache: where the last states are kept in memory, so that only what was committed since is read; by default
      nowhere. A `StateCache`, which repositories may share.
    attempts: how often a write is tried while others overtake it, at least 1.
    clock, new_id: where stamps and commit ids come from.
    """

    def __init__(
        self,
        tenant_id: str,
        *,
        store: AsyncCommitStore,
        snapshot_store: AsyncSnapshotStore | None = None,
        snapshots: SnapshotPolicy = never,
        cache: StateCache | None = None,
        attempts: int = ATTEMPTS,
        clock: Callable[[], datetime] = now,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._performer = AsyncPortsPerformer(store, snapshot_store)
        self._plans: P = self._kind(
            tenant_id=tenant_id,
            has_snapshots=snapshot_store is not None,
            snapshots=snapshots,
            cache=cache,
            attempts=attempts,
            clock=clock,
            new_id=new_id,
        )

    _kind: type[P]

    async def get(
        self, source: Evolves[S, E], stream_id: str, *, max_revision: int = MAX_REVISION
    ) -> Outcome[Folded[S, E], Impossible]:
        """The state after this revision, also inside a commit, or of the whole stream."""
        return await self._run(self._plans.load(source, stream_id, max_revision=max_revision), "get", stream_id)

    async def get_to(
        self, source: Evolves[S, E], stream_id: str, max_time: datetime
    ) -> Outcome[Folded[S, E], Impossible]:
        """The state after the longest prefix of the stream that is stamped at or before this time."""
        return await self._run(self._plans.load_to(source, stream_id, max_time), "get_to", stream_id)

    async def snapshot(
        self, source: Evolves[S, E], stream_id: str, *, max_revision: int = MAX_REVISION
    ) -> Outcome[Folded[S, E], Impossible]:
        """As `get`, and a snapshot of it is kept. Raises `UnsupportedType` if the state cannot be stored."""
        loaded = self._plans.load(source, stream_id, max_revision=max_revision)
        return await self._run(self._plans.snapshot(source, loaded), "snapshot", stream_id)

    async def snapshot_at(
        self, source: Evolves[S, E], stream_id: str, max_time: datetime
    ) -> Outcome[Folded[S, E], Impossible]:
        """As `get_to`, and a snapshot of it is kept. Raises `UnsupportedType` if the state cannot be stored."""
        loaded = self._plans.load_to(source, stream_id, max_time)
        return await self._run(self._plans.snapshot(source, loaded), "snapshot", stream_id)

    async def _run(self, plan: Plan[T], what: str, about: object) -> T:
        if OBSERVATION.on:
            plan = observed(plan, of_repository(what, self._plans.tenant_id, about))
        return await arun(plan, self._performer)


class AsyncDefaultAggregateRepository(AsyncRepository[AggregatePlans]):
    """Loads aggregates, decides, and saves what was decided."""

    _kind = AggregatePlans

    async def save(
        self,
        aggregate: Aggregate[S, C, E, X],
        folded: Folded[S, E],
        *events: E,
        commit_id: UUID | None = None,
        headers: Headers = EMPTY,
    ) -> Outcome[Folded[S, E], WriteRejection]:
        """Append events that the caller decided on this state; `Success` with the state after them.

        What others committed meanwhile and does not conflict is folded in. The events are folded
        before they are stored: an impossible history is never written. No events: nothing is done.
        With a commit id, a retry after an unknown outcome is `Success`.
        """
        plan = self._plans.save(aggregate, folded, events, commit_id, headers)
        return await self._run(plan, "save", folded)

    async def execute(
        self,
        aggregate: Aggregate[S, C, E, X],
        stream_id: str,
        command: C,
        *,
        commit_id: UUID | None = None,
        headers: Headers = EMPTY,
        expected_revision: int | None = None,
    ) -> Outcome[Folded[S, E], X | WriteRejection]:
        """Load, decide and append; `Success` with the state after it, or the aggregate's own rejection.

        Overtaken by others, it decides again on the new state. With `expected_revision`, the caller
        relied on what it saw: it decides on that state, once, and the conflict detector judges;
        `AheadOfStream` if the stream has no such revision. With a commit id, the command takes
        effect once, however often it is repeated; another command under a known id is `DuplicateCommit`.
        """
        plan = self._plans.execute(aggregate, stream_id, command, commit_id, headers, expected_revision)
        return await self._run(plan, "execute", stream_id)


class AsyncDefaultSagaRepository(AsyncRepository[SagaPlans]):
    """Loads sagas, stores what happens to them with what they want done, and reads that back."""

    _kind = SagaPlans

    async def transition(
        self,
        saga: Saga[S, E, C],
        saga_id: str,
        event: E,
        *,
        commit_id: UUID | None = None,
        headers: Headers = EMPTY,
    ) -> Outcome[Folded[S, E], WriteRejection]:
        """Append the event and the commands that it causes, in one commit; overtaken, react again.

        With a commit id (best that of the event's own commit), it happens once.
        """
        plan = self._plans.transition(saga, saga_id, event, commit_id, headers)
        return await self._run(plan, "transition", saga_id)

    async def undispatched(self, saga: Saga[S, E, C], saga_id: str) -> AsyncIterator[Undispatched[C]]:
        """The saga's commands, in order, that have not been marked as done."""
        what, plans = "undispatched", self._plans
        commits, done = await self._run(plans.open_undispatched(saga_id), what, saga_id)
        while (found := await self._run(plans.next_undispatched(saga, commits, done), what, saga_id)) is not None:
            for each in found:
                yield each

    async def mark_dispatched(
        self, saga_id: str, undispatched: Undispatched[C]
    ) -> Outcome[Undispatched[C], WriteRejection]:
        """Remember that this command, and all of the saga's before it, are done.

        `ConflictingCommit(())` if the saga has no such command: it was purged, or is another saga's.
        Marks are events in a stream of their own, `<saga_id>/dispatched`. Purge it with the saga's:
        alone it would count the commands of a new saga of this id as done.
        """
        return await self._run(self._plans.mark_dispatched(saga_id, undispatched), "mark_dispatched", saga_id)
