"""How sagas remember which commands are done, walked with scripted answers."""

from __future__ import annotations

from typing import Any

import pytest
from till import WATCH, Notify, PaidIn, PaidOut
from walking import FULL, GIVEN, MINE, NOW, SAGAS, TEN, THEIRS, committed, walk

from aett import ConflictingCommit, DuplicateCommit, Failure, Head, InvalidIdentifier, Page, Success, Undispatched
from aett.application.saga_plans import SagaPlans
from aett.application.steps import Append, Find, NextCommit, NextPage, OpenCommits, OpenPages
from aett.core.dispatched import Dispatched
from aett.core.headers import EMPTY
from aett.core.plan import Step

PLACE = Head("t", "s/dispatched")


def done(*marks: Dispatched, stale: bool = False) -> list[tuple[Step[Any], Any]]:
    """The reading of a saga's progress, and whether it is that of the history that there is."""
    head = Head("t", PLACE.stream_id, len(marks), len(marks))
    pages = [Page(head, marks)] if marks else []
    opened: tuple[Step[Any], Any] = (OpenPages("t", PLACE.stream_id), "marks")
    read: list[tuple[Step[Any], Any]] = [opened, *((NextPage("marks"), page) for page in (*pages, None))]
    if not marks:
        return read
    return [*read, held(marks[-1], absent=stale)]


def held(mark: Dispatched, *, absent: bool = False) -> tuple[Step[Any], Any]:
    """The look whether the saga's history holds the commit of this mark."""
    head = Head("t", "s", mark.sequence - 1, mark.sequence - 1)
    return Find("t", "s", mark.commit_id), None if absent else committed(head, PaidIn(1), commit_id=mark.commit_id)


def command(sequence: int, index: int) -> Undispatched[Notify]:
    return Undispatched(Notify("x"), THEIRS, sequence, index)


# Transitions


def test_a_transition_repeated_is_success() -> None:
    mine = FULL.head.commit(PaidOut(1), commit_id=GIVEN, stamp=NOW)
    outcome = walk(
        SAGAS.transition(WATCH, "s", PaidOut(1), GIVEN, EMPTY),
        *TEN,
        (Append(mine), Failure(DuplicateCommit(mine))),
        *TEN,
    )
    assert outcome == Success(FULL)


def test_another_event_under_the_id_of_a_transition_is_a_duplicate() -> None:
    first = FULL.head.commit(PaidOut(1), commit_id=GIVEN, stamp=NOW)
    other = FULL.head.commit(PaidOut(2), commit_id=GIVEN, stamp=NOW)
    outcome = walk(
        SAGAS.transition(WATCH, "s", PaidOut(2), GIVEN, EMPTY),
        *TEN,
        (Append(other), Failure(DuplicateCommit(first))),
    )
    assert outcome == Failure(DuplicateCommit(first))


def test_a_transition_repeated_is_success_even_where_it_could_not_follow_itself() -> None:
    earlier = committed(Head("t", "s", 1, 1), PaidOut(11), commit_id=GIVEN)
    outcome = walk(
        SAGAS.transition(WATCH, "s", PaidOut(11), GIVEN, EMPTY), *TEN, (Find("t", "s", GIVEN), earlier), *TEN
    )
    assert outcome == Success(FULL)


def test_transitions_are_repeated_a_bounded_number_of_times() -> None:
    sagas = SagaPlans(tenant_id="t", clock=lambda: NOW, new_id=lambda: MINE, attempts=1)
    conflict = Failure(ConflictingCommit((committed(FULL.head, PaidIn(5), commit_id=THEIRS),)))
    mine = committed(FULL.head, PaidOut(1))
    assert walk(sagas.transition(WATCH, "s", PaidOut(1), None, EMPTY), *TEN, (Append(mine), conflict)) == conflict


def test_the_longest_id_of_a_saga_leaves_room_for_its_progress_and_no_more() -> None:
    walk(SAGAS.open_undispatched("s"), *done(), (OpenCommits("t", "s", 1), "commits"))
    longest = "s" * (255 - len("/dispatched"))
    assert next(SAGAS.transition(WATCH, longest, PaidIn(1), None, EMPTY)) == OpenPages("t", longest)
    with pytest.raises(InvalidIdentifier):
        next(SAGAS.transition(WATCH, f"{longest}s", PaidIn(1), None, EMPTY))


# Reading commands back


