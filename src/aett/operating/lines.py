"""Commits as JSON Lines: one a line, with its events as they are stored.

A line has the fields of `Commit`; an event or command is its envelope, with `topic`, `version`, `body` and, if it
has any, `headers`. Read again, it is the same commit, byte by byte, without the checkpoint that its store gave.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from aett.core.codec.stored import StoredEnvelopes
from aett.core.codec.undecodable import Undecodable, reason
from aett.core.commit import Commit, EventMessage
from aett.core.errors import AettError, InvalidCommit
from aett.core.stored_event import StoredEvent


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    tenant_id: str
    stream_id: str
    commit_sequence: int
    stream_revision: int
    commit_id: UUID
    commit_stamp: str
    events: list[msgspec.Raw]
    headers: dict[str, Any] = {}
    commands: list[msgspec.Raw] = []
    checkpoint: int | None = None


_DECODER: Final = msgspec.json.Decoder(_Line)
_ENVELOPES: Final = StoredEnvelopes()


def line_of(commit: Commit) -> bytes:
    """The commit as a line, without the line's end. It must have been read with `TopicMap.stored()`."""
    return msgspec.json.encode(
        {
            "tenant_id": commit.tenant_id,
            "stream_id": commit.stream_id,
            "commit_sequence": commit.commit_sequence,
            "stream_revision": commit.stream_revision,
            "commit_id": commit.commit_id,
            "commit_stamp": commit.commit_stamp.isoformat(),
            "checkpoint": commit.checkpoint,
            "headers": dict(commit.headers),
            "events": [_raw(each.body) for each in commit.events],
            "commands": [_raw(each) for each in commit.commands],
        }
    )


def commit_of(line: bytes | str) -> Commit:
    """The commit of a line, not numbered. Raises `InvalidCommit`."""
    try:
        found = _DECODER.decode(line)
        events, commands = _messages(found.events), _messages(found.commands)
        return Commit(
            tenant_id=found.tenant_id,
            stream_id=found.stream_id,
            commit_sequence=found.commit_sequence,
            stream_revision=found.stream_revision,
            commit_id=found.commit_id,
            commit_stamp=datetime.fromisoformat(found.commit_stamp),
            headers=found.headers,
            events=events,
            commands=tuple(each.body for each in commands),
        )
    except AettError:
        raise
    except (msgspec.MsgspecError, Undecodable, ValueError, RecursionError) as error:
        raise InvalidCommit(f"the line is no commit: {reason(error)}") from error


def _messages(raws: list[msgspec.Raw]) -> tuple[EventMessage, ...]:
    return _ENVELOPES.decode(b"[%b]" % b",".join(map(bytes, raws)))


def _raw(body: object) -> msgspec.Raw:
    return embedded(as_stored(body).envelope)


def as_stored(body: object) -> StoredEvent:
    """The event, which must have been read as it is stored: a TypeError says so."""
    if not isinstance(body, StoredEvent):
        raise TypeError(f"a commit is exported with TopicMap.stored(), which reads no {type(body).__name__}")
    return body


def embedded(encoded: bytes) -> msgspec.Raw:
    """What is JSON already, within a line."""
    # Within JSON, a line's end stands only between tokens: those who wrote by hand may have left some.
    return msgspec.Raw(encoded.replace(b"\n", b" ").replace(b"\r", b" "))
