"""The plans that append to a stream: what aggregates and sagas have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import attrs
from attrs import frozen

from aett.application.loading_plans import LoadingPlans, onward
from aett.application.steps import Append, Find
from aett.application.writing import AheadOfStream, Decision, WriteRejection, Writing
from aett.core.commit import Commit
from aett.core.fold import Evolves, Impossible, fold
from aett.core.folded import Folded
from aett.core.head import Head
from aett.core.headers import Headers
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan
from aett.core.rejection import ConflictingCommit, DuplicateCommit, NonConflictingCommit
from aett.ports.observing import carried

S = TypeVar("S")
E = TypeVar("E")
X = TypeVar("X")


@frozen(kw_only=True)
class StreamPlans(LoadingPlans):
    """Plans over the ports: a decision, once or as often as it is overtaken, and what it appends."""

    def writing(
        self, stream_id: str, commit_id: UUID | None, headers: Headers, events: tuple[object, ...] | None = None
    ) -> Writing:
        """A write with this id, or with a new one."""
        known = self.new_id() if commit_id is None else commit_id
        return Writing(stream_id, known, carried(headers), commit_id is not None, events)

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
                    return (yield from self._repeated(source, writing, stored, decide))
                case Failure(Impossible()):
                    return (yield from self._unless_done(source, writing, outcome, decide))
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
        return (yield from self._unless_done(source, writing, refused, decide))

    def _unless_done(
        self,
        source: Evolves[S, E],
        writing: Writing,
        otherwise: Outcome[Folded[S, E], X],
        decide: Callable[[Folded[S, E]], Outcome[Decision[E], object]],
    ) -> Plan[Outcome[Folded[S, E], X | Impossible | DuplicateCommit]]:
        """The state that there is, if this write was done by an earlier attempt."""
        if writing.given:
            stored = yield from Find(self.tenant_id, writing.stream_id, writing.commit_id)
            if stored is not None:
                return (yield from self._repeated(source, writing, stored, decide))
        return otherwise

    def _repeated(
        self,
        source: Evolves[S, E],
        writing: Writing,
        stored: Commit,
        decide: Callable[[Folded[S, E]], Outcome[Decision[E], object]],
    ) -> Plan[Outcome[Folded[S, E], Impossible | DuplicateCommit]]:
        """The state that there is, if the stored commit of this id is ours.

        A command is known again by its events: it is decided once more where that commit began.
        """
        decided: tuple[object, ...] | None = None
        if writing.events is None:
            loaded = yield from self.load(source, writing.stream_id, max_revision=stored.first_revision - 1)
            if isinstance(loaded, Failure):
                return loaded
            outcome = decide(loaded.unwrap())
            decided = None if isinstance(outcome, Failure) else outcome.unwrap().events
        if not writing.is_done_by(stored, decided):
            return Failure(DuplicateCommit(stored))
        return (yield from self.load(source, writing.stream_id))

    def append_following(
        self, source: Evolves[S, E], folded: Folded[S, E], writing: Writing, decision: Decision[E]
    ) -> Plan[Outcome[Folded[S, E], WriteRejection]]:
        """Append what was decided once; fold in what does not conflict with it, and try again."""

        def decide(_: Folded[S, E]) -> Outcome[Decision[E], object]:
            return Success(decision)

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
                    return (yield from self._repeated(source, writing, stored, decide))
                case Failure(Impossible()):
                    return (yield from self._unless_done(source, writing, outcome, decide))
                case Failure(ConflictingCommit(())):
                    return (yield from self._ahead(source, folded))
                case _:
                    return outcome

    def _ahead(
        self, source: Evolves[S, E], folded: Folded[S, E]
    ) -> Plan[Outcome[Folded[S, E], Impossible | AheadOfStream]]:
        """What it means that the writer was refused, though nobody has committed since."""
        loaded = yield from self.load(source, folded.head.stream_id, anew=True)
        if isinstance(loaded, Failure):
            return loaded
        return Failure(AheadOfStream(folded.revision, loaded.unwrap().revision))

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
        snapshot = self.snapshotting.made(source, attrs.evolve(folded, state=state)) if is_due else None
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
                after: Folded[S, E] = Folded(state, head)
                self.remember(source, after, stored.commit_id)
                if snapshot is not None:
                    yield from self.snapshotting.keep(source, snapshot, head)
                return Success(after)
            case Failure() as rejection:
                return rejection

    def _caught_up(
        self, source: Evolves[S, E], folded: Folded[S, E], committed: tuple[Commit, ...]
    ) -> Plan[Outcome[Folded[S, E], Impossible]]:
        """The state after what others committed: folded in if it fits, else loaded anew.

        Anew, since what was kept of it may be what put the writer ahead of a purged stream.
        """
        if committed and (committed[0].first_revision, committed[0].commit_sequence) == _next(folded.head):
            return _followed(source, folded, committed)
        return (yield from self.load(source, folded.head.stream_id, anew=True))


def _next(head: Head) -> tuple[int, int]:
    return head.revision + 1, head.sequence + 1


def _followed(
    source: Evolves[S, E], folded: Folded[S, E], committed: tuple[Commit, ...]
) -> Outcome[Folded[S, E], Impossible]:
    bodies = (body for commit in committed for body in commit.bodies)
    return onward(source, folded, bodies, Head.after(committed[-1]))
