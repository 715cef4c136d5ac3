"""What an aggregate repository's plans do at the edges: every scripted step must be asked for."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from till import TILL, PaidIn, PaidOut, Till
from walking import FULL, GIVEN, LATER, TEN, THEIRS, committed, loading, plans, walk

from aett import (
    AheadOfStream,
    CommitTooLarge,
    ConflictingCommit,
    DuplicateCommit,
    Failure,
    Folded,
    Head,
    Impossible,
    NonConflictingCommit,
    Page,
    Snapshot,
    Success,
    accept,
    every,
)
from aett.application.steps import AddSnapshot, Append, Find, OpenPages
from aett.core.headers import EMPTY
from aett.core.plan import Plan

TOO_MUCH = Impossible("a till holds no less than nothing", 3)


BROKEN = loading(Page(FULL.head, (PaidIn(4), PaidOut(6))))[:2]


def save(*events: Any, given: bool = False, **options: Any) -> Plan[Any]:
    return plans(**options).save(TILL, FULL, events, GIVEN if given else None, EMPTY)


def execute(change: int, *, given: bool = False, at: int | None = None, till: Any = TILL) -> Plan[Any]:
    return plans().execute(till, "s", change, GIVEN if given else None, EMPTY, at)


# Saving


def test_a_save_repeated_on_a_state_that_holds_it_already_is_success() -> None:
    earlier = committed(Head("t", "s", 1, 1), PaidOut(11), commit_id=GIVEN)
    outcome = walk(save(PaidOut(11), given=True), (Find("t", "s", GIVEN), earlier), *TEN)
    assert outcome == Success(FULL)


def test_another_save_under_the_id_of_an_impossible_one_is_a_duplicate() -> None:
    earlier = committed(Head("t", "s", 1, 1), PaidIn(99), commit_id=GIVEN)
    outcome = walk(save(PaidOut(11), given=True), (Find("t", "s", GIVEN), earlier))
    assert outcome == Failure(DuplicateCommit(earlier))


def test_an_impossible_save_under_a_new_id_stays_impossible() -> None:
    assert walk(save(PaidOut(11), given=True), (Find("t", "s", GIVEN), None)) == Failure(TOO_MUCH)


def test_an_impossible_save_without_the_caller_s_id_is_not_looked_up() -> None:
    assert walk(save(PaidOut(11))) == Failure(TOO_MUCH)


def test_all_that_others_committed_is_folded_in() -> None:
    one = committed(FULL.head, PaidIn(5), commit_id=THEIRS)
    two = committed(Head.after(one), PaidIn(7), commit_id=LATER)
    again = committed(Head.after(two), PaidIn(1))
    outcome = walk(
        save(PaidIn(1)),
        (Append(committed(FULL.head, PaidIn(1))), Failure(NonConflictingCommit((one, two)))),
        (Append(again), Success(again)),
    )
    assert outcome == Success(Folded(Till(23), Head.after(again)))


def test_a_commit_that_is_too_large_is_the_caller_s() -> None:
    too_large = Failure(CommitTooLarge(9, 8))
    assert walk(save(PaidIn(1)), (Append(committed(FULL.head, PaidIn(1))), too_large)) == too_large
    assert walk(execute(1), *TEN, (Append(committed(FULL.head, PaidIn(1))), too_large)) == too_large


# Executing


def test_an_impossible_history_is_told_before_anything_is_decided() -> None:
    impossible = Failure(Impossible("a till holds no less than nothing", 2))
    assert walk(execute(1), *BROKEN) == impossible
    seen = [(OpenPages("t", "s", 1, 2), "pages"), BROKEN[1]]
    assert walk(execute(1, at=2), *seen) == impossible


def test_a_repeated_command_whose_events_cannot_follow_themselves_is_success() -> None:
    rash = attrs.evolve(TILL, decide=lambda *_: accept(PaidOut(11)))
    earlier = committed(Head("t", "s", 1, 1), PaidOut(11), commit_id=GIVEN)
    before = loading(Page(Head("t", "s", 1, 1), (PaidIn(4),)), high=1)
    outcome = walk(execute(-11, given=True, till=rash), *TEN, (Find("t", "s", GIVEN), earlier), *before, *TEN)
    assert outcome == Success(FULL)


def test_a_repeated_command_that_relied_on_a_revision_is_known_by_what_it_decided_there() -> None:
    """It stands behind what did not conflict with it, where it might decide otherwise."""
    theirs = committed(FULL.head, PaidIn(5), commit_id=THEIRS)
    stored = committed(Head.after(theirs), PaidOut(10), commit_id=GIVEN)
    mine = committed(FULL.head, PaidOut(10), commit_id=GIVEN)
    seen = loading(Page(FULL.head, (PaidIn(4), PaidIn(6))), high=2)
    before = loading(Page(Head.after(theirs), (PaidIn(4), PaidIn(6), PaidIn(5))), high=3)
    newest = Page(Head.after(stored), (PaidIn(15), PaidOut(10)))
    duplicate = (Append(mine), Failure(DuplicateCommit(stored)))
    outcome = walk(execute(-10, given=True, at=2), *seen, duplicate, *before, *loading(newest))
    assert outcome == Success(Folded(Till(5), newest.head))


@pytest.mark.parametrize("at", [None, 2])
@pytest.mark.parametrize("another", [PaidIn(2), PaidOut(1)])
def test_another_command_under_the_same_id_is_told(at: int | None, another: Any) -> None:
    stored = committed(FULL.head, another, commit_id=GIVEN)
    mine = committed(FULL.head, PaidIn(1), commit_id=GIVEN)
    seen = TEN if at is None else loading(Page(FULL.head, (PaidIn(4), PaidIn(6))), high=2)
    before = loading(Page(FULL.head, (PaidIn(4), PaidIn(6))), high=2)
    duplicate = Failure(DuplicateCommit(stored))
    assert walk(execute(1, given=True, at=at), *seen, (Append(mine), duplicate), *before) == duplicate


@pytest.mark.parametrize("change", [-11, 0])
def test_a_refused_command_under_the_id_of_another_is_told(change: int) -> None:
    stored = committed(Head("t", "s"), PaidIn(10), commit_id=GIVEN)
    outcome = walk(execute(change, given=True), *TEN, (Find("t", "s", GIVEN), stored))
    assert outcome == Failure(DuplicateCommit(stored))


def test_who_saves_a_state_ahead_of_the_stream_is_told_so() -> None:
    refused = (Append(committed(FULL.head, PaidIn(1))), Failure(ConflictingCommit(())))
    purged = loading(Page(Head("t", "s", 1, 1), (PaidIn(4),)))
    assert walk(save(PaidIn(1)), refused, *purged) == Failure(AheadOfStream(2, 1))


@pytest.mark.parametrize("behind", [Head("t", "s", 1, 1), Head("t", "s", 2, 1)], ids=["revision", "sequence"])
def test_what_does_not_follow_the_head_is_not_folded_in_but_loaded(behind: Head) -> None:
    theirs = committed(behind, PaidIn(7), commit_id=THEIRS)
    newest = Page(Head.after(theirs), (PaidIn(20),))
    again = committed(newest.head, PaidIn(1))
    outcome = walk(
        execute(1),
        *TEN,
        (Append(committed(FULL.head, PaidIn(1))), Failure(ConflictingCommit((theirs,)))),
        *loading(newest),
        (Append(again), Success(again)),
    )
    assert outcome == Success(Folded(Till(21), Head.after(again)))


# Snapshots by policy


def test_a_policy_counts_every_event_of_a_write() -> None:
    mine = committed(FULL.head, PaidIn(1), PaidIn(1))
    saved = Folded[Till, Any](Till(12), Head.after(mine))
    outcome = walk(
        save(PaidIn(1), PaidIn(1), has_snapshots=True, snapshots=every(4)),
        (Append(mine), Success(mine)),
        (AddSnapshot(Snapshot.of(TILL, saved)), None),
    )
    assert outcome == Success(saved)


def test_a_write_that_passes_a_multiple_without_standing_on_it_calls_for_a_snapshot() -> None:
    assert every(3).due(1, 4)
    assert not every(3).due(3, 5)


def test_whatever_is_wrong_with_a_snapshot_store_the_write_has_succeeded() -> None:
    mine = committed(FULL.head, PaidIn(1))
    kept = Snapshot.of(TILL, Folded(Till(11), Head.after(mine)))
    outcome = walk(
        save(PaidIn(1), has_snapshots=True, snapshots=every(1)),
        (Append(mine), Success(mine)),
        (AddSnapshot(kept), RuntimeError("broken")),
    )
    assert outcome == Success(Folded(Till(11), Head.after(mine)))
