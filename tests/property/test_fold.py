"""Laws of folds, heads, headers and stamps, for any history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from aett import (
    Aggregate,
    Failure,
    Folded,
    Head,
    Impossible,
    InvalidCommit,
    Result,
    Snapshot,
    Success,
    accept,
    fold,
)
from aett.core.headers import freeze
from aett.core.stamp import from_microseconds, to_microseconds, utc


@frozen
class Tally:
    sum: int = 0
    count: int = 0


def evolve(tally: Tally, event: int) -> Result[Tally, Impossible]:
    if event == 13:
        return Failure(Impossible("unlucky"))
    return Success(Tally(tally.sum * 31 + event, tally.count + 1))  # order matters


def decide(_: Tally, command: int) -> Result[tuple[int, ...], str]:
    return accept(command)


TALLY = Aggregate(name="tally", initial=Tally(), evolve=evolve, decide=decide)
EVENTS = st.lists(st.integers(0, 15), max_size=30)
STAMP = datetime(2026, 1, 1, tzinfo=UTC)


@given(EVENTS, st.integers(0, 30))
def test_a_fold_in_two_parts_is_the_whole_fold(events: list[int], at: int) -> None:
    first = fold(TALLY, events[:at])
    if isinstance(first, Success):
        second = fold(TALLY, events[at:], state=first.unwrap(), revision=len(events[:at]))
        assert second == fold(TALLY, events)
    else:
        assert first == fold(TALLY, events)


@given(EVENTS)
def test_an_impossible_event_is_named_by_the_first_revision_that_cannot_follow(events: list[int]) -> None:
    match fold(TALLY, events):
        case Success(tally):
            assert 13 not in events
            assert tally.count == len(events)
        case Failure(impossible):
            assert impossible == Impossible("unlucky", events.index(13) + 1)


@given(st.lists(st.lists(st.integers(), min_size=1, max_size=4), min_size=1, max_size=8))
def test_commits_made_from_heads_number_events_without_gaps(batches: list[list[int]]) -> None:
    head = Head("t", "s")
    revisions: list[int] = []
    for number, batch in enumerate(batches, 1):
        commit = head.commit(*batch, commit_id=UUID(int=number), stamp=STAMP)
        assert commit.commit_sequence == number
        revisions.extend(range(commit.first_revision, commit.stream_revision + 1))
        head = Head.after(commit)
    assert revisions == list(range(1, sum(map(len, batches)) + 1))


@given(st.integers(), st.integers(0, 2**40))
def test_a_snapshot_restores_what_was_folded(total: int, count: int) -> None:
    folded: Folded[Tally, int] = Folded(Tally(total, count), Head("t", "s", 3, 2, 9))
    assert Snapshot.of(TALLY, folded).restore(TALLY) == folded


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(), parts, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_headers_that_are_json_come_back_equal(headers: dict[str, object]) -> None:
    assert freeze(headers) == headers


@given(st.datetimes(), st.integers(-23 * 60, 23 * 60))
def test_an_instant_is_the_same_in_every_zone_and_as_an_integer(naive: datetime, minutes: int) -> None:
    stamp = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    try:
        kept = utc(stamp)
    except InvalidCommit:
        with pytest.raises(OverflowError):
            stamp.astimezone(UTC)
    else:
        assert kept == stamp
        assert from_microseconds(to_microseconds(stamp)) == stamp
