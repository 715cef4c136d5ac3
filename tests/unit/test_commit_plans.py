"""The plans of a commit store on SQL, walked with scripted answers: no database, no driver."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen

from aett import (
    Commit,
    CommitTooLarge,
    ConflictDetector,
    ConflictingCommit,
    CorruptStorage,
    DuplicateCommit,
    EventMessage,
    Failure,
    Head,
    NonConflictingCommit,
    Topic,
    TopicMap,
    UnknownTopic,
    commutes,
)
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.statement import Change, Statement
from aett.adapters.sqlite.dialect import dialect
from aett.adapters.store.commits import Commits
from aett.adapters.store.record import Recorder
from aett.core.plan import Plan


@Topic("plans.added")
@frozen
class Added:
    amount: int


@Topic("plans.removed")
@frozen
class Removed:
    amount: int


TOPICS = TopicMap(Added | Removed)
WORDS = dialect("commits", max_commit_size=1000)
RECORDER = Recorder(TOPICS)
STAMP = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
HEAD = Head("tenant", "stream", revision=4, sequence=2, checkpoint=9)


def plans(*, page_size: int = 3) -> Commits:
    return Commits(SqlEngine(WORDS), RECORDER, page_size, ConflictDetector(commutes(Added, Added)))


def commit(number: int, *events: object, head: Head = HEAD) -> Commit:
    return head.commit(*events, commit_id=UUID(int=number), stamp=STAMP)


def row(stored: Commit, checkpoint: int) -> tuple[Any, ...]:
    return tuple(RECORDER.record(stored)._replace(checkpoint=checkpoint))


def walk(plan: Plan[Any], *answers: Any) -> tuple[list[Statement | Change], Any]:
    """The statements that the plan asks for when it is given these answers, and its value."""
    asked: list[Statement | Change] = []
    try:
        step = next(plan)
        for answer in answers:
            assert isinstance(step, Statement | Change)
            asked.append(step)
            step = plan.send(answer)
    except StopIteration as end:
        return asked, end.value
    raise AssertionError(f"the plan asks for more: {step}")


def test_an_append_is_one_round_trip() -> None:
    mine = commit(1, Added(5))
    asked, outcome = walk(plans().commit(mine), 10)
    assert [step.text for step in asked] == [WORDS.append]
    assert isinstance(asked[0], Change)
    assert outcome.unwrap().checkpoint == 10


def test_the_guard_asks_for_the_predecessor() -> None:
    asked, _ = walk(plans().commit(commit(1, Added(5), Added(6))), 10)
    parameters = asked[0].parameters
    assert (parameters["previous_sequence"], parameters["previous_revision"]) == (2, 4)
    assert (parameters["first_revision"], parameters["stream_revision"]) == (5, 6)


def test_a_known_id_is_a_duplicate_and_nothing_more_is_asked() -> None:
    mine = commit(1, Added(5))
    asked, outcome = walk(plans().commit(mine), None, [row(mine, 10)])
    assert [step.text for step in asked] == [WORDS.append, WORDS.find]
    match outcome:
        case Failure(DuplicateCommit(stored)):
            assert (stored.commit_id, stored.checkpoint) == (mine.commit_id, 10)
        case _:
            pytest.fail(f"{outcome}")


def test_all_that_the_writer_had_not_seen_is_read_by_pages() -> None:
    theirs = [
        commit(10 + number, Added(number), head=Head("tenant", "stream", 4 + number, 2 + number))
        for number in range(4)
    ]
    rows = [row(each, 20 + number) for number, each in enumerate(theirs)]
    asked, outcome = walk(plans(page_size=3).commit(commit(1, Added(5))), None, [], rows[:3], rows[3:])
    assert [step.parameters["low"] for step in asked[2:]] == [5, 8]
    match outcome:
        case Failure(NonConflictingCommit(committed)):
            assert [each.commit_id for each in committed] == [each.commit_id for each in theirs]
        case _:
            pytest.fail(f"{outcome}")


def test_a_pair_without_a_rule_conflicts() -> None:
    _, outcome = walk(plans().commit(commit(1, Removed(5))), None, [], [row(commit(2, Added(1)), 20)])
    assert isinstance(outcome.failure(), ConflictingCommit)


def test_a_commit_ahead_of_the_head_conflicts_with_nothing_that_is_there() -> None:
    _, outcome = walk(plans().commit(commit(1, Added(5))), None, [], [], [])
    assert outcome == Failure(ConflictingCommit(()))


def test_a_writer_that_saw_another_history_conflicts_whatever_the_rules_say() -> None:
    other = commit(2, Added(1), Added(2), head=Head("tenant", "stream", 3, 2))
    _, outcome = walk(plans().commit(commit(1, Added(5))), None, [], [row(other, 20)])
    assert isinstance(outcome.failure(), ConflictingCommit)


def test_a_commit_that_is_too_large_is_not_sent() -> None:
    mine = HEAD.commit(*map(Added, range(100)), commit_id=UUID(int=1), stamp=STAMP)
    asked, outcome = walk(plans().commit(mine), [])
    assert [step.text for step in asked] == [WORDS.find]  # a duplicate is told all the same
    rejection = outcome.failure()
    assert isinstance(rejection, CommitTooLarge)
    assert rejection.limit == 1000 < rejection.size


def test_an_unregistered_event_is_not_sent() -> None:
    @Topic("plans.unknown")
    @frozen
    class Unknown:
        pass

    with pytest.raises(UnknownTopic, match="Unknown is not in this TopicMap"):
        walk(plans().commit(commit(1, Added(1), Unknown())))


def test_a_page_is_one_round_trip_and_the_next_begins_behind_it() -> None:
    reading = plans(page_size=2).get("tenant", "stream", 2, 9)
    first = [
        row(commit(1, Added(1), Added(2), head=Head("tenant", "stream", 1 + 2 * n, 1 + n)), n + 1)
        for n in range(2)
    ]
    asked, fetched = walk(reading.fetch(reading.start), first)
    assert len(asked) == 1
    assert (asked[0].parameters["low"], asked[0].parameters["high"]) == (2, 9)
    asked, fetched = walk(reading.fetch(fetched.following), [])
    assert asked[0].parameters["low"] == 6
    assert fetched.following is None


def test_a_stream_by_time_ends_before_the_first_commit_that_is_later() -> None:
    late = Head("tenant", "stream", 1, 1).commit(Added(1), commit_id=UUID(int=3), stamp=STAMP.replace(year=2027))
    back = Head("tenant", "stream", 2, 2).commit(Added(1), commit_id=UUID(int=4), stamp=STAMP)
    reading = plans(page_size=3).get_to("tenant", "stream", STAMP)
    first = commit(1, Added(1), head=Head("tenant", "stream"))
    rows = [row(each, number) for number, each in enumerate((first, late, back), 1)]
    _, fetched = walk(reading.fetch(reading.start), rows)
    assert [each.commit_sequence for each in fetched.items] == [1]
    assert fetched.following is None


def rows_of(*places: tuple[int, int]) -> list[tuple[Any, ...]]:
    """Rows of one event each that follow these revisions and sequences."""
    return [row(commit(1, Added(1), head=Head("tenant", "stream", *place)), 1) for place in places]


@pytest.mark.parametrize(
    ("low", "places", "missing"),
    [
        (1, [(1, 1), (2, 2)], 2),  # the first
        (1, [(0, 0), (2, 2)], 3),  # one in the middle
        (3, [(2, 1), (3, 3)], 4),  # as many events, but not as many commits
        (1, [(0, 0), (2, 1)], 2),
        (3, [(3, 3)], 4),  # the one that the bound is in
    ],
)
@pytest.mark.parametrize("read", ["get", "pages"])
def test_a_gap_in_a_stream_is_told(read: str, low: int, places: list[tuple[int, int]], missing: int) -> None:
    streams: dict[str, Any] = {
        "get": plans().get("tenant", "stream", low, 9),
        "pages": plans().pages("tenant", "stream", low, 9, None),
    }
    where = rf"tenant 'tenant', stream 'stream', commit {missing}: the commit before it is missing"
    with pytest.raises(CorruptStorage, match=where):
        walk(streams[read].fetch(streams[read].start), rows_of(*places))


@pytest.mark.parametrize("place", [(5, 3), (4, 4)])
def test_a_gap_between_two_pages_is_told(place: tuple[int, int]) -> None:
    reading = plans(page_size=2).get("tenant", "stream", 3, 9)
    _, fetched = walk(reading.fetch(reading.start), rows_of((2, 1), (3, 2)))
    with pytest.raises(CorruptStorage, match="the commit before it is missing"):
        walk(reading.fetch(fetched.following), rows_of(place))


def test_a_gap_in_what_the_writer_had_not_seen_is_told() -> None:
    with pytest.raises(CorruptStorage, match="commit 5: the commit before it is missing"):
        walk(plans().commit(commit(1, Added(5))), None, [], rows_of((4, 2), (6, 4)))


@pytest.mark.parametrize("size", [0, True, 1.0])
def test_a_page_holds_something(size: Any) -> None:
    with pytest.raises(ValueError, match="page_size must be an int of at least 1"):
        plans(page_size=size)


def test_success_carries_the_commit_as_it_is_stored() -> None:
    mine = commit(1, EventMessage(Added(5), {"from": "a teller"}))
    _, outcome = walk(plans().commit(mine), 10)
    stored: Commit = outcome.unwrap()
    assert stored.events == mine.events
    assert Head.after(stored) == Head("tenant", "stream", 5, 3, 10)
