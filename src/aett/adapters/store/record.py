"""Records: what engines store of a commit, already encoded; and back again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID, SafeUUID

import msgspec

from aett.core.codec import header_json
from aett.core.codec.undecodable import Undecodable
from aett.core.commit import Commit, EventMessage, restored
from aett.core.errors import AettError, CorruptStorage, InvalidCommit, UnknownTopic
from aett.core.head import Head, restored_head
from aett.core.number import MAX_REVISION
from aett.core.page import Page
from aett.core.stamp import from_microseconds, to_microseconds
from aett.core.topic_map import TopicMap

T = TypeVar("T")

_ID_BYTES: Final = 16
_set = object.__setattr__


class Record(NamedTuple):
    """A commit as bytes and integers. The stamp is in microseconds since 1970, UTC."""

    tenant_id: str
    stream_id: str
    commit_sequence: int
    first_revision: int
    stream_revision: int
    commit_id: bytes
    commit_stamp: int
    headers: bytes
    events: bytes
    commands: bytes
    checkpoint: int | None

    @property
    def size(self) -> int:
        """The bytes that its writer chose: headers, events and commands."""
        return len(self.headers) + len(self.events) + len(self.commands)

    def follows(self, other: Record) -> bool:
        """Whether it is the next one of the other's stream."""
        return (self.commit_sequence, self.first_revision) == (
            other.commit_sequence + 1,
            other.stream_revision + 1,
        )

    @property
    def where(self) -> str:
        """Its place, for messages."""
        return f"tenant {self.tenant_id!r}, stream {self.stream_id!r}, commit {self.commit_sequence}"

    @property
    def head(self) -> Head:
        """The head of a stream that ends with it."""
        return _head(self, self.stream_revision)


COLUMNS: Final = Record._fields
WRITTEN: Final = tuple(name for name in COLUMNS if name != "checkpoint")
"""What a writer gives; the server numbers it."""


class Recorder:
    """Makes records of commits and commits of records, by the topics of one map.

    asked_for: names of topics; whatever else is read is passed over. Empty: all of the map's. None: nothing is
    passed over, and what the map does not hold is an error.
    """

    __slots__ = ("_envelopes", "_topic_map")

    def __init__(self, topic_map: TopicMap, asked_for: frozenset[str] | None = None) -> None:
        if not isinstance(topic_map, TopicMap):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            raise TypeError(f"topic_map must be a TopicMap, not {type(topic_map).__name__}")
        self._topic_map = topic_map
        self._envelopes = topic_map.envelopes if asked_for is None else topic_map.envelopes.only(asked_for)

    def only(self, topics: TopicMap | Iterable[str]) -> Recorder:
        """One that reads the topics of another map, or these of its own, and passes over all others.

        Raises `UnknownTopic` if it has no such topic.
        """
        if isinstance(topics, str):
            raise TypeError("topics must be a TopicMap or several names, not one str")
        if isinstance(topics, TopicMap):
            return Recorder(topics, frozenset())
        names = frozenset(topics)
        return Recorder(self._topic_map, names) if names else Recorder(TopicMap(), names)

    def record(self, commit: Commit) -> Record:
        """The commit, encoded. Raises `UnknownTopic` or `UnsupportedType`, naming the class."""
        if not isinstance(commit, Commit):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            raise InvalidCommit(f"a store commits a Commit, not {type(commit).__name__}")
        commands = commit.commands
        return Record(
            commit.tenant_id,
            commit.stream_id,
            commit.commit_sequence,
            commit.first_revision,
            commit.stream_revision,
            commit.commit_id.bytes,
            to_microseconds(commit.commit_stamp),
            header_json.encode(commit.headers),
            self._envelopes.encode(commit.events),
            self._envelopes.encode(EventMessage(each) for each in commands) if commands else b"",
            None,
        )

    def commit(self, record: Record, *, low: int = 1, high: int = MAX_REVISION) -> Commit:
        """The commit again, cut to the events of revisions `low` to `high`.

        Raises `CorruptStorage` or `UnknownTopic`, naming tenant, stream and sequence.
        """
        try:
            events = self._envelopes.decode(record.events)
            commands = self._envelopes.bodies(record.commands) if record.commands else ()
            own_headers = header_json.decode(record.headers)
            stamp, commit_id = _stamp(record), _id(record)
        except (Undecodable, UnknownTopic, msgspec.MsgspecError, TypeError, ValueError) as error:
            raise _located(record, error) from error
        events = _cut(record, events, low, high)
        return restored(
            record.tenant_id,
            record.stream_id,
            min(high, record.stream_revision),
            record.commit_sequence,
            commit_id,
            stamp,
            events,
            own_headers,
            commands,
            record.checkpoint,
        )

    def page(self, records: Sequence[Record], *, low: int = 1, high: int = MAX_REVISION) -> Page:
        """The events of these records of one stream, at least one, cut to revisions `low` to `high`."""
        bodies: list[object] = []
        for record in records:
            try:
                found = self._envelopes.bodies(record.events)
            except (Undecodable, UnknownTopic) as error:
                raise _located(record, error) from error
            bodies.extend(_cut(record, found, low, high))
        last = records[-1]
        try:
            commit_id = _id(last)
        except Undecodable as error:
            raise _located(last, error) from error
        return Page(_head(last, min(high, last.stream_revision)), tuple(bodies), commit_id)


def _head(record: Record, revision: int) -> Head:
    return restored_head(record.tenant_id, record.stream_id, revision, record.commit_sequence, record.checkpoint)


def _id(record: Record) -> UUID:
    if len(record.commit_id) != _ID_BYTES:
        raise Undecodable(f"an id has {_ID_BYTES} bytes, not {len(record.commit_id)}")
    # As its constructor does, but without looking at each of the ways in which one may be given.
    made = UUID.__new__(UUID)
    _set(made, "int", int.from_bytes(record.commit_id, "big"))
    _set(made, "is_safe", SafeUUID.unknown)
    return made


def _stamp(record: Record) -> datetime:
    try:
        return from_microseconds(record.commit_stamp)
    except OverflowError as error:
        raise Undecodable(f"{record.commit_stamp} is no instant") from error


def _cut(record: Record, events: tuple[T, ...], low: int, high: int) -> tuple[T, ...]:
    first, last = record.first_revision, record.stream_revision
    if len(events) != last - first + 1:
        raise CorruptStorage(f"{record.where}: holds {len(events)} events for revisions {first} to {last}")
    if low <= first and last <= high:
        return events
    return events[max(low - first, 0) : max(high - first + 1, 0)]


def _located(record: Record, error: Exception) -> AettError:
    kind = UnknownTopic if isinstance(error, UnknownTopic) else CorruptStorage
    return kind(f"{record.where}: {error}")
