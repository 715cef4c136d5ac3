"""The repositories' plans, walked with scripted answers: no store at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import attrs
import pytest
from attrs import frozen
from till import TILL, WATCH, Notify, PaidIn, PaidOut, Till, TooLittle
from walking import FULL, GIVEN, NOW, SAGAS, TEN, THEIRS, answered, committed, loading, plans, walk

from aett import (
    MAX_REVISION,
    AheadOfStream,
    ConflictingCommit,
    DuplicateCommit,
    Failure,
    Folded,
    Head,
    Impossible,
    InvalidCommit,
    InvalidIdentifier,
    NonConflictingCommit,
    Page,
    Snapshot,
    StorageUnavailable,
    Success,
    UnsupportedType,
    every,
)
from aett.application.steps import AddSnapshot, Append, Find, NewestSnapshot, NextPage, OpenPages
from aett.core.headers import EMPTY
from aett.core.plan import Step

EMPTY_TILL: Folded[Till, Any] = Folded(Till(), Head("t", "s"))


def changed(source: Any, **changes: Any) -> Any:
    """The aggregate or saga with something wrong about it."""
    return attrs.evolve(source, **changes)


# Loading


def test_a_stream_is_folded_page_by_page() -> None:
    first, second = Page(Head("t", "s", 1, 1, 3), (PaidIn(4),)), Page(FULL.head, (PaidIn(6),))
    assert walk(plans().load(TILL, "s"), *loading(first, second)) == Success(FULL)


def test_an_empty_stream_gives_the_initial_state() -> None:
    assert walk(plans().load(TILL, "s"), *loading()) == Success(EMPTY_TILL)


def test_a_load_begins_behind_the_newest_snapshot() -> None:
    tail = Page(Head("t", "s", 3, 3, 9), (PaidOut(1),))
    outcome = walk(
        plans(has_snapshots=True).load(TILL, "s", max_revision=7),
        (NewestSnapshot("t", "s", 7), Snapshot.of(TILL, FULL)),
        *loading(tail, low=3, high=7),
    )
    assert outcome == Success(Folded(Till(9), tail.head))


def test_a_snapshot_of_another_shape_is_passed_over() -> None:
    alien = Snapshot(FULL.head, "another", b"{}")
    outcome = walk(
        plans(has_snapshots=True).load(TILL, "s", max_revision=7),
        (NewestSnapshot("t", "s", 7), alien),
        *loading(Page(FULL.head, (PaidIn(10),)), high=7),
    )
    assert outcome == Success(FULL)


def test_a_load_by_time_trusts_no_snapshot() -> None:
    step = OpenPages("t", "s", 1, max_time=NOW)
    plan = plans(has_snapshots=True).load(TILL, "s", max_time=NOW)
    assert walk(plan, (step, "pages"), (NextPage("pages"), None)) == Success(EMPTY_TILL)


def test_an_impossible_history_is_told_with_its_revision() -> None:
    impossible = Page(FULL.head, (PaidIn(1), PaidOut(2)))
    outcome = walk(plans().load(TILL, "s"), *loading(impossible)[:2])
    assert outcome == Failure(Impossible("a till holds no less than nothing", 2))


# Saving


def test_saving_nothing_asks_for_nothing() -> None:
    assert walk(plans().save(TILL, FULL, (), None, EMPTY)) == Success(FULL)


def test_saving_appends_behind_the_head_and_gives_the_new_one() -> None:
    mine = committed(FULL.head, PaidIn(1))
    plan = plans().save(TILL, FULL, (PaidIn(1),), None, EMPTY)
    stored = Success(committed(FULL.head, PaidIn(1)))
    assert walk(plan, (Append(mine), stored)) == Success(Folded(Till(11), Head("t", "s", 3, 3)))


def test_an_impossible_history_is_never_written() -> None:
    outcome = walk(plans().save(TILL, FULL, (PaidOut(11),), None, EMPTY))
    assert outcome == Failure(Impossible("a till holds no less than nothing", 3))


def test_what_does_not_conflict_is_folded_in_and_the_save_repeated_with_its_id() -> None:
    theirs = committed(FULL.head, PaidIn(5), commit_id=THEIRS)
    again = committed(Head.after(theirs), PaidIn(1))
    outcome = walk(
        plans().save(TILL, FULL, (PaidIn(1),), None, EMPTY),
        (Append(committed(FULL.head, PaidIn(1))), Failure(NonConflictingCommit((theirs,)))),
        (Append(again), Success(again)),
    )
    assert outcome == Success(Folded(Till(16), Head.after(again)))


def test_what_became_impossible_meanwhile_is_not_written() -> None:
    theirs = committed(FULL.head, PaidOut(8), commit_id=THEIRS)
    outcome = walk(
        plans().save(TILL, FULL, (PaidOut(5),), None, EMPTY),
        (Append(committed(FULL.head, PaidOut(5))), Failure(NonConflictingCommit((theirs,)))),
    )
    assert outcome == Failure(Impossible("a till holds no less than nothing", 4))


def test_a_save_is_repeated_a_bounded_number_of_times() -> None:
    theirs = committed(FULL.head, PaidIn(5), commit_id=THEIRS)
    more = committed(Head.after(theirs), PaidIn(5), commit_id=UUID(int=4))
    outcome = walk(
        plans(attempts=2).save(TILL, FULL, (PaidIn(1),), None, EMPTY),
        (Append(committed(FULL.head, PaidIn(1))), Failure(NonConflictingCommit((theirs,)))),
        (Append(committed(Head.after(theirs), PaidIn(1))), Failure(NonConflictingCommit((more,)))),
    )
    assert outcome == Failure(NonConflictingCommit((more,)))


def test_a_conflict_is_the_caller_s() -> None:
    conflict = Failure(ConflictingCommit((committed(FULL.head, PaidOut(5), commit_id=THEIRS),)))
    plan = plans().save(TILL, FULL, (PaidIn(1),), None, EMPTY)
    assert walk(plan, (Append(committed(FULL.head, PaidIn(1))), conflict)) == conflict


def test_a_retry_of_a_save_that_succeeded_is_success() -> None:
    mine = committed(FULL.head, PaidIn(1), commit_id=GIVEN)
    outcome = walk(
        plans().save(TILL, FULL, (PaidIn(1),), GIVEN, EMPTY),
        (Append(mine), Failure(DuplicateCommit(mine))),
        *loading(Page(Head("t", "s", 4, 4, 8), (PaidIn(10), PaidIn(1), PaidIn(2)))),
    )
    assert outcome == Success(Folded(Till(13), Head("t", "s", 4, 4, 8)))


def test_another_save_under_the_same_id_is_a_duplicate() -> None:
    other = Failure(DuplicateCommit(committed(FULL.head, PaidIn(99), commit_id=GIVEN)))
    plan = plans().save(TILL, FULL, (PaidIn(1),), GIVEN, EMPTY)
    assert walk(plan, (Append(committed(FULL.head, PaidIn(1), commit_id=GIVEN)), other)) == other


def test_a_retry_of_a_save_is_known_by_its_attributes_whatever_their_equality_says() -> None:
    @attrs.frozen(eq=False)
    class Odd:
        amount: int

    odd = changed(TILL, evolve=lambda till, _: Success(till))
    stored = committed(FULL.head, Odd(1), commit_id=GIVEN)
    duplicate = Failure(DuplicateCommit(stored))
    again = plans().save(odd, FULL, (Odd(1),), GIVEN, EMPTY)
    after = [answer for _, answer in loading(Page(FULL.head, (Odd(1),)))]
    assert isinstance(answered(again, duplicate, *after), Success)
    other = plans().save(odd, FULL, (Odd(2),), GIVEN, EMPTY)
    assert isinstance(answered(other, duplicate).failure(), DuplicateCommit)


def test_a_state_of_another_tenant_is_refused() -> None:
    foreign: Folded[Till, Any] = Folded(Till(), Head("other", "s"))
    with pytest.raises(InvalidCommit, match="tenant 'other' in the repository of 't'"):
        walk(plans().save(TILL, foreign, (PaidIn(1),), None, EMPTY))


# Executing


def execute(change: int, *script: tuple[Step[Any], Any], given: bool = False, **options: Any) -> Any:
    expected = options.pop("expected_revision", None)
    plan = plans(**options).execute(TILL, "s", change, GIVEN if given else None, EMPTY, expected)
    return walk(plan, *script)


def test_a_refusal_is_the_aggregate_s_own() -> None:
    assert execute(-11, *TEN) == Failure(TooLittle(1))


def test_an_empty_decision_writes_nothing() -> None:
    assert execute(0, *TEN) == Success(FULL)


def test_who_is_overtaken_decides_again_on_the_new_state() -> None:
    theirs = committed(FULL.head, PaidOut(8), commit_id=THEIRS)
    overtaken = (Append(committed(FULL.head, PaidOut(5))), Failure(ConflictingCommit((theirs,))))
    assert execute(-5, *TEN, overtaken) == Failure(TooLittle(3))


def test_who_was_ahead_of_the_stream_loads_it_anew_without_snapshots() -> None:
    snapshot = Snapshot.of(TILL, FULL)
    ahead = (Append(committed(FULL.head, PaidIn(1))), Failure(ConflictingCommit(())))
    again = committed(EMPTY_TILL.head, PaidIn(1))
    outcome = execute(
        1,
        (NewestSnapshot("t", "s", 2**63 - 1), snapshot),
        *loading(low=3),
        ahead,
        *loading(),
        (Append(again), Success(again)),
        has_snapshots=True,
    )
    assert outcome == Success(Folded(Till(1), Head.after(again)))


def test_decisions_are_repeated_a_bounded_number_of_times() -> None:
    theirs = committed(FULL.head, PaidIn(5), commit_id=THEIRS)
    overtaken = (Append(committed(FULL.head, PaidIn(1))), Failure(ConflictingCommit((theirs,))))
    assert execute(1, *TEN, overtaken, attempts=1) == Failure(ConflictingCommit((theirs,)))


@pytest.mark.parametrize("change", [-11, 0])
def test_before_it_refuses_a_repeated_command_it_looks_the_id_up(change: int) -> None:
    before = Page(Head("t", "s", 5, 5), (PaidIn(20),))
    found = (Find("t", "s", GIVEN), committed(before.head, PaidOut(11), commit_id=GIVEN))
    if change:
        assert execute(change, *TEN, found, *loading(before, high=5), *TEN, given=True) == Success(FULL)
    unknown = (Find("t", "s", GIVEN), None)
    outcome = execute(change, *TEN, unknown, given=True)
    assert outcome == (Failure(TooLittle(1)) if change else Success(FULL))


def test_a_retry_of_a_command_that_succeeded_is_success() -> None:
    mine = committed(FULL.head, PaidIn(1), commit_id=GIVEN)
    before = loading(Page(FULL.head, (PaidIn(10),)), high=2)
    duplicate = (Append(mine), Failure(DuplicateCommit(mine)))
    assert execute(1, *TEN, duplicate, *before, *TEN, given=True) == Success(FULL)


def test_who_relied_on_a_revision_decides_there_and_the_detector_judges() -> None:
    seen = loading(Page(FULL.head, (PaidIn(10), PaidOut(0))), high=2)
    theirs = committed(FULL.head, PaidIn(5), commit_id=THEIRS)
    mine, again = committed(FULL.head, PaidIn(1)), committed(Head.after(theirs), PaidIn(1))
    conflict = Failure(ConflictingCommit((theirs,)))
    assert execute(1, *seen, (Append(mine), conflict), expected_revision=2) == conflict
    harmless = Failure(NonConflictingCommit((theirs,)))
    outcome = execute(1, *seen, (Append(mine), harmless), (Append(again), Success(again)), expected_revision=2)
    assert outcome == Success(Folded(Till(16), Head.after(again)))


def test_who_relied_on_a_revision_that_is_not_there_is_told_so() -> None:
    page = Page(FULL.head, (PaidIn(10), PaidOut(0)))
    outcome = execute(1, *loading(page, high=3), expected_revision=3)
    assert outcome == Failure(AheadOfStream(3, 2))


def test_no_revision_is_below_0() -> None:
    with pytest.raises(ValueError, match="expected_revision must be 0 or more, not -1"):
        execute(1, expected_revision=-1)


def test_a_decide_that_gives_no_decision_is_a_type_error_that_names_the_command() -> None:
    for wrong in (None, Success([PaidIn(1)]), (PaidIn(1),)):
        broken = changed(TILL, decide=lambda *_, w=wrong: w)
        with pytest.raises(TypeError, match=r"till: decide must give accept.* for the int"):
            walk(plans().execute(broken, "s", 1, None, EMPTY, None), *TEN)


# Snapshots by policy


def test_a_write_that_passes_a_multiple_is_followed_by_a_snapshot() -> None:
    mine = committed(FULL.head, PaidIn(1), PaidIn(1))
    kept = Snapshot.of(TILL, Folded(Till(12), Head.after(mine)))
    plan = plans(has_snapshots=True, snapshots=every(3)).save(TILL, FULL, (PaidIn(1), PaidIn(1)), None, EMPTY)
    outcome = walk(plan, (Append(mine), Success(mine)), (AddSnapshot(kept), None))
    assert outcome == Success(Folded(Till(12), Head.after(mine)))


def test_a_snapshot_that_cannot_be_kept_does_not_undo_the_write(caplog: pytest.LogCaptureFixture) -> None:
    mine = committed(FULL.head, PaidIn(1))
    kept = Snapshot.of(TILL, Folded(Till(11), Head.after(mine)))
    plan = plans(has_snapshots=True, snapshots=every(1)).save(TILL, FULL, (PaidIn(1),), None, EMPTY)
    outcome = walk(plan, (Append(mine), Success(mine)), (AddSnapshot(kept), StorageUnavailable("full")))
    assert outcome == Success(Folded(Till(11), Head.after(mine)))
    assert "stream 's', revision 3 (told once for each aggregate): StorageUnavailable: full" in caplog.text


def test_a_state_of_another_class_than_the_initial_one_does_not_stop_the_aggregate(
    caplog: pytest.LogCaptureFixture,
) -> None:
    odd = changed(TILL, initial=1, evolve=lambda *_: Success(object()))
    repository = plans(has_snapshots=True, snapshots=every(1))
    mine = committed(FULL.head, PaidIn(1))
    for _ in range(2):
        plan = repository.save(odd, Folded(1, FULL.head), (PaidIn(1),), None, EMPTY)
        assert walk(plan, (Append(mine), Success(mine))).unwrap().head == Head.after(mine)
    assert caplog.text.count("no snapshot was made") == 1


def test_a_snapshot_store_that_fails_does_not_fail_the_load(caplog: pytest.LogCaptureFixture) -> None:
    repository = plans(has_snapshots=True, snapshots=every(1))
    for error in (StorageUnavailable("away"), RuntimeError("broken")):
        plan = repository.load(TILL, "s")
        newest = NewestSnapshot("t", "s", MAX_REVISION)
        assert walk(plan, (newest, error), *TEN) == Success(FULL)
    assert caplog.text.count("no snapshot was read") == 1


class Door:
    """No data."""


@frozen
class Unkept:
    """A state with something that is no data."""

    door: Door


def test_an_aggregate_whose_states_can_never_be_kept_is_refused_when_it_is_met() -> None:
    odd = changed(TILL, initial=Unkept(Door()))
    repository = plans(has_snapshots=True)
    for plan in (
        repository.load(odd, "s"),
        repository.execute(odd, "s", 1, None, EMPTY, None),
        repository.save(odd, Folded(Unkept(Door()), FULL.head), (PaidIn(1),), None, EMPTY),
    ):
        with pytest.raises(UnsupportedType, match=r"till: its states cannot be kept .*Unkept.door.*`state=`"):
            walk(plan)
    answered(plans().load(odd, "s"), None, None)  # who keeps no snapshots need not care


def test_the_multiples_of_a_policy() -> None:
    assert [every(3).due(before, before + 1) for before in range(7)] == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
    ]
    assert every(3).due(1, 9)


@pytest.mark.parametrize("revisions", [0, 1.5, True, float("nan")])
def test_what_is_no_interval_is_refused(revisions: Any) -> None:
    with pytest.raises(ValueError, match="the revisions between snapshots must be an int of at least 1"):
        every(revisions)


@pytest.mark.parametrize("attempts", [0, True, "3", float("nan")])
def test_what_is_no_number_of_attempts_is_refused(attempts: Any) -> None:
    with pytest.raises(ValueError, match="attempts must be an int of at least 1"):
        plans(attempts=attempts)


def test_a_policy_without_a_place_for_snapshots_is_refused() -> None:
    with pytest.raises(ValueError, match="without a snapshot store"):
        plans(snapshots=every(3))
    with pytest.raises(TypeError, match="snapshots must be every"):
        plans(snapshots=3)


# Sagas


def test_a_transition_stores_the_event_and_what_it_causes_in_one_commit() -> None:
    mine = committed(FULL.head, PaidIn(1), commands=(Notify("1 in"), Notify("11 now")))
    outcome = walk(SAGAS.transition(WATCH, "s", PaidIn(1), None, EMPTY), *TEN, (Append(mine), Success(mine)))
    assert outcome == Success(Folded(Till(11), Head.after(mine)))


def test_a_transition_that_is_overtaken_reacts_again() -> None:
    theirs = committed(FULL.head, PaidIn(5), commit_id=THEIRS)
    mine = committed(FULL.head, PaidIn(1), commands=(Notify("1 in"), Notify("11 now")))
    again = committed(Head.after(theirs), PaidIn(1), commands=(Notify("1 in"), Notify("16 now")))
    outcome = walk(
        SAGAS.transition(WATCH, "s", PaidIn(1), None, EMPTY),
        *TEN,
        (Append(mine), Failure(NonConflictingCommit((theirs,)))),
        (Append(again), Success(again)),
    )
    assert outcome == Success(Folded(Till(16), Head.after(again)))


def test_a_transition_that_cannot_be_is_not_written() -> None:
    outcome = walk(SAGAS.transition(WATCH, "s", PaidOut(11), None, EMPTY), *TEN)
    assert outcome == Failure(Impossible("a till holds no less than nothing", 3))


def test_a_saga_s_id_leaves_room_for_its_progress() -> None:
    with pytest.raises(InvalidIdentifier):
        walk(SAGAS.transition(WATCH, "s" * 250, PaidIn(1), None, EMPTY))


def test_a_saga_s_id_is_not_that_of_another_s_progress() -> None:
    with pytest.raises(InvalidIdentifier, match="cannot end in '/dispatched'"):
        walk(SAGAS.transition(WATCH, "s/dispatched", PaidIn(1), None, EMPTY))


def test_a_react_that_gives_no_tuple_is_a_type_error_that_names_the_event() -> None:
    broken = changed(WATCH, react=lambda *_: [Notify("x")])
    with pytest.raises(TypeError, match="watch: react must give a tuple .* for the PaidIn"):
        walk(SAGAS.transition(broken, "s", PaidIn(1), None, EMPTY), *TEN)
