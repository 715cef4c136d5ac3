"""Envelopes of events that are not decoded: no class need be known, and no byte is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from aett.core.codec import header_json
from aett.core.codec.envelope import Envelopes, read_headers
from aett.core.codec.undecodable import Undecodable, reason
from aett.core.commit import EventMessage, restored_message
from aett.core.errors import UnknownTopic
from aett.core.headers import EMPTY, Headers
from aett.core.passed_over import PassedOver
from aett.core.stored_event import StoredEvent


class _Envelope(msgspec.Struct, gc=False):
    topic: str
    version: int
    body: msgspec.Raw
    headers: msgspec.Raw = msgspec.Raw()


_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


class StoredEnvelopes(Envelopes):
    """Reads each event as a `StoredEvent`, and writes those only."""

    __slots__ = ("_asked_for",)

    def __init__(self, asked_for: frozenset[str] = frozenset()) -> None:
        super().__init__(())
        self._asked_for = asked_for

    def only(self, topics: Collection[str]) -> StoredEnvelopes:
        """The same, of these topics (of all, if there are none), which passes over whatever else it reads."""
        return StoredEnvelopes(frozenset(topics))

    def encode(self, messages: Iterable[EventMessage]) -> bytes:
        """The messages' bytes, as they were. Raises `UnknownTopic` for anything but a `StoredEvent`."""
        return b"[%b]" % b",".join([_envelope(each) for each in messages])

    def decode(self, raw: bytes) -> tuple[EventMessage, ...]:
        """The messages again, with their headers. Raises `Undecodable`."""
        return tuple([self._message(each) for each in _raws(raw)])

    def bodies(self, raw: bytes) -> tuple[object, ...]:
        """The events alone. Raises `Undecodable`."""
        return tuple([each.body for each in self.decode(raw)])

    def _message(self, raw: bytes) -> EventMessage:
        found = _parsed(raw)
        if self._asked_for and found.topic not in self._asked_for:
            return EventMessage(PassedOver(found.topic, found.version))
        event = StoredEvent(raw, found.topic, found.version, bytes(found.body))
        return restored_message(event, read_headers(found.headers))


def stored_message(topic: str, version: int, body: bytes, headers: Headers = EMPTY) -> EventMessage:
    """An event of this topic, as it would be stored. body: a JSON object."""
    envelope = {"topic": topic, "version": version, "body": msgspec.Raw(body)}
    if headers:
        envelope["headers"] = msgspec.Raw(header_json.encode(headers))
    raw = msgspec.json.encode(envelope)
    return EventMessage(StoredEvent(raw, topic, version, body), headers)


def _envelope(message: EventMessage) -> bytes:
    if type(message.body) is not StoredEvent:
        cls = type(message.body)
        raise UnknownTopic(f"this TopicMap knows no classes: {cls.__qualname__} is written by one that does")
    return message.body.envelope


def _raws(raw: bytes) -> list[bytes]:
    try:
        return [bytes(each) for each in _LIST.decode(raw)]
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise Undecodable(f"not a list of events: {reason(error)}") from error


def _parsed(raw: bytes) -> _Envelope:
    try:
        found = _ENVELOPE.decode(raw)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise Undecodable(f"not a list of events: {reason(error)}") from error
    if not bytes(found.body).lstrip().startswith(b"{"):
        raise Undecodable("an event's body is not a JSON object")
    return found
