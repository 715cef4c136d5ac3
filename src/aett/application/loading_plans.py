"""The plans that load a stream, at a revision or a time: what aggregates and sagas have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from attrs import field, frozen

from aett.application.snapshot_policy import SnapshotPolicy, never
from aett.application.snapshotting import Snapshotting, proved
from aett.application.state_cache import StateCache
from aett.application.steps import AddSnapshot, NextCommit, NextPage, OpenCommits, OpenPages
from aett.core import identifier
from aett.core.fold import Evolves, Impossible, fold
from aett.core.folded import Folded
from aett.core.head import Head
from aett.core.number import MAX_REVISION, at_least_one
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan
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


def _a_policy(plans: LoadingPlans, _: object, snapshots: SnapshotPolicy) -> None:
    if not isinstance(snapshots, SnapshotPolicy):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise TypeError(f"snapshots must be every(...) or never, not {snapshots!r}")
    if snapshots != never and not plans.has_snapshots:
        raise ValueError(f"{snapshots!r} without a snapshot store: give one as snapshot_store=...")


@frozen(kw_only=True)
class LoadingPlans:
    """Plans over the ports, given a tenant, a policy, a clock and a source of ids."""

    tenant_id: str = field(converter=identifier.tenant)
    has_snapshots: bool = False
    snapshots: SnapshotPolicy = field(default=never, validator=_a_policy)
    attempts: int = field(default=ATTEMPTS, validator=at_least_one)
    clock: Callable[[], datetime] = now
    new_id: Callable[[], UUID] = uuid4
    cache: StateCache | None = None
    snapshotting: Snapshotting = field(factory=Snapshotting, init=False, eq=False, repr=False)

    def met(self, source: Evolves[S, E]) -> None:
        """Refuse what cannot be folded, or, if this repository keeps snapshots, could never be kept as one."""
        if not hasattr(source, "evolve"):
            raise TypeError(f"an Aggregate or a Saga comes first, then the id of a stream; not {_told(source)}")
        if self.has_snapshots:
            proved(source)

    def load(
        self,
        source: Evolves[S, E],
        stream_id: str,
        *,
        max_revision: int = MAX_REVISION,
        max_time: datetime | None = None,
        anew: bool = False,
    ) -> Plan[Outcome[Folded[S, E], Impossible]]:
        """The state at a bound: what is kept of it, in the cache or as a snapshot, and the tail.

        By time there is nothing to begin with: no state tells whether all that it holds is old enough.
        anew: begin with the first event.
        """
        self.met(source)
        folded: Folded[S, E] = Folded(source.initial, Head(self.tenant_id, stream_id))
        if max_revision <= 0:
            return Success(folded)
        if not anew and max_time is None:
            if self.cache is not None:
                loaded = yield from self._onward_from(self.cache, source, stream_id, max_revision)
                if loaded is not None:
                    return loaded
            if self.has_snapshots:
                newest = yield from self.snapshotting.newest(source, self.tenant_id, stream_id, max_revision)
                folded = newest or folded
        last: UUID | None = None
        pages = yield from OpenPages(self.tenant_id, stream_id, folded.revision + 1, max_revision, max_time)
        while (page := (yield from NextPage(pages))) is not None:
            outcome = onward(source, folded, page.bodies, page.head)
            if isinstance(outcome, Failure):
                return outcome
            folded, last = outcome.unwrap(), page.commit_id
        if max_revision == MAX_REVISION and max_time is None:
            self.remember(source, folded, last)
        return Success(folded)

    def remember(self, source: Evolves[S, E], folded: Folded[S, E], commit_id: UUID | None) -> None:
        """Keep the state at the end of a commit; None if its id is not known."""
        if self.cache is not None and commit_id is not None:
            self.cache.keep(source, folded, commit_id)

    def _onward_from(
        self, cache: StateCache, source: Evolves[S, E], stream_id: str, max_revision: int
    ) -> Plan[Outcome[Folded[S, E], Impossible] | None]:
        """From the commit at whose end the kept state stands; None if none is kept, or the commit is not there."""
        kept = cache.newest(source, self.tenant_id, stream_id)
        if kept is None or kept.folded.revision > max_revision:
            return None
        folded: Folded[S, E] = kept.folded
        commits = yield from OpenCommits(self.tenant_id, stream_id, folded.revision, max_revision)
        last = yield from NextCommit(commits)
        if last is None or not kept.is_at_the_end_of(last):
            cache.forget(source, folded.head)
            return None
        while (commit := (yield from NextCommit(commits))) is not None:
            outcome = onward(source, folded, commit.bodies, Head.after(commit))
            if isinstance(outcome, Failure):
                return outcome
            folded, last = outcome.unwrap(), commit
        if max_revision == MAX_REVISION:
            self.remember(source, folded, last.commit_id)
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


def _told(given: object) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else f"a {type(given).__name__}"


def onward(
    source: Evolves[S, E], folded: Folded[S, E], bodies: Iterable[Any], head: Head
) -> Outcome[Folded[S, E], Impossible]:
    """The state after more of the stream; that its events are of type E is what the caller declares."""
    outcome = fold(source, bodies, state=folded.state, revision=folded.revision)
    return outcome if isinstance(outcome, Failure) else Success(Folded(outcome.unwrap(), head))
