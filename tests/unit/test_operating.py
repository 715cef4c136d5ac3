"""Whole stores: verified, copied, counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aett import Commit, Head, Stores, TopicMap, connect
from aett.core.codec.stored import stored_message
from aett.operating import Copied, Diverged, compare, copy, count, streams, verify

STORED = TopicMap.stored()
START = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
T = "t"


def write(stores: Stores, stream: str, events: int = 1, *, body: bytes = b"{}", tenant: str = T) -> Commit:
    """One more commit."""
    head = stores.commits.head(tenant, stream)
    messages = [stored_message(f"topic.{number}", 1, body) for number in range(events)]
    stamp = START + timedelta(minutes=head.sequence)
    return stores.commits.commit(head.commit(*messages, commit_id=uuid4(), stamp=stamp)).unwrap()


@pytest.fixture
def memory() -> Generator[Stores]:
    with connect("memory://", topic_map=STORED) as stores:
        yield stores


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
def sqlite(path: Path) -> Generator[Stores]:
    """Four commits of two streams."""
    with connect(f"sqlite:///{path}", topic_map=STORED) as stores:
        stores.management.initialize()
        for stream in "abab":
            write(stores, stream, 2)
        yield stores


def spoil(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def test_a_log_that_is_as_it_should_be(sqlite: Stores) -> None:
    found = verify(sqlite.commits, T)
    assert (found.commits, found.events, found.streams, found.problems) == (4, 8, 2, ())
    assert verify(sqlite.commits, "nobody").commits == 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM commits WHERE checkpoint = 1", "stream 'a', commit 2: begins at revision 3, where commit 1"),
        ("UPDATE commits SET commit_sequence = 9 WHERE checkpoint = 4", "stream 'b', commit 9: begins at"),
        (
            "UPDATE commits SET first_revision = 4, stream_revision = 5 WHERE checkpoint = 4",
            "stream 'b', commit 2: begins at revision 4, where commit 2 at revision 3 should follow",
        ),
        ("UPDATE commits SET events = '[{}]' WHERE checkpoint = 3", "stream 'a', commit 2: not a list of events"),
        ("UPDATE commits SET stream_revision = 5 WHERE checkpoint = 4", "holds 2 events for revisions 3 to 5"),
        ("UPDATE commits SET headers = '[]' WHERE checkpoint = 2", "stream 'b', commit 1"),
        ("UPDATE commits SET commit_id = x'00' WHERE checkpoint = 2", "an id has 16 bytes"),
    ],
)
def test_what_is_wrong_with_a_log_is_said(sqlite: Stores, path: Path, statement: str, said: str) -> None:
    spoil(path, statement)
    (problem, *_) = verify(sqlite.commits, T).problems
    assert said in problem


class Hiding:
    """A log that lacks some commits, which their streams have."""

    def __init__(self, stores: Stores, hidden: int) -> None:
        self._commits, self._hidden = stores.commits, hidden
        self.head = stores.commits.head

    def get_from(self, tenant_id: str) -> Iterator[Commit]:
        return (each for each in self._commits.get_from(tenant_id) if each.checkpoint != self._hidden)


def test_a_commit_that_the_log_lacks_is_missed(sqlite: Stores) -> None:
    (problem,) = verify(Hiding(sqlite, 3), T).problems  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert "stream 'a': ends with commit 2 at revision 4, in the log with commit 1 at revision 2" in problem


def test_what_is_written_while_it_verifies_is_nothing_wrong(sqlite: Stores) -> None:
    def seen(commit: Commit) -> None:
        if commit.checkpoint == 4:
            write(sqlite, "a")

    assert not verify(sqlite.commits, T, seen).problems


def test_a_copy_has_the_same_commits_in_the_same_order(sqlite: Stores, memory: Stores) -> None:
    assert copy(sqlite.commits, memory.commits, T) == Copied(T, 4, 0)
    compare(sqlite.commits, memory.commits, T)
    assert [each.stream_id for each in memory.commits.get_from(T)] == list("abab")


def test_a_copy_that_is_repeated_brings_what_is_new(sqlite: Stores, memory: Stores) -> None:
    copy(sqlite.commits, memory.commits, T)
    write(sqlite, "c")
    assert copy(sqlite.commits, memory.commits, T) == Copied(T, 1, 0)
    compare(sqlite.commits, memory.commits, T)


class PowerIsOff(Exception):
    """In the midst of it."""


@given(st.lists(st.sampled_from("abc"), max_size=30), st.data())
def test_a_copy_that_is_interrupted_again_and_again_is_resumed(names: list[str], data: st.DataObject) -> None:
    with connect("memory://", topic_map=STORED) as one, connect("memory://", topic_map=STORED) as other:
        for name in names:
            write(one, name)
        for _ in range(4):
            left = data.draw(st.integers(0, len(names)))

            def seen(_: Commit, most: int = left) -> None:
                nonlocal left
                left -= 1
                if left < 0:
                    raise PowerIsOff(most)

            try:
                copy(one.commits, other.commits, T, seen)
            except PowerIsOff:
                continue
        copy(one.commits, other.commits, T)
        compare(one.commits, other.commits, T)


def test_a_target_that_has_something_of_its_own_is_left_as_it_is(sqlite: Stores, memory: Stores) -> None:
    own = write(memory, "own")
    with pytest.raises(Diverged, match="stream 'own', commit 1: the target has it, and the source does not"):
        copy(sqlite.commits, memory.commits, T)
    assert list(memory.commits.get_from(T)) == [own]


def test_a_target_that_has_another_commit_in_a_place_ends_the_copy(sqlite: Stores, memory: Stores) -> None:
    write(memory, "b")
    shared = sqlite.commits.find(T, "a", next(sqlite.commits.get(T, "a")).commit_id)
    assert shared is not None
    memory.commits.commit(shared).unwrap()  # the last one is known, and another stands before it
    with pytest.raises(Diverged, match="stream 'b', commit 1: the target has another commit in its place"):
        copy(sqlite.commits, memory.commits, T)
    with pytest.raises(Diverged, match="stream 'a', commit 1: the target has .*stream 'b', commit 1"):
        compare(sqlite.commits, memory.commits, T)


def test_logs_of_different_length_differ(sqlite: Stores, memory: Stores) -> None:
    with pytest.raises(Diverged, match="the target lacks it"):
        compare(sqlite.commits, memory.commits, T)
    with pytest.raises(Diverged, match="the source lacks it"):
        compare(memory.commits, sqlite.commits, T)


def test_content_that_differs_is_seen(sqlite: Stores, memory: Stores, path: Path) -> None:
    copy(sqlite.commits, memory.commits, T)
    spoil(path, """UPDATE commits SET events = replace(events, 'topic.1', 'topic.2') WHERE checkpoint = 3""")
    with pytest.raises(Diverged, match="stream 'a', commit 2"):
        compare(sqlite.commits, memory.commits, T)


def test_events_are_counted_by_topic_and_day(memory: Stores) -> None:
    for _ in range(2):
        write(memory, "a", 2, body=b'{"a":1}')
    write(memory, "b")
    found = count(memory.commits, T)
    assert (found.commits, found.events) == (3, 5)
    assert found.topics == {"topic.0": 3, "topic.1": 2}
    assert found.bodies == {"topic.0": 16, "topic.1": 14}
    assert found.days == {date(2026, 1, 31): 3, date(2026, 2, 1): 2}


def test_streams_are_listed_as_they_began(memory: Stores) -> None:
    for name in ("b", "a", "b", "ab"):
        write(memory, name, 2)
    found = [(each.stream_id, each.revision, each.commits) for each in streams(memory.commits, T)]
    assert found == [("b", 4, 2), ("a", 2, 1), ("ab", 2, 1)]
    first = next(streams(memory.commits, T))
    assert (first.first, first.last) == (START, START + timedelta(minutes=1))
    assert [each.stream_id for each in streams(memory.commits, T, "a")] == ["a", "ab"]
    assert Head(T, "a").exists is False
