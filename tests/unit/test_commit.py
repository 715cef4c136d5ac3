"""Commits, heads, headers and stamps: what can be made, and what is refused."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID, uuid4

import attrs
import pytest
from attrs import frozen

from aett import MAX_REVISION, Commit, EventMessage, Head, InvalidCommit, Topic, TopicMap, caused_by
from aett.adapters.store.record import Recorder
from aett.core.stamp import aware, from_microseconds, to_microseconds

ID = UUID(int=1)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
HEAD = Head("tenant", "stream")


@Topic("commit.noted")
@frozen
class Noted:
    text: str


def commit(**changes: Any) -> Commit:
    fields: dict[str, Any] = {
        "tenant_id": "tenant",
        "stream_id": "stream",
        "stream_revision": 1,
        "commit_sequence": 1,
        "commit_id": ID,
        "commit_stamp": NOW,
        "events": (EventMessage(Noted("x")),),
    }
    return Commit(**(fields | changes))


def test_commits_made_from_heads_follow_each_other() -> None:
    one = HEAD.commit(Noted("a"), Noted("b"), commit_id=ID, stamp=NOW)
    two = Head.after(one).commit(Noted("c"), commit_id=UUID(int=2), stamp=NOW)
    assert (one.commit_sequence, one.first_revision, one.stream_revision) == (1, 1, 2)
    assert (two.commit_sequence, two.first_revision, two.stream_revision) == (2, 3, 3)
    assert two.bodies == (Noted("c"),)


def test_an_empty_commit_is_refused() -> None:
    with pytest.raises(InvalidCommit, match="commit 1 of tenant 'tenant', stream 'stream' has no events"):
        HEAD.commit(commit_id=ID, stamp=NOW)


@pytest.mark.parametrize(
    ("sequence", "revision"),
    [(0, 1), (-1, 1), (2, 1), (1, 2), (1, 0), (3, 2), (1, MAX_REVISION + 1), (2, MAX_REVISION + 1)],
)
def test_numbers_that_do_not_fit_together_are_refused(sequence: int, revision: int) -> None:
    with pytest.raises(InvalidCommit, match="cannot hold revisions"):
        commit(commit_sequence=sequence, stream_revision=revision)


@pytest.mark.parametrize(("revision", "sequence"), [(1, 0), (1, 2), (-1, -1), (MAX_REVISION + 1, 1)])
def test_a_head_that_no_stream_has_is_refused(revision: int, sequence: int) -> None:
    with pytest.raises(InvalidCommit, match="no stream has"):
        Head("tenant", "stream", revision, sequence)


def test_a_naive_stamp_is_refused() -> None:
    with pytest.raises(InvalidCommit, match=r"commit_stamp 2026-01-02T00:00:00 is naive"):
        HEAD.commit(Noted("x"), commit_id=ID, stamp=datetime(2026, 1, 2))  # noqa: DTZ001  # what is tested


def test_a_stamp_is_kept_in_utc_as_the_same_instant() -> None:
    east = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    kept = HEAD.commit(Noted("x"), commit_id=ID, stamp=east).commit_stamp
    assert (kept, kept.tzinfo) == (east, UTC)


def test_a_stamp_that_utc_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidCommit, match="outside of the years"):
        commit(commit_stamp=datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))))


@pytest.mark.parametrize("stamp", [datetime.max, datetime.min, datetime(1969, 12, 31, 23, 59, 59, 999999)])  # noqa: DTZ001, DTZ901  # made aware below
def test_microseconds_are_exact_over_the_whole_range(stamp: datetime) -> None:
    aware = stamp.replace(tzinfo=UTC)
    assert from_microseconds(to_microseconds(aware)) == aware


def test_a_commit_id_is_a_uuid() -> None:
    with pytest.raises(InvalidCommit, match="commit_id must be a UUID, not str"):
        commit(commit_id="1")


@pytest.mark.parametrize("number", [1.0, "1", None, True])
def test_a_number_is_whole(number: Any) -> None:
    with pytest.raises(InvalidCommit, match="stream_revision must be an int"):
        commit(stream_revision=number)
    with pytest.raises(InvalidCommit, match="sequence must be an int"):
        Head("tenant", "stream", 1, number)


@pytest.mark.parametrize("headers", ["by", [("by", "Ann")], None, 7])
def test_headers_are_a_mapping(headers: Any) -> None:
    with pytest.raises(InvalidCommit, match="headers must be a mapping"):
        commit(headers=headers)


def test_what_is_no_event_message_is_refused() -> None:
    with pytest.raises(InvalidCommit, match="Noted where an EventMessage belongs"):
        commit(events=(Noted("x"),))


def test_a_commit_is_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        commit().stream_revision = 2  # type: ignore[misc]  # what is tested


def test_headers_are_a_copy_that_later_changes_do_not_reach() -> None:
    given = {"who": {"name": "Ann"}, "tags": ["a"]}
    made = commit(headers=given)
    given["tags"] = []
    given["who"] = {}
    assert made.headers == {"who": {"name": "Ann"}, "tags": ["a"]}
    with pytest.raises(TypeError):
        made.headers["who"] = 1  # type: ignore[index]  # what is tested


@pytest.mark.parametrize(
    "headers",
    [
        {"a": (1, 2)},
        {"a": NOW},
        {"a": float("nan")},
        {1: "a"},
        {"a": {1: 2}},
        {"a": b"x"},
        {"a": ID},
        {"a": "\ud800"},
        {"a": object()},
        {"a": {1, 2}},
        {"a": {"b": {"c": (1,)}}},
    ],
)
def test_headers_that_are_not_json_are_refused(headers: dict[Any, Any]) -> None:
    with pytest.raises(InvalidCommit, match="headers"):
        commit(headers=headers)
    with pytest.raises(InvalidCommit, match="headers"):
        EventMessage(Noted("x"), headers)


def test_causes_carry_the_correlation_on() -> None:
    one = commit()
    two = commit(commit_id=UUID(int=2), headers=caused_by(one))
    assert two.headers == {"causation_id": str(ID), "correlation_id": str(ID)}
    assert caused_by(two) == {"causation_id": str(UUID(int=2)), "correlation_id": str(ID)}


def test_headers_that_were_changed_within_are_refused_when_they_are_written() -> None:
    made = commit(headers={"tags": []})
    made.headers["tags"].append(object())
    with pytest.raises(InvalidCommit, match="headers were changed"):
        Recorder(TopicMap(Noted)).record(made)


@pytest.mark.parametrize("checkpoint", ["zzz", 1.0, True])
def test_a_checkpoint_is_a_whole_number_or_none(checkpoint: Any) -> None:
    with pytest.raises(InvalidCommit, match="checkpoint must be an int"):
        commit(checkpoint=checkpoint)
    with pytest.raises(InvalidCommit, match="checkpoint must be an int"):
        Head("t", "s", 1, 1, checkpoint)


@pytest.mark.parametrize("headers", [{}, {"by": "Ann"}])
def test_a_commit_can_be_copied_and_sent_to_another_process(headers: dict[str, str]) -> None:
    made = commit(headers=headers, events=(EventMessage(Noted("x"), headers),))
    for again in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301  # our own
        assert again == made
        assert again.headers == again.events[0].headers == headers
        with pytest.raises(TypeError):
            again.headers["by"] = "Bob"  # type: ignore[index]  # pyright: ignore[reportIndexIssue]  # what is tested


class Instant(datetime):
    """As other libraries make them: it subtracts in a way of its own."""

    def __sub__(self, other: object) -> Any:
        raise AttributeError(other)

    def astimezone(self, tz: object = None) -> Any:
        raise AttributeError(tz)


class Room(StrEnum):
    """Names as members."""

    BLUE = "blue room"


class OlderRoom(str, Enum):  # noqa: UP042  # what it prints as is not what it is
    BLUE = "blue room"


class Id(UUID):
    """As asyncpg makes them."""


def test_a_subclass_of_datetime_is_the_plain_instant() -> None:
    zone = timezone(timedelta(hours=2))
    stamp = Instant(2024, 5, 6, 7, 8, 9, 10, zone)
    plain = datetime(2024, 5, 6, 7, 8, 9, 10, zone)
    commit = Head("t", "s").commit("event", commit_id=uuid4(), stamp=stamp)
    assert type(commit.commit_stamp) is datetime
    assert commit.commit_stamp == plain
    assert to_microseconds(aware(stamp, "max_time")) == to_microseconds(plain)


@pytest.mark.parametrize("room", [*Room, *OlderRoom])
def test_a_member_of_an_enum_of_texts_is_the_plain_text(room: str) -> None:
    for each in (Head(room, room), Head(room, room).commit("event", commit_id=uuid4(), stamp=datetime.now(UTC))):
        assert (type(each.tenant_id), type(each.stream_id)) == (str, str)
        assert each.stream_id == "blue room"


def test_a_subclass_of_uuid_is_the_plain_uuid() -> None:
    commit = Head("t", "s").commit("event", commit_id=Id(int=7), stamp=datetime.now(UTC))
    assert type(commit.commit_id) is UUID
    assert commit.commit_id == UUID(int=7)
