"""Topics, topic maps and envelopes: what is stored under which name, and read again."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Union

import pytest
from attrs import define, frozen

from aett import EventMessage, Topic, TopicMap, UnknownTopic, UnsupportedType
from aett.core.codec.undecodable import Undecodable


@Topic("topics.opened")
@frozen
class Opened:
    owner: str


@Topic("topics.closed")
@frozen
class Closed:
    reason: str = ""


@Topic("topics.local")
@frozen
class Local:
    pass


@frozen
class Plain:
    pass


def messages(*events: object) -> tuple[EventMessage, ...]:
    return tuple(map(EventMessage, events))


def test_a_map_takes_classes_and_unions() -> None:
    assert set(TopicMap(Opened | Closed)) == {Opened, Closed}
    assert TopicMap(Opened, Union[Closed, Local]) == TopicMap(Local, Opened | Closed)  # noqa: UP007  # the old spelling
    assert TopicMap(Opened) | TopicMap(Closed) == TopicMap(Closed, Opened)
    assert Opened in TopicMap(Opened) and Closed not in TopicMap(Opened)  # noqa: PT018  # one fact
    assert len(TopicMap(Opened, Opened)) == 1


def test_a_map_of_a_module_holds_what_the_module_defines() -> None:
    module = ModuleType("elsewhere")
    vars(module).update(Opened=Opened, Plain=Plain, number=7)
    assert list(TopicMap.of_module(module)) == []
    assert {Opened, Closed, Local} <= set(TopicMap.of_module(sys.modules[__name__]))


def test_a_map_cannot_be_changed() -> None:
    topics = TopicMap(Opened)
    _ = topics | TopicMap(Closed)
    assert list(topics) == [Opened]
    assert not hasattr(topics, "register")


def test_a_class_without_a_topic_is_refused() -> None:
    with pytest.raises(UnsupportedType, match=r"Plain has no topic of its own.*@Topic"):
        TopicMap(Plain)


def test_a_topic_is_not_inherited() -> None:
    @define(slots=True, frozen=True)
    class Reopened(Opened):
        pass

    with pytest.raises(UnsupportedType, match="Reopened has no topic of its own"):
        TopicMap(Reopened)
    with pytest.raises(UnknownTopic, match="Reopened is not in this TopicMap"):
        TopicMap(Opened).envelopes.encode(messages(Reopened("x")))


def test_two_classes_under_one_topic_and_version_are_refused() -> None:
    @Topic("topics.opened")
    @frozen
    class Other:
        pass

    with pytest.raises(UnsupportedType, match=r"topic 'topics.opened' version 1 belongs to Opened and to .*Other"):
        TopicMap(Opened, Other)
    with pytest.raises(UnsupportedType, match="belongs to"):
        _ = TopicMap(Opened) | TopicMap(Other)


@pytest.mark.parametrize("what", [7, "topics.opened", None, [Opened]])
def test_a_map_of_anything_else_is_refused(what: Any) -> None:
    with pytest.raises(UnsupportedType):
        TopicMap(what)


def test_an_unsupported_attribute_is_named_when_the_map_is_built() -> None:
    @Topic("topics.bad")
    @frozen
    class Bad:
        number: complex

    with pytest.raises(UnsupportedType, match=r"Bad.*number.*complex"):
        TopicMap(Bad)


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": ""},
        {"name": "x" * 256},
        {"name": 7},
        {"name": "a", "version": 0},
        {"name": "a", "version": True},
        {"name": "a", "upcasts": {1: dict}},
        {"name": "a", "version": 2, "upcasts": {2: dict}},
        {"name": "a", "formerly": ("",)},
        {"name": "\ud800"},
    ],
)
def test_a_topic_that_cannot_be_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="topic"):
        Topic(**arguments)


def test_what_is_stored_is_json_that_people_can_read() -> None:
    raw = TopicMap(Opened).envelopes.encode((EventMessage(Opened("Ann"), {"by": "web"}),))
    assert raw == b'[{"topic":"topics.opened","version":1,"body":{"owner":"Ann"},"headers":{"by":"web"}}]'


def test_events_and_their_headers_come_back() -> None:
    envelopes = TopicMap(Opened | Closed).envelopes
    written = (EventMessage(Opened("Ann"), {"by": "web"}), EventMessage(Closed()))
    raw = envelopes.encode(written)
    assert envelopes.decode(raw) == written
    assert [each.headers for each in envelopes.decode(raw)] == [{"by": "web"}, {}]
    assert envelopes.bodies(raw) == (Opened("Ann"), Closed())


def test_an_unknown_topic_is_an_error_that_names_it() -> None:
    raw = TopicMap(Closed).envelopes.encode(messages(Closed()))
    with pytest.raises(UnknownTopic, match=r"'topics.closed' is not in this TopicMap"):
        TopicMap(Opened).envelopes.decode(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b"[{}]",
        b'[{"topic":"topics.opened","version":1,"body":[]}]',
        b'[{"topic":"topics.opened","version":"1","body":{"owner":"x"}}]',
        b'[{"topic":"topics.opened","version":1,"body":{"owner":"x"},"more":1}]',
        b'[{"topic":"topics.opened","version":1,"body":{"owner":"x"},"headers":[]}]',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_not_ours_is_undecodable(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        TopicMap(Opened).envelopes.decode(raw)


@Topic("topics.moved", version=1)
@frozen
class MovedOnce:
    to: str


@Topic(
    "topics.moved",
    version=3,
    upcasts={1: lambda body: {"city": body.pop("to")}, 2: lambda body: body | {"country": "?"}},
)
@frozen
class Moved:
    city: str
    country: str


def test_upcasts_chain_from_the_stored_version_to_today_s() -> None:
    raw = TopicMap(MovedOnce).envelopes.encode(messages(MovedOnce("Oslo")))
    assert TopicMap(Moved).envelopes.bodies(raw) == (Moved("Oslo", "?"),)


def test_an_old_class_still_in_the_map_reads_its_own_version() -> None:
    envelopes = TopicMap(MovedOnce, Moved).envelopes
    raw = envelopes.encode(messages(MovedOnce("Oslo"), Moved("Oslo", "NO")))
    assert envelopes.bodies(raw) == (MovedOnce("Oslo"), Moved("Oslo", "NO"))


def test_a_version_from_the_future_is_an_error_that_names_both() -> None:
    raw = TopicMap(Moved).envelopes.encode(messages(Moved("Oslo", "NO")))
    with pytest.raises(UnknownTopic, match=r"'topics.moved' version 3 is stored.*up to version 1"):
        TopicMap(MovedOnce).envelopes.decode(raw)


def test_a_version_without_an_upcast_is_an_error_that_names_it() -> None:
    @Topic("topics.moved", version=2)
    @frozen
    class Forgot:
        city: str

    raw = TopicMap(MovedOnce).envelopes.encode(messages(MovedOnce("Oslo")))
    with pytest.raises(UnknownTopic, match="no upcast from version 1"):
        TopicMap(Forgot).envelopes.decode(raw)


def test_an_upcast_that_fails_is_named() -> None:
    @Topic("topics.moved", version=2, upcasts={1: lambda body: {"city": body["nowhere"]}})
    @frozen
    class Broken:
        city: str

    raw = TopicMap(MovedOnce).envelopes.encode(messages(MovedOnce("Oslo")))
    with pytest.raises(Undecodable, match=r"the upcast of topic 'topics.moved' from version 1 failed: KeyError"):
        TopicMap(Broken).envelopes.decode(raw)


def test_a_renamed_topic_reads_its_old_name_and_writes_its_new_one() -> None:
    @Topic("topics.founded", formerly=("topics.opened",))
    @frozen
    class Founded:
        owner: str

    envelopes = TopicMap(Founded).envelopes
    assert envelopes.bodies(TopicMap(Opened).envelopes.encode(messages(Opened("Ann")))) == (Founded("Ann"),)
    assert b"topics.founded" in envelopes.encode(messages(Founded("Ann")))
    with pytest.raises(UnsupportedType, match="belongs to"):
        TopicMap(Opened, Founded)


def test_a_lying_attribute_is_refused_at_writing() -> None:
    with pytest.raises(UnsupportedType, match="Opened.*owner"):
        TopicMap(Opened).envelopes.encode(messages(Opened(7)))  # type: ignore[arg-type]  # what is tested
