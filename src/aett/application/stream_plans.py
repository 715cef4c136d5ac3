"""The plans that load a stream and append to it: what aggregates and sagas have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import attrs
from attrs import field, frozen

from aett.application.caching import Cache, proved
from aett.application.snapshot_policy import SnapshotPolicy, never
from aett.application.steps import AddSnapshot, Append, Find, NextPage, OpenPages
from aett.application.writing import Decision, WriteRejection, Writing
from aett.core import identifier
from aett.core.commit import Commit
from aett.core.fold import Evolves, Impossible, fold
from aett.core.folded import Folded
from aett.core.head import Head
from aett.core.headers import Headers
from aett.core.number import MAX_REVISION, positive
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan
from aett.core.rejection import (
    ConflictingCommit,
    DuplicateCommit,
    NonConflictingCommit,
)
from aett.core.snapshot import Snapshot
from aett.core.stamp import aware

S = TypeVar("S")
E = TypeVar("E")
X = TypeVar("X")

ATTEMPTS: Final = 100
"""How often a write is tried while others overtake it, unless a repository is told otherwise."""


def now() -> datetime:
    """The clock of this machine, in UTC."""
    return datetime.now(UTC)


def _at_least_one(_: object, __: object, attempts: int) -> None:
    positive("attempts", attempts)


def _a_policy(plans: StreamPlans, _: object, snapshots: SnapshotPolicy) -> None:
    if not isinstance(snapshots, SnapshotPolicy):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise TypeError(f"snapshots must be every(...) or never, not {snapshots!r}")
    if snapshots != never and not plans.has_snapshots:
        raise ValueError(f"{snapshots!r} without a snapshot store: give one as snapshot_store=...")


@frozen(kw_only=True)
class StreamPlans:
    """Plans over the ports, given a tenant, a policy, a clock and a source of ids."""

    tenant_id: str = field(converter=identifier.tenant)
    has_snapshots: bool = False
    snapshots: SnapshotPolicy = field(default=never, validator=_a_policy)
    attempts: int = field(default=ATTEMPTS, validator=_at_least_one)
    clock: Callable[[], datetime] = now
    new_id: Callable[[], UUID] = uuid4
    cache: Cache = field(factory=Cache, init=False, eq=False, repr=False)

    def met(self, source: Evolves[S, E]) -> None:
        """Refuse what cannot be folded, or, if this repository keeps snapshots, could never be kept as one."""
        if not hasattr(source, "evolve"):
            raise TypeError(f"an Aggregate or a Saga comes first, then the id of a stream; not {_told(source)}")
        if self.has_snapshots:
            proved(source)

    def writing(
        self, stream_id: str, commit_id: UUID | None, headers: Headers, events: tuple[object, ...] | None = None
    ) -> Writing:
        """A write with this id, or with a new one."""
        known = self.new_id() if commit_id is None else commit_id
        return Writing(stream_id, known, headers, commit_id is not None, events)

    def load(
        self,
        source: Evolves[S, E],
        stream_id: str,
        *,
        max_revision: int = MAX_REVISION,
        max_time: datetime | None = None,
        snapshots: bool = True,
    ) -> Plan[Outcome[Folded[S, E], Impossible]]:
        """The state at a bound: the newest usable snapshot, and the tail.

        By time there is no snapshot to begin with: none tells whether all that it holds is old enough.
        """
        self.met(source)
        folded: Folded[S, E] = Folded(source.initial, Head(self.tenant_id, stream_id))
        if snapshots and self.has_snapshots and max_time is None:
            folded = (yield from self.cache.newest(source, self.tenant_id, stream_id, max_revision)) or folded
        pages = yield from OpenPages(self.tenant_id, stream_id, folded.revision + 1, max_revision, max_time)
        while (page := (yield from NextPage(pages))) is not None:
            outcome = _onward(source, folded, page.bodies, page.head)
            if isinstance(outcome, Failure):
                return outcome
            folded = outcome.unwrap()
        return Success(folded)

    def load_to(
        self, source: Evolves[S, E], stream_id: str, max_time: datetime
    ) -> Plan[Outcome[Folded[S, E], Impossible]]:
        """The state at a time."""
        return (yield from self.load(source, stream_id, max_time=aware(max_time, "max_time")))

    def snapshot(
        self, source: Evolves[S, E], loaded: Plan[Outcome[Folded[S, E], Impossible]]
    ) -> Plan[Outcome[Folded[S, E], Impossible]]:
        """Load, and keep what was loaded, if there is anything to keep."""
        if not self.has_snapshots:
            raise ValueError("this repository has no snapshot store: give it one as snapshot_store=...")
        outcome = yield from loaded
        match outcome:
            case Success(folded) if folded.revision > 0:
                yield from AddSnapshot(Snapshot.of(source, folded))
            case _:
                pass
        return outcome

    def append_anew(
        self,
        source: Evolves[S, E],
        writing: Writing,
        decide: Callable[[Folded[S, E]], Outcome[Decision[E], X]],
        start: Outcome[Folded[S, E], Impossible] | None = None,
    ) -> Plan[Outcome[Folded[S, E], X | WriteRejection]]:
        """Load (unless given a start), decide, append; overtaken, decide again: a new decision sees everything."""
        loaded = start or (yield from self.load(source, writing.stream_id))
        left = self.attempts
        while True:
            left -= 1
            if isinstance(loaded, Failure):
                return loaded
            folded = loaded.unwrap()
            decided = yield from self.decided(source, folded, writing, decide)
            if not isinstance(decided, Decision):
                return decided
            outcome = yield from self._append(source, folded, writing, decided)
            match outcome:
                case Failure(ConflictingCommit(committed) | NonConflictingCommit(committed)) if left:
                    loaded = yield from self._caught_up(source, folded, committed)
                case Failure(DuplicateCommit(stored)):
                    return (yield from self._repeated(source, writing, stored))
                case Failure(Impossible()):
                    return (yield from self._unless_done(source, writing, outcome))
                case _:
                    return outcome

    def decided(
        self,
        source: Evolves[S, E],
        folded: Folded[S, E],
        writing: Writing,
        decide: Callable[[Folded[S, E]], Outcome[Decision[E], X]],
    ) -> Plan[Decision[E] | Outcome[Folded[S, E], X | Impossible | DuplicateCommit]]:
        """The decision; or the outcome, if nothing is to be done, or was done before.

        A repeated command may be refused, or find nothing to do, just because it succeeded: before
        such an answer is given, its commit id is looked up.
        """
        outcome = decide(folded)
        decision = None if isinstance(outcome, Failure) else outcome.unwrap()
        if decision is not None and decision.events:
            return decision
        refused = outcome if isinstance(outcome, Failure) else Success(folded)
        return (yield from self._unless_done(source, writing, refused))

    def _unless_done(
        self, source: Evolves[S, E], writing: Writing, otherwise: Outcome[Folded[S, E], X]
    ) -> Plan[Outcome[Folded[S, E], X | Impossible | DuplicateCommit]]:
        """The state that there is, if this write was done by an earlier attempt."""
        if writing.given:
            stored = yield from Find(self.tenant_id, writing.stream_id, writing.commit_id)
            if stored is not None:
                return (yield from self._repeated(source, writing, stored))
        return otherwise

    def _repeated(
        self, source: Evolves[S, E], writing: Writing, stored: Commit
    ) -> Plan[Outcome[Folded[S, E], Impossible | DuplicateCommit]]:
        """The state that there is, if the stored commit of this id is ours."""
        if not writing.is_done_by(stored):
            return Failure(DuplicateCommit(stored))
        return (yield from self.load(source, writing.stream_id))

    def append_following(
        self, source: Evolves[S, E], folded: Folded[S, E], writing: Writing, decision: Decision[E]
    ) -> Plan[Outcome[Folded[S, E], WriteRejection]]:
        """Append what was decided once; fold in what does not conflict with it, and try again."""
        left = self.attempts
        while True:
            left -= 1
            outcome = yield from self._append(source, folded, writing, decision)
            match outcome:
                case Failure(NonConflictingCommit(committed)) if left:
                    followed = _followed(source, folded, committed)
                    if isinstance(followed, Failure):
                        return followed
                    folded = followed.unwrap()
                case Failure(DuplicateCommit(stored)):
                    return (yield from self._repeated(source, writing, stored))
                case Failure(Impossible()):
                    return (yield from self._unless_done(source, writing, outcome))
                case _:
                    return outcome

    def _append(
        self, source: Evolves[S, E], folded: Folded[S, E], writing: Writing, decision: Decision[E]
    ) -> Plan[Outcome[Folded[S, E], WriteRejection]]:
        """Fold the events, so that an impossible history is never written; then commit them."""
        evolved = fold(source, decision.events, state=folded.state, revision=folded.revision)
        if isinstance(evolved, Failure):
            return evolved
        state = evolved.unwrap()
        is_due = self.has_snapshots and self.snapshots.due(folded.revision, folded.revision + len(decision.events))
        # Made before the commit: afterwards nothing but the write itself is worth waiting for.
        snapshot = self.cache.made(source, attrs.evolve(folded, state=state)) if is_due else None
        outcome = yield from Append(
            folded.head.commit(
                *decision.events,
                commit_id=writing.commit_id,
                stamp=self.clock(),
                headers=writing.headers,
                commands=decision.commands,
            )
        )
        match outcome:
            case Success(stored):
                head = Head.after(stored)
                if snapshot is not None:
                    yield from self.cache.keep(source, snapshot, head)
                return Success(Folded(state, head))
            case Failure() as rejection:
                return rejection

    def _caught_up(
        self, source: Evolves[S, E], folded: Folded[S, E], committed: tuple[Commit, ...]
    ) -> Plan[Outcome[Folded[S, E], Impossible]]:
        """The state after what others committed: folded in if it fits, else loaded anew.

        Without snapshots, since a snapshot may be what put the writer ahead of a purged stream.
        """
        if committed and (committed[0].first_revision, committed[0].commit_sequence) == _next(folded.head):
            return _followed(source, folded, committed)
        return (yield from self.load(source, folded.head.stream_id, snapshots=False))


def _told(given: object) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else f"a {type(given).__name__}"


def _next(head: Head) -> tuple[int, int]:
    return head.revision + 1, head.sequence + 1


def _followed(
    source: Evolves[S, E], folded: Folded[S, E], committed: tuple[Commit, ...]
) -> Outcome[Folded[S, E], Impossible]:
    bodies = (body for commit in committed for body in commit.bodies)
    return _onward(source, folded, bodies, Head.after(committed[-1]))


def _onward(
    source: Evolves[S, E], folded: Folded[S, E], bodies: Iterable[Any], head: Head
) -> Outcome[Folded[S, E], Impossible]:
    """The state after more of the stream; that its events are of type E is what the caller declares."""
    outcome = fold(source, bodies, state=folded.state, revision=folded.revision)
    return outcome if isinstance(outcome, Failure) else Success(Folded(outcome.unwrap(), head))
