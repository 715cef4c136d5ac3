"""Commits as CloudEvents and back; the SDK of the CloudEvents project reads and writes the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as TheirEvent
from hypothesis import given, settings
from tests.property.some_commits import some_commits

from aett import Commit, Head, InvalidCommit, StoredEvent, TopicMap, connect
from aett.adapters.store.record import Recorder
from aett.core.recorded import recorded
from aett.operating.cloud_events import append_cloud_events, cloud_event_of, cloud_events_of
from aett.ports import CommitStore
from aett.testing.samples import START, TOPICS, Noted

STORED = TopicMap.stored()
OTHERS: dict[str, Any] = {
    "specversion": "1.0",
    "id": "7",
    "source": "/shop",
    "type": "order.placed",
    "subject": "order-1",
    "time": "2026-01-31T12:00:00Z",
    "traceparent": "00-x",
    "dataschema": "https://example.org/order",
    "data": {"amount": 5},
}


def as_stored(commit: Commit) -> Commit:
    return Recorder(STORED).commit(Recorder(TOPICS).record(commit))


def brought(target: CommitStore, *lines: bytes, tenant: str | None = "t") -> list[bool | None]:
    return [is_new for _, is_new in append_cloud_events(target, map(cloud_event_of, lines), tenant)]


def other(**changed: Any) -> bytes:
    return json.dumps({name: value for name, value in {**OTHERS, **changed}.items() if value is not None}).encode()


@settings(max_examples=settings().max_examples // 2)
@given(some_commits())
def test_the_lines_of_a_commit_are_the_same_commit_byte_by_byte_and_the_sdk_reads_them(commit: Commit) -> None:
    lines = list(cloud_events_of(as_stored(commit)))
    for line, each in zip(lines, recorded(commit), strict=True):
        theirs = JSONFormat().read(TheirEvent, line)
        assert theirs.get_id() == str(each.id)
        assert theirs.get_subject() == commit.stream_id
        assert theirs.get_time() == commit.commit_stamp
        assert theirs.get_extension("streamrevision") == str(each.revision)
    with connect("memory://", topic_map=STORED) as stores:
        assert brought(stores.commits, *lines, tenant=None) == [True]
        assert brought(stores.commits, *lines, tenant=None) == [False]
        (found,) = stores.commits.get_from(commit.tenant_id)
    assert Recorder(STORED).record(found)._replace(checkpoint=None) == Recorder(TOPICS).record(commit)


def test_what_the_sdk_writes_becomes_an_event() -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    attributes: dict[str, Any] = {**OTHERS, "time": noon}
    data: dict[str, int] = attributes.pop("data")
    with connect("memory://", topic_map=STORED) as stores:
        assert brought(stores.commits, JSONFormat().write(TheirEvent(attributes, data))) == [True]
        (commit,) = stores.commits.get_from("t")
    (event,) = commit.bodies
    assert isinstance(event, StoredEvent)
    assert (event.topic, json.loads(event.body)) == ("order.placed", {"amount": 5})
    assert (commit.stream_id, commit.commit_stamp) == ("order-1", noon)
    assert commit.events[0].headers["cloudevent"]["traceparent"] == "00-x"


def test_events_of_others_follow_what_is_there_and_come_once() -> None:
    with connect("sqlite://", topic_map=STORED) as stores:
        first, second = other(), other(id="8")
        assert brought(stores.commits, first, other(subject=None), first) == [True, True, False]
        assert brought(stores.commits, second, first) == [True, False]  # another file, with some of the same
        third, last = other(id="9"), other(id="10")
        assert brought(stores.commits, second, third, last, last) == [False, True, True, False]
        found = [(each.stream_id, each.commit_sequence) for each in stores.commits.get_from("t")]
    assert found == [("order-1", 1), ("/shop", 1), ("order-1", 2), ("order-1", 3), ("order-1", 4)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"specversion": "0.3"}, "another version"),
        ({"specversion": None}, "specversion"),
        ({"type": ""}, "'type'"),
        ({"id": 7}, "'id'"),
        ({"source": None}, "'source'"),
        ({"time": "noon"}, "'time'"),
        ({"time": "2026-01-31T12:00:00"}, "naive"),
        ({"data": [1]}, "JSON object"),
        ({"data": "secret"}, "JSON object"),
        ({"data_base64": "c2VjcmV0"}, "binary"),
        ({"commitid": "x"}, "commitplace"),
        ({"commitid": "x", "commitplace": "1/1"}, "tenantid"),
    ],
)
def test_what_is_no_cloud_event_is_told_without_its_content(changed: dict[str, Any], said: str) -> None:
    with connect("memory://", topic_map=STORED) as stores:
        with pytest.raises(InvalidCommit, match=said) as raised:
            brought(stores.commits, other(**changed))
        assert list(stores.commits.tenants()) == []
    assert "secret" not in str(raised.value)


def test_lines_of_a_commit_that_are_missing_are_told() -> None:
    three = Head("t", "s").commit(Noted("a"), Noted("b"), Noted("c"), commit_id=uuid4(), stamp=START)
    lines = [*cloud_events_of(as_stored(three))]
    beside = [*cloud_events_of(as_stored(evolve(three, commit_id=uuid4())))]
    with connect("memory://", topic_map=STORED) as stores:
        for some in (lines[:2], lines[1:], [lines[0], lines[2]], [*lines[:2], other()], [*lines[:2], beside[2]]):
            with pytest.raises(InvalidCommit, match="missing|more events|commitplace"):
                brought(stores.commits, *some)
        with pytest.raises(InvalidCommit, match="whose they become"):
            brought(stores.commits, other(), tenant=None)
        assert list(stores.commits.tenants()) == []