def test_reading_begins_at_the_commit_of_the_last_command_that_is_done() -> None:
    plan = SAGAS.open_undispatched("s")
    opened = walk(
        plan, *done(Dispatched(THEIRS, 1, 0), Dispatched(THEIRS, 7, 2)), (OpenCommits("t", "s", 7), "commits")
    )
    assert opened == ("commits", (7, 2))


def test_marks_of_a_history_that_was_purged_hide_nothing() -> None:
    old = Dispatched(GIVEN, 7, 2)
    opened = walk(SAGAS.open_undispatched("s"), *done(old, stale=True), (OpenCommits("t", "s", 1), "commits"))
    assert opened == ("commits", (0, 0))
    behind = Head("t", PLACE.stream_id, 1, 1)
    mine = committed(behind, Dispatched(THEIRS, 1, 0))
    plan = SAGAS.mark_dispatched("s", command(1, 0))
    script = [held(Dispatched(THEIRS, 1, 0)), *done(old, stale=True), (Append(mine), Success(mine))]
    assert walk(plan, *script) == Success(command(1, 0))


def test_of_the_commit_that_is_partly_done_the_rest_is_given() -> None:
    commands = (Notify("a"), Notify("b"), Notify("c"))
    half = FULL.head.commit(PaidIn(1), commit_id=THEIRS, stamp=NOW, commands=commands)
    found = walk(SAGAS.next_undispatched(WATCH, "commits", (3, 1)), (NextCommit("commits"), half))
    assert found == (Undispatched(Notify("c"), THEIRS, 3, 2),)


def test_a_commit_without_commands_does_not_end_the_reading() -> None:
    bare = committed(FULL.head, PaidOut(1))
    assert walk(SAGAS.next_undispatched(WATCH, "commits", (0, 0)), (NextCommit("commits"), bare)) == ()
    assert walk(SAGAS.next_undispatched(WATCH, "commits", (0, 0)), (NextCommit("commits"), None)) is None


# Marking


@pytest.mark.parametrize("again", [(7, 2), (7, 1), (6, 9)])
def test_what_is_done_already_is_not_marked_again(again: tuple[int, int]) -> None:
    mark = command(*again)
    script = [held(Dispatched(THEIRS, *again)), *done(Dispatched(THEIRS, 7, 2))]
    assert walk(SAGAS.mark_dispatched("s", mark), *script) == Success(mark)


@pytest.mark.parametrize("sequence", [1, 2])
def test_a_command_that_the_saga_does_not_hold_is_not_marked(sequence: int) -> None:
    mine = Dispatched(THEIRS, 1, 0)
    found = held(mine, absent=sequence == mine.sequence)
    outcome = walk(SAGAS.mark_dispatched("s", command(sequence, 0)), found)
    assert outcome == Failure(ConflictingCommit(()))


def test_a_dispatcher_that_is_overtaken_marks_behind_the_other() -> None:
    mark = Dispatched(THEIRS, 1, 1)
    other = PLACE.commit(Dispatched(THEIRS, 1, 0), commit_id=THEIRS, stamp=NOW)
    mine, again = (
        committed(PLACE, Dispatched(THEIRS, 1, 1)),
        committed(Head.after(other), Dispatched(THEIRS, 1, 1)),
    )
    outcome = walk(
        SAGAS.mark_dispatched("s", command(1, 1)),
        held(mark),
        *done(),
        (Append(mine), Failure(ConflictingCommit((other,)))),
        (Append(again), Success(again)),
    )
    assert outcome == Success(command(1, 1))


def test_a_dispatcher_that_is_overtaken_by_one_ahead_marks_nothing() -> None:
    mark = Dispatched(THEIRS, 1, 1)
    other = PLACE.commit(Dispatched(THEIRS, 2, 0), commit_id=THEIRS, stamp=NOW)
    outcome = walk(
        SAGAS.mark_dispatched("s", command(1, 1)),
        held(mark),
        *done(),
        (Append(committed(PLACE, Dispatched(THEIRS, 1, 1))), Failure(ConflictingCommit((other,)))),
    )
    assert outcome == Success(command(1, 1))


def test_a_mark_that_was_not_stored_is_not_called_done() -> None:
    sagas = SagaPlans(tenant_id="t", clock=lambda: NOW, new_id=lambda: MINE, attempts=1)
    conflict = Failure(ConflictingCommit((PLACE.commit(Dispatched(THEIRS, 1, 0), commit_id=THEIRS, stamp=NOW),)))
    mark = Dispatched(THEIRS, 1, 1)
    script = [held(mark), *done(), (Append(committed(PLACE, mark)), conflict)]
    assert walk(sagas.mark_dispatched("s", command(1, 1)), *script) == conflict
