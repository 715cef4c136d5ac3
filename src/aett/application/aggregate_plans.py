"""The plans of an aggregate repository."""

from __future__ import annotations

from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import frozen

from aett.application.stream_plans import StreamPlans
from aett.application.writing import AheadOfStream, Decision, WriteRejection
from aett.core.aggregate import Aggregate
from aett.core.errors import InvalidCommit
from aett.core.folded import Folded
from aett.core.headers import Headers
from aett.core.number import whole
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
X = TypeVar("X")


@frozen(kw_only=True)
class AggregatePlans(StreamPlans):
    """Save what the caller decided, or decide and save."""

    def save(
        self,
        aggregate: Aggregate[S, C, E, X],
        folded: Folded[S, E],
        events: tuple[E, ...],
        commit_id: UUID | None,
        headers: Headers,
    ) -> Plan[Outcome[Folded[S, E], WriteRejection]]:
        """Append events that the caller decided on this state."""
        self.met(aggregate)
        _ready(aggregate, folded, events)
        head = folded.head
        if head.tenant_id != self.tenant_id:
            raise InvalidCommit(
                f"{aggregate.name}: a state of tenant {head.tenant_id!r} in the repository of {self.tenant_id!r}"
            )
        if not events:
            return Success(folded)
        writing = self.writing(head.stream_id, commit_id, headers, events)
        return (yield from self.append_following(aggregate, folded, writing, Decision(events)))

    def execute(
        self,
        aggregate: Aggregate[S, C, E, X],
        stream_id: str,
        command: C,
        commit_id: UUID | None,
        headers: Headers,
        expected_revision: int | None,
    ) -> Plan[Outcome[Folded[S, E], X | WriteRejection]]:
        """Decide on the newest state, or on the one that the caller has seen."""
        if expected_revision is not None and whole("expected_revision", expected_revision) < 0:
            raise ValueError(f"expected_revision must be 0 or more, not {expected_revision}")
        writing = self.writing(stream_id, commit_id, headers)

        def decide(seen: Folded[S, E]) -> Outcome[Decision[E], X]:
            return decision_of(aggregate, seen.state, command)

        if expected_revision is None:
            return (yield from self.append_anew(aggregate, writing, decide))
        loaded = yield from self.load(aggregate, stream_id, max_revision=expected_revision)
        if isinstance(loaded, Failure):
            return loaded
        folded = loaded.unwrap()
        if folded.revision != expected_revision:
            return Failure(AheadOfStream(expected_revision, folded.revision))
        decided = yield from self.decided(aggregate, folded, writing, decide)
        if not isinstance(decided, Decision):
            return decided
        return (yield from self.append_following(aggregate, folded, writing, decided))


def _ready(aggregate: Aggregate[S, C, E, X], folded: Folded[S, E], events: tuple[E, ...]) -> None:
    """Refuse what is no state, and events that are still in a list: `TypeError`."""
    if not isinstance(folded, Folded):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        hint = ": unwrap it" if isinstance(folded, (Success, Failure)) else ""
        raise TypeError(
            f"{aggregate.name}: save takes the Folded that get or execute gave, not {type(folded).__name__}{hint}"
        )
    for each in events:
        if type(each) in (list, tuple, set):
            raise TypeError(f"{aggregate.name}: save takes events one by one: save(aggregate, folded, *events)")


def decision_of(aggregate: Aggregate[S, C, E, X], state: S, command: C) -> Outcome[Decision[E], X]:
    """What the aggregate decides; `TypeError`, naming the command, if it is no decision."""
    result = aggregate.decide(state, command)
    match result:
        case Failure():
            return Failure(result.failure())
        case Success() if isinstance(events := cast("Any", result.unwrap()), tuple):
            return Success(Decision(cast("tuple[E, ...]", events)))
        case _:
            raise TypeError(
                f"{aggregate.name}: decide must give accept(...) or a Failure, but gave {type(result).__name__}"
                f" for the {type(command).__name__}"
            )
