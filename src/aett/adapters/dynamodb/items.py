"""Items: how commits, heads, log entries and counters look in a table of two keys.

Every key begins with its kind, and names with their length, so that no two can be confused. A partition holds
a stream (its head, its commits by revision, its ids), a tenant's log, a tenant's snapshots, or a counter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from aett.adapters.store.record import Record
from aett.core.codec.undecodable import reason
from aett.core.errors import CorruptStorage
from aett.core.identifier import MAX_STREAM_BYTES
from aett.core.number import MAX_REVISION

Item: TypeAlias = Mapping[str, Any]
"""Attributes as DynamoDB writes them: `{"name": {"S": "value"}}`."""

Key: TypeAlias = dict[str, Any]

DIGITS: Final = 19
HEAD: Final = "head"
_NO_TEXT: Final = {"S": ""}
_EMPTY: Final = (_NO_TEXT, {"B": b""})


def text(value: str) -> dict[str, str]:
    """An attribute of text."""
    return {"S": value}


def number(value: int) -> dict[str, str]:
    """An attribute of a number."""
    return {"N": str(value)}


def filled_in(**attributes: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The attributes that are not empty: DynamoDB has not always taken empty text, and pays for every name."""
    return {name: value for name, value in attributes.items() if value not in _EMPTY}


def sorted_number(value: int) -> dict[str, str]:
    """A number as a sort key: digits sort as text."""
    return {"S": f"{value:0{DIGITS}d}"}


def last_place() -> dict[str, str]:
    """Above every number that is a sort key."""
    return sorted_number(MAX_REVISION)


LAST_NAME: Final = text("\U0010ffff" * MAX_STREAM_BYTES)
"""Above every name that is a sort key."""


def stream_partition(tenant_id: str, stream_id: str) -> dict[str, str]:
    """The partition of a stream."""
    return {"S": f"stream/{len(tenant_id)}/{tenant_id}/{stream_id}"}


def log_partition(tenant_id: str) -> dict[str, str]:
    """The partition of a tenant's log."""
    return {"S": f"log/{tenant_id}"}


def counter_key(tenant_id: str) -> Key:
    """The key of a tenant's counter."""
    return {"pk": {"S": f"counter/{tenant_id}"}, "sk": {"S": "counter"}}


def tenants_partition() -> dict[str, str]:
    """The partition of the list of tenants."""
    return {"S": "tenants"}


def listed_key(tenant_id: str) -> Key:
    """The key of a tenant in the list of them."""
    return {"pk": tenants_partition(), "sk": text(tenant_id)}


def register_partition(tenant_id: str) -> dict[str, str]:
    """The partition of a tenant's registers."""
    return {"S": f"registers/{tenant_id}"}


def register_key(tenant_id: str, name: str) -> Key:
    """The key of a register."""
    return {"pk": register_partition(tenant_id), "sk": text(name)}


def snapshot_partition(tenant_id: str) -> dict[str, str]:
    """The partition of a tenant's snapshots."""
    return {"S": f"snapshots/{tenant_id}"}


def snapshot_place(stream_id: str, revision: int) -> dict[str, str]:
    """The place of a snapshot within it."""
    return {"S": f"{len(stream_id)}/{stream_id}/{revision:0{DIGITS}d}"}


def head_key(tenant_id: str, stream_id: str) -> Key:
    """The key of a stream's head."""
    return {"pk": stream_partition(tenant_id, stream_id), "sk": {"S": HEAD}}


def id_key(tenant_id: str, stream_id: str, commit_id: bytes) -> Key:
    """The key of what tells where a commit id stands."""
    return {"pk": stream_partition(tenant_id, stream_id), "sk": {"S": f"id/{commit_id.hex()}"}}


def commit_key(tenant_id: str, stream_id: str, revision: int) -> Key:
    """The key of a commit: its last revision."""
    return {"pk": stream_partition(tenant_id, stream_id), "sk": sorted_number(revision)}


def log_key(tenant_id: str, checkpoint: int) -> Key:
    """The key of a log entry."""
    return {"pk": log_partition(tenant_id), "sk": sorted_number(checkpoint)}


def commit_item(record: Record, checkpoint: int) -> Item:
    """A commit."""
    return {
        **commit_key(record.tenant_id, record.stream_id, record.stream_revision),
        "tenant_id": text(record.tenant_id),
        "stream_id": text(record.stream_id),
        "commit_sequence": number(record.commit_sequence),
        "first_revision": number(record.first_revision),
        "stream_revision": number(record.stream_revision),
        "commit_id": {"B": record.commit_id},
        "commit_stamp": number(record.commit_stamp),
        "events": text(record.events.decode()),
        "checkpoint": number(checkpoint),
        **filled_in(headers=text(record.headers.decode()), commands=text(record.commands.decode())),
    }


def record(item: Mapping[str, Any]) -> Record:
    """The commit of an item."""
    try:
        return Record(
            item["tenant_id"]["S"],
            item["stream_id"]["S"],
            int(item["commit_sequence"]["N"]),
            int(item["first_revision"]["N"]),
            int(item["stream_revision"]["N"]),
            bytes(item["commit_id"]["B"]),
            int(item["commit_stamp"]["N"]),
            item.get("headers", _NO_TEXT)["S"].encode(),
            item["events"]["S"].encode(),
            item.get("commands", _NO_TEXT)["S"].encode(),
            int(item["checkpoint"]["N"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        where = f"{item.get('pk')}, {item.get('sk')}"
        raise CorruptStorage(f"{where}: no commit's item: {reason(error)}") from error
