"""Folds, conflicts and snapshots: the pure functions that decide."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen

from aett import (
    Aggregate,
    Commit,
    ConflictDetector,
    ConflictingCommit,
    Failure,
    Folded,
    Head,
    Impossible,
    NonConflictingCommit,
    Result,
    Snapshot,
    Success,
    UnsupportedType,
    accept,
    commutes,
    conflicts_if,
    fold,
)


@frozen
class Added:
    amount: int


@frozen
class Seated:
    seat: str


@frozen
class Total:
    amount: int = 0


def evolve(total: Total, event: Added) -> Result[Total, Impossible]:
    if event.amount < 0:
        return Failure(Impossible("amounts are positive"))
    return Success(Total(total.amount + event.amount))


def decide(_: Total, command: int) -> Result[tuple[Added, ...], str]:
    return accept(Added(command))


TOTAL = Aggregate(name="total", initial=Total(), evolve=evolve, decide=decide)


def aggregate(**changes: Any) -> Aggregate[Any, Any, Any, Any]:
    fields: dict[str, Any] = {"name": "total", "initial": Total(), "evolve": evolve, "decide": decide}
    return Aggregate(**(fields | changes))


def test_a_fold_begins_with_the_initial_state() -> None:
    assert fold(TOTAL, []) == Success(Total())
    assert fold(TOTAL, [Added(1), Added(2)]) == Success(Total(3))


def test_a_fold_goes_on_from_a_state_even_if_that_is_none() -> None:
    seen: list[Any] = []

    def watch(state: Any, _: Any) -> Result[Any, Impossible]:
        seen.append(state)
        return Success(state)

    fold(aggregate(initial="initial", evolve=watch, state=str | None), [1], state=None)
    assert seen == [None]


def test_an_event_that_cannot_follow_is_named_by_its_revision() -> None:
    events = [Added(1), Added(-1), Added(1)]
    assert fold(TOTAL, events) == Failure(Impossible("amounts are positive", 2))
    assert fold(TOTAL, events, revision=10) == Failure(Impossible("amounts are positive", 12))


@pytest.mark.parametrize("wrong", [lambda *_: Total(), lambda *_: None, lambda *_: Failure("no")])
def test_an_evolve_that_gives_no_result_is_a_type_error_that_names_the_event(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"total: evolve must give .* for the Added at revision 1"):
        fold(aggregate(evolve=wrong), [Added(1)])


# Conflicts


def commit(*events: object, head: Head = Head("t", "s"), number: int = 1) -> Commit:  # noqa: B008  # immutable
    return head.commit(*events, commit_id=UUID(int=number), stamp=datetime(2026, 1, 1, tzinfo=UTC))


def same_seat(mine: Seated, theirs: Seated) -> bool:
    return mine.seat == theirs.seat


def test_a_pair_without_a_rule_conflicts() -> None:
    assert isinstance(ConflictDetector().judge(commit(Added(1)), [commit(Added(2))]), ConflictingCommit)


def test_a_commuting_pair_commutes_both_ways() -> None:
    detector = ConflictDetector(commutes(Added, Seated))
    assert not detector.conflict(Added(1), Seated("A"))
    assert not detector.conflict(Seated("A"), Added(1))
    assert detector.conflict(Added(1), Added(1))


def test_a_rule_decides_on_the_two_events() -> None:
    detector = ConflictDetector(conflicts_if(Seated, Seated, same_seat))
    theirs = [commit(Seated("A")), commit(Seated("B"), head=Head("t", "s", 1, 1))]
    assert detector.judge(commit(Seated("C")), theirs) == NonConflictingCommit(tuple(theirs))
    assert detector.judge(commit(Seated("C"), Seated("B")), theirs) == ConflictingCommit(tuple(theirs))


def test_of_several_rules_any_may_find_the_conflict() -> None:
    detector = ConflictDetector(commutes(Seated, Seated), conflicts_if(Seated, Seated, same_seat))
    assert detector.conflict(Seated("A"), Seated("A"))
    assert not detector.conflict(Seated("A"), Seated("B"))


def test_who_saw_another_history_or_none_at_all_always_conflicts() -> None:
    detector = ConflictDetector(commutes(Added, Added))
    mine = commit(Added(1), head=Head("t", "s", 4, 2))
    assert detector.judge(mine, []) == ConflictingCommit(())
    cut = commit(Added(1), Added(2), head=Head("t", "s", 3, 2))
    assert isinstance(detector.judge(mine, [cut]), ConflictingCommit)
    assert isinstance(detector.judge(mine, [commit(Added(2), head=Head("t", "s", 4, 2))]), NonConflictingCommit)


# Snapshots


FOLDED: Folded[Total, Added] = Folded(Total(5), Head("t", "s", 3, 2, 7))


def test_a_snapshot_restores_the_state_and_its_head() -> None:
    assert Snapshot.of(TOTAL, FOLDED).restore(TOTAL) == FOLDED


@pytest.mark.parametrize("changes", [{"name": "sum"}, {"version": 2}, {"initial": 0, "state": int}])
def test_a_snapshot_of_another_shape_is_a_miss(changes: dict[str, Any]) -> None:
    assert Snapshot.of(TOTAL, FOLDED).restore(aggregate(**changes)) is None


def test_a_snapshot_of_a_state_with_another_attribute_is_a_miss() -> None:
    @frozen
    class Total:  # the same name, another shape
        amount: int = 0
        currency: str = "EUR"

    assert Snapshot.of(TOTAL, FOLDED).restore(aggregate(initial=Total())) is None


def test_an_unreadable_snapshot_is_a_miss() -> None:
    good = Snapshot.of(TOTAL, FOLDED)
    assert Snapshot(good.head, good.fingerprint, b"{").restore(TOTAL) is None


def test_a_state_of_several_classes_is_declared() -> None:
    @frozen
    class Closed:
        at: int

    source = aggregate(state=Total | Closed)
    folded: Folded[Any, Any] = Folded(Closed(3), FOLDED.head)
    assert Snapshot.of(source, folded).restore(source) == folded
    with pytest.raises(UnsupportedType):
        Snapshot.of(TOTAL, folded)
