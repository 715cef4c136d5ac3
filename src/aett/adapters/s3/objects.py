"""Objects: commits, segments and snapshots as JSON that people can read."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from aett.adapters.store.record import Record
from aett.core.codec.undecodable import reason
from aett.core.errors import CorruptStorage
from aett.core.head import Head
from aett.core.register import Register
from aett.core.snapshot import Snapshot
from aett.core.stamp import from_microseconds, to_microseconds

T = TypeVar("T")

PACK: Final = 1000
"""Checkpoints in a segment's number; its last entry has the last of them."""


_NOTHING: Final = msgspec.Raw(b"")


class _Commit(msgspec.Struct, frozen=True):
    tenant_id: str
    stream_id: str
    commit_sequence: int
    first_revision: int
    stream_revision: int
    commit_id: UUID
    commit_stamp: str
    nonce: str
    events: msgspec.Raw
    headers: msgspec.Raw = _NOTHING
    commands: msgspec.Raw = _NOTHING


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """Of the log: a commit, by its place and the nonce of the call that put it."""

    stream_id: str
    generation: int
    sequence: int
    nonce: str


class _Segment(msgspec.Struct, frozen=True):
    entries: list[Entry]


class _Snapshot(msgspec.Struct, frozen=True):
    stream_revision: int
    commit_sequence: int
    checkpoint: int | None
    fingerprint: str
    payload: bytes


class _Register(msgspec.Struct, frozen=True):
    version: int
    payload: bytes


class Stored(NamedTuple):
    """A commit's object: its record, and the nonce of the call that put it."""

    record: Record
    nonce: str


_encode: Final = msgspec.json.Encoder().encode
_commits: Final = msgspec.json.Decoder(_Commit)
_segments: Final = msgspec.json.Decoder(_Segment)
_registers: Final = msgspec.json.Decoder(_Register)
_snapshots: Final = msgspec.json.Decoder(_Snapshot)


def _decoded(decoder: msgspec.json.Decoder[T], key: str, body: bytes) -> T:
    try:
        return decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise CorruptStorage(f"{key}: not what was put there: {reason(error)}") from error


def commit_object(record: Record, nonce: bytes) -> bytes:
    """A commit. What its writer encoded stands in it as it is."""
    encoded = {"headers": record.headers, "events": record.events, "commands": record.commands}
    return _encode(
        {
            "tenant_id": record.tenant_id,
            "stream_id": record.stream_id,
            "commit_sequence": record.commit_sequence,
            "first_revision": record.first_revision,
            "stream_revision": record.stream_revision,
            "commit_id": UUID(bytes=record.commit_id),
            "commit_stamp": from_microseconds(record.commit_stamp).isoformat(timespec="microseconds"),
            "nonce": nonce.hex(),
            **{name: msgspec.Raw(raw) for name, raw in encoded.items() if raw},
        }
    )


def stored(key: str, body: bytes, checkpoint: int | None = None) -> Stored:
    """The commit of an object, at a checkpoint if it was read in the log."""
    found = _decoded(_commits, key, body)
    try:
        stamp = to_microseconds(datetime.fromisoformat(found.commit_stamp))
    except ValueError as error:
        raise CorruptStorage(f"{key}: its commit_stamp is no instant") from error
    record = Record(
        found.tenant_id,
        found.stream_id,
        found.commit_sequence,
        found.first_revision,
        found.stream_revision,
        found.commit_id.bytes,
        stamp,
        bytes(found.headers),
        bytes(found.events),
        bytes(found.commands),
        checkpoint,
    )
    return Stored(record, found.nonce)


def segment_object(entries: list[Entry]) -> bytes:
    """A segment of the log."""
    return _encode(_Segment(entries))


def numbered(key: str, number: int, body: bytes) -> list[tuple[int, Entry]]:
    """The entries of a segment of this number, each with its checkpoint: the last has the segment's last."""
    entries = _decoded(_segments, key, body).entries
    first = (number + 1) * PACK - len(entries)
    return list(enumerate(entries, first))


def segment_of(checkpoint: int) -> int:
    """The number of the segment that a checkpoint stands in."""
    return checkpoint // PACK


def is_last_of_its_segment(checkpoint: int) -> bool:
    """Whether nothing stands in the segment after it."""
    return checkpoint % PACK == PACK - 1


def snapshot_object(snapshot: Snapshot) -> bytes:
    """A snapshot; the payload in base64."""
    head = snapshot.head
    return _encode(
        _Snapshot(head.revision, head.sequence, head.checkpoint, snapshot.fingerprint, snapshot.payload)
    )


def snapshot(tenant_id: str, stream_id: str, key: str, body: bytes) -> Snapshot:
    """The snapshot of an object."""
    found = _decoded(_snapshots, key, body)
    head = Head(tenant_id, stream_id, found.stream_revision, found.commit_sequence, found.checkpoint)
    return Snapshot(head, found.fingerprint, found.payload)


def register_object(register: Register) -> bytes:
    """A register; the payload in base64."""
    return _encode(_Register(register.version, register.payload))


def register(tenant_id: str, name: str, key: str, body: bytes) -> Register:
    """The register of an object."""
    found = _decoded(_registers, key, body)
    return Register(tenant_id, name, found.version, found.payload)
