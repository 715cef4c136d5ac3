"""Envelopes: events with their topics and headers, as the bytes that every engine stores.

A JSON array of `{"topic": ..., "version": ..., "body": {...}, "headers": {...}}`, so that people
can read it with their database's own tools.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
from attrs import field, frozen

from aett.core.codec import header_json
from aett.core.codec.codec import Codec, codec_for
from aett.core.codec.sample import is_frozen
from aett.core.codec.undecodable import CHANGED, Undecodable, reason, shown
from aett.core.commit import EventMessage, restored_message
from aett.core.errors import UnknownTopic, UnsupportedType
from aett.core.headers import Headers
from aett.core.passed_over import PassedOver
from aett.core.topic import Body, Topic


class _Envelope(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    topic: str
    version: int
    body: msgspec.Raw
    headers: msgspec.Raw = msgspec.Raw()


_DECODER: Final = msgspec.json.Decoder(list[_Envelope])
_BODY: Final = msgspec.json.Decoder(Body)


def _prefix(wire: Wire) -> bytes:
    topic = wire.topic
    return b'{"topic":%b,"version":%d,"body":' % (msgspec.json.encode(topic.name), topic.version)


@frozen
class Wire:
    """How events of one class are written and read."""

    cls: type
    topic: Topic
    codec: Codec[Any]
    prefix: bytes = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Write down what is the same for every event of the class."""
        object.__setattr__(self, "prefix", _prefix(self))

    def envelop(self, message: EventMessage) -> bytes:
        """The event's envelope."""
        body = self.codec.encode(message.body)
        if message.headers:
            return b'%b%b,"headers":%b}' % (self.prefix, body, header_json.encode(message.headers))
        return b"%b%b}" % (self.prefix, body)

    def read(self, version: int, raw: msgspec.Raw) -> object:
        """The event of a body that was stored in this version, through the upcasts if it is old."""
        if version == self.topic.version:
            try:
                return self.codec.decode(raw)
            except Undecodable as error:
                raise error.hinting(CHANGED) from error
        body = _body(raw)
        for old in range(version, self.topic.version):
            upcast = self.topic.upcasts.get(old)
            if upcast is None:
                raise UnknownTopic(f"topic {self.topic.name!r} has no upcast from version {old}")
            try:
                body = upcast(body)
            except Exception as error:
                raise Undecodable(
                    f"the upcast of topic {self.topic.name!r} from version {old} failed: {type(error).__name__}"
                ) from error
        return self.codec.from_builtins(body)


def envelopes_of(classes: Iterable[type]) -> Envelopes:
    """The envelopes of these classes, which have topics and are frozen; raises `UnsupportedType`."""
    return Envelopes(_wire(cls) for cls in classes)


def _wire(cls: type) -> Wire:
    codec = codec_for(cls)
    if not is_frozen(cls):
        raise UnsupportedType(
            f"{cls.__qualname__} is not frozen, and what has happened does not change:"
            " make it with attrs.frozen or dataclass(frozen=True)"
        )
    return Wire(cls, Topic.of(cls), codec)


class Envelopes:
    """Encodes and decodes the events of a commit by the wires of their topics."""

    __slots__ = ("_by_class", "_by_topic", "_passes_over")

    def __init__(self, wires: Iterable[Wire], *, passes_over: bool = False) -> None:
        self._passes_over = passes_over
        self._by_class = {wire.cls: wire for wire in wires}
        # An old version is read by the class of the lowest version that is not older than it.
        self._by_topic = {
            (name, version): wire
            for wire in sorted(self._by_class.values(), key=lambda wire: -wire.topic.version)
            for name in (wire.topic.name, *wire.topic.formerly)
            for version in range(1, wire.topic.version + 1)
        }

    def only(self, topics: Collection[str]) -> Envelopes:
        """The same, of these topics (of all, if there are none), which passes over whatever else it reads."""
        if not topics:
            return Envelopes(self._by_class.values(), passes_over=True)
        wires = [
            each
            for each in self._by_class.values()
            if not {each.topic.name, *each.topic.formerly}.isdisjoint(topics)
        ]
        known = {name for each in wires for name in (each.topic.name, *each.topic.formerly)}
        if unknown := [each for each in topics if each not in known]:
            raise UnknownTopic(f"topic {shown(unknown[0])} is not in this TopicMap")
        return Envelopes(wires, passes_over=True)

    def encode(self, messages: Iterable[EventMessage]) -> bytes:
        """The messages' bytes. Raises `UnknownTopic` or `UnsupportedType` before anything is written."""
        return b"[%b]" % b",".join([self._wire(each).envelop(each) for each in messages])

    def decode(self, raw: bytes) -> tuple[EventMessage, ...]:
        """The messages again. Raises `Undecodable` or `UnknownTopic`."""
        return tuple([_message(self._read(each), each.headers) for each in _envelopes(raw)])

    def bodies(self, raw: bytes) -> tuple[object, ...]:
        """The events alone, for folding. Raises `Undecodable` or `UnknownTopic`."""
        return tuple([self._read(each) for each in _envelopes(raw)])

    def _wire(self, message: EventMessage) -> Wire:
        cls = type(message.body)
        wire = self._by_class.get(cls)
        if wire is None:
            raise UnknownTopic(
                f"{cls.__module__}.{cls.__qualname__} is not in this TopicMap: add it"
                " (if it is an event; a command is executed, not saved)"
            )
        return wire

    def _read(self, envelope: _Envelope) -> object:
        wire = self._by_topic.get((envelope.topic, envelope.version))
        if wire is None:
            if self._passes_over and not self._versions(envelope.topic):
                return PassedOver(envelope.topic, envelope.version)
            raise UnknownTopic(self._unknown(envelope))
        return wire.read(envelope.version, envelope.body)

    def _versions(self, topic: str) -> list[int]:
        return [version for name, version in self._by_topic if name == topic]

    def _unknown(self, envelope: _Envelope) -> str:
        if known := self._versions(envelope.topic):
            stored = f"topic {shown(envelope.topic)} version {envelope.version}"
            return f"{stored} is stored, but this TopicMap knows up to version {max(known)}"
        return f"topic {shown(envelope.topic)} is not in this TopicMap"


def _envelopes(raw: bytes) -> list[_Envelope]:
    try:
        return _DECODER.decode(raw)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise Undecodable(f"not a list of events: {reason(error)}") from error


def _body(raw: msgspec.Raw) -> Body:
    try:
        return _BODY.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Undecodable(f"an event's body is not a JSON object: {reason(error)}") from error


def _message(body: object, raw: msgspec.Raw) -> EventMessage:
    if type(body) is PassedOver:
        return EventMessage(body)
    return restored_message(body, read_headers(raw))


def read_headers(raw: msgspec.Raw) -> Headers:
    """An event's headers. Raises `Undecodable`."""
    try:
        return header_json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Undecodable(f"the event's headers are not a JSON object: {reason(error)}") from error
