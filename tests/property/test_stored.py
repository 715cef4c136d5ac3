"""Events that are not decoded: what is written again is what was stored, byte by byte."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.some_commits import some_commits

from aett import (
    Commit,
    CorruptStorage,
    EventMessage,
    Head,
    InvalidCommit,
    PassedOver,
    StoredEvent,
    TopicMap,
    UnknownTopic,
    UnsupportedType,
    connect,
)
from aett.adapters.store.record import Record, Recorder
from aett.core.codec.stored import stored_message
from aett.operating.lines import commit_of, line_of
from aett.testing.samples import START, TOPICS, Noted

STORED = TopicMap.stored()
SPACES = st.text(" \t\n\r", max_size=3)


def read_and_written(record: Record) -> Record:
    recorder = Recorder(STORED)
    return recorder.record(recorder.commit(record))


@settings(max_examples=settings().max_examples // 2)
@given(some_commits())
def test_what_is_read_and_written_again_is_the_same_bytes_and_so_is_a_line(commit: Commit) -> None:
    record = Recorder(TOPICS).record(commit)
    assert read_and_written(record) == record
    assert Recorder(TOPICS).commit(read_and_written(record)) == commit
    line = line_of(Recorder(STORED).commit(record))
    assert b"\n" not in line
    assert Recorder(STORED).record(commit_of(line)) == record


@given(SPACES, SPACES, st.sampled_from(["1.0", "1e0", "100000000000000000000000", "-0.0", '"\\u00e9"', "null"]))
def test_no_byte_of_an_envelope_is_changed_however_it_was_written(before: str, within: str, value: str) -> None:
    envelope = f'{{{before}"topic":"a","other":1,{within}"version":1,"body":{{"b":{within}{value}}}}}'
    record = Recorder(TOPICS).record(Head("t", "s").commit(Noted("x"), commit_id=uuid4(), stamp=START))
    stored = record._replace(events=f"[{envelope}]".encode())
    assert read_and_written(stored).events == stored.events
    line = line_of(Recorder(STORED).commit(stored))
    assert b"\n" not in line
    assert json.loads(Recorder(STORED).record(commit_of(line)).events) == json.loads(stored.events)


@pytest.mark.parametrize(
    "events",
    [
        b"",
        b"{}",
        b"[1]",
        b"[{}]",
        b'[{"topic":1,"version":1,"body":{}}]',
        b'[{"topic":"a","version":1,"body":[]}]',
        b'[{"topic":"a","version":1,"body":{},"headers":[]}]',
        b'[{"topic":"a","version":1,"body":{}}',
    ],
)
def test_what_is_no_list_of_events_is_corrupt(events: bytes) -> None:
    record = Recorder(TOPICS).record(Head("t", "s").commit(Noted("x"), commit_id=uuid4(), stamp=START))
    with pytest.raises(CorruptStorage, match="stream 's', commit 1"):
        Recorder(STORED).commit(record._replace(events=events))


def test_topics_can_be_asked_for_without_classes() -> None:
    with connect("memory://", topic_map=STORED) as stores:
        messages = [stored_message("one", 1, b"{}"), stored_message("two", 2, b'{"a":1}', {"h": 1})]
        stores.commits.commit(Head("t", "s").commit(*messages, commit_id=uuid4(), stamp=START)).unwrap()
        (commit,) = stores.commits.get_from("t", topics=["two"])
        assert commit.bodies == (PassedOver("one", 1), messages[1].body)
        assert commit.events[1].headers == {"h": 1}
        (whole,) = stores.commits.get_from("t", topics=STORED)
        assert whole.events == tuple(messages)


def test_it_writes_nothing_but_what_was_stored() -> None:
    with connect("memory://", topic_map=STORED) as stores, pytest.raises(UnknownTopic, match="Noted"):
        stores.commits.commit(Head("t", "s").commit(Noted("x"), commit_id=uuid4(), stamp=START))
    with pytest.raises(UnsupportedType):
        assert TopicMap.stored() | TOPICS
    assert TopicMap.stored() == TopicMap.stored() != TopicMap()


@pytest.mark.parametrize(
    "changed",
    [
        {"events": None},
        {"events": []},
        {"events": [{"topic": "a"}]},
        {"commit_sequence": "1"},
        {"commit_sequence": 7},
        {"commit_stamp": "yesterday"},
        {"commit_stamp": datetime(2024, 1, 1).isoformat()},  # noqa: DTZ001  # naive
        {"commit_id": "x"},
        {"headers": [1]},
        {"unknown": 1},
    ],
)
def test_a_line_that_is_no_commit_is_refused_without_its_content(changed: dict[str, Any]) -> None:
    message = stored_message("secret", 1, b"{}")
    line = json.loads(line_of(Head("t", "s").commit(message, commit_id=uuid4(), stamp=START)))
    with pytest.raises(InvalidCommit) as raised:
        commit_of(json.dumps(line | changed).encode())
    assert "secret" not in str(raised.value)
    with pytest.raises(InvalidCommit):
        commit_of(b"[")


def test_only_what_was_stored_is_exported() -> None:
    commit = Head("t", "s").commit(EventMessage(Noted("x")), commit_id=uuid4(), stamp=START)
    with pytest.raises(TypeError, match="Noted"):
        line_of(commit)
    assert isinstance(stored_message("a", 1, b"{}").body, StoredEvent)
