"""Documents: how commits, tombstones and barriers of purges look in MongoDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from aett.adapters.mongodb.steps import Document, Index
from aett.adapters.store.record import Record
from aett.core.codec.undecodable import reason
from aett.core.errors import CorruptStorage

COMMITS: Final = (
    Index("log", ("tenant_id", "checkpoint"), unique=True),
    Index("sequence", ("tenant_id", "stream_id", "commit_sequence"), unique=True),
    Index("commit_id", ("tenant_id", "stream_id", "commit_id"), unique=True),
    Index("revision", ("tenant_id", "stream_id", "stream_revision")),
)
"""Each begins with the tenant, so that a collection sharded by `{tenant_id: 1}` can keep it."""

REGISTERS: Final = (Index("register", ("tenant_id", "name"), unique=True),)

SNAPSHOTS: Final = (Index("snapshot", ("tenant_id", "stream_id", "stream_revision"), unique=True),)

NO_STREAM: Final = ""
"""The stream of tombstones: no stream's name is empty."""

NO_BARRIER: Final[Mapping[str, Any]] = {"purged": {"$exists": False}}
COMMIT: Final[Mapping[str, Any]] = {"stream_id": {"$gt": NO_STREAM}, **NO_BARRIER}
"""Filters: what is no barrier, and what is no tombstone either."""

_BARRIERS: Final = UUID("5f6fb5e4-6ad5-4b0e-a0d1-3c1f1a0b8f9c")


def commit_id(value: bytes) -> UUID:
    """An id, which MongoDB has a type for."""
    return UUID(bytes=value)


def document(record: Record, checkpoint: int, nonce: bytes) -> Document:
    """A commit. The payloads are JSON text, which MongoDB's numbers and keys could not hold exactly."""
    return {
        "tenant_id": record.tenant_id,
        "stream_id": record.stream_id,
        "commit_sequence": record.commit_sequence,
        "first_revision": record.first_revision,
        "stream_revision": record.stream_revision,
        "commit_id": commit_id(record.commit_id),
        "commit_stamp": record.commit_stamp,
        "headers": record.headers.decode(),
        "events": record.events.decode(),
        "commands": record.commands.decode(),
        "checkpoint": checkpoint,
        "nonce": nonce,
    }


def record(found: Mapping[str, Any]) -> Record:
    """The commit of a document."""
    try:
        return Record(
            found["tenant_id"],
            found["stream_id"],
            int(found["commit_sequence"]),
            int(found["first_revision"]),
            int(found["stream_revision"]),
            found["commit_id"].bytes,
            int(found["commit_stamp"]),
            found["headers"].encode(),
            found["events"].encode(),
            found["commands"].encode(),
            int(found["checkpoint"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        where = ", ".join(f"{name} {found.get(name)!r}" for name in ("tenant_id", "stream_id", "commit_sequence"))
        raise CorruptStorage(f"{where}: no commit's document: {reason(error)}") from error


def tombstone(tenant_id: str, checkpoint: int) -> Document:
    """What fills a hole in the log. Its keys of a stream are its own, so that no two collide."""
    return {
        "tenant_id": tenant_id,
        "stream_id": NO_STREAM,
        "commit_sequence": checkpoint,
        "commit_id": UUID(int=checkpoint),
        "checkpoint": checkpoint,
    }


def barrier(head: Mapping[str, Any], checkpoint: int) -> Document:
    """What a purge puts after a stream's head: nothing can follow it."""
    return {
        "tenant_id": head["tenant_id"],
        "stream_id": head["stream_id"],
        "commit_sequence": head["commit_sequence"] + 1,
        "first_revision": head["stream_revision"] + 1,
        "stream_revision": head["stream_revision"] + 1,
        "commit_id": uuid5(_BARRIERS, str(checkpoint)),
        "checkpoint": checkpoint,
        "purged": True,
    }


def is_barrier(found: Mapping[str, Any]) -> bool:
    """Whether a purge put it there."""
    return "purged" in found


def is_commit(found: Mapping[str, Any]) -> bool:
    """Whether it is neither a tombstone nor a barrier."""
    return found["stream_id"] != NO_STREAM and not is_barrier(found)
