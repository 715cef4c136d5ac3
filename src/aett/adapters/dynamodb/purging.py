"""Purging a stream while writers may be at it.

1. The head is marked with its own checkpoint, which no other head has. Every commit is conditional on a head
   without a mark, so nothing can follow.
2. Commits and ids are deleted, each commit with a tombstone in the place of its log entry, in transactions that
   demand the mark: whoever goes on with a purge that somebody else has finished, beside a stream that began
   anew, deletes nothing.
3. The snapshots are deleted, and the head last.

A purge that ends midway is finished by the next writer or purge that meets the mark; any number may do so at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aett.adapters.aws.call import Call, Refused, done
from aett.adapters.dynamodb import items
from aett.adapters.dynamodb.items import Item
from aett.adapters.dynamodb.requests import CONDITION, TRANSACTED, got, queried, written
from aett.core.plan import Plan

_LOWEST: Final = {"S": "0"}
_AT_ONCE: Final = (TRANSACTED - 1) // 2
_BYTES: Final = 2_000_000
"""What one transaction of a purge deletes; DynamoDB takes no more than 4 MB."""

_MARKED: Final = "purge_mark = :purge"


def is_purged(head: Item) -> bool:
    """Whether a purge of the stream has begun."""
    return "purge_mark" in head


def purge_stream(table: str, tenant_id: str, stream_id: str) -> Plan[None]:
    """Delete a stream's commits and snapshots."""
    key = items.head_key(tenant_id, stream_id)
    head = yield from got(table, key)
    if head is not None and not is_purged(head):
        reply = yield from Call(
            "update_item",
            {
                "TableName": table,
                "Key": key,
                "UpdateExpression": "SET purge_mark = checkpoint",
                "ConditionExpression": "attribute_exists(sk) AND attribute_not_exists(purge_mark)",
                "ReturnValues": "ALL_NEW",
            },
            refusals=(CONDITION,),
        )
        head = (yield from got(table, key)) if isinstance(reply, Refused) else done(reply)["Attributes"]
    if head is not None and is_purged(head):
        yield from finish(table, tenant_id, stream_id, head)
    yield from delete_snapshots(table, tenant_id, stream_id)


def finish(table: str, tenant_id: str, stream_id: str, head: Item) -> Plan[None]:
    """Purge the stream of this marked head; any number may do so at once."""
    key = items.head_key(tenant_id, stream_id)
    marked: Mapping[str, Any] = {
        "Key": key,
        "ConditionExpression": _MARKED,
        "ExpressionAttributeValues": {":purge": head["purge_mark"]},
    }
    while True:
        found = yield from queried(table, key["pk"], _LOWEST, {"S": "~"}, _AT_ONCE)
        rest = [each for each in found if each["sk"]["S"] != items.HEAD]
        if not rest:
            break
        actions: list[Mapping[str, Any]] = [{"ConditionCheck": marked}]
        size = 0
        for each in rest:
            size += sum(len(each[name]["S"]) for name in ("headers", "events", "commands") if name in each)
            if size > _BYTES and len(actions) > 1:
                break
            actions.append({"Delete": {"Key": {name: each[name] for name in key}}})
            if "commit_id" in each:
                number = int(each["checkpoint"]["N"])
                actions.append({"Put": {"Item": items.log_key(tenant_id, number)}})
        if (yield from written(table, actions)) is not None:
            return  # Somebody else has finished it.
    yield from delete_snapshots(table, tenant_id, stream_id)
    yield from Call("delete_item", {"TableName": table, **marked}, refusals=(CONDITION,))


def delete_snapshots(table: str, tenant_id: str, stream_id: str | None = None) -> Plan[None]:
    """Delete a stream's snapshots, or a tenant's."""
    partition = items.snapshot_partition(tenant_id)
    low = {"S": "0"} if stream_id is None else items.snapshot_place(stream_id, 0)
    high = {"S": ":"} if stream_id is None else items.snapshot_place(stream_id, 10**items.DIGITS - 1)
    yield from _deleted(table, partition, low, high)


def delete_registers(table: str, tenant_id: str) -> Plan[None]:
    """Delete a tenant's registers."""
    yield from _deleted(table, items.register_partition(tenant_id), items.text("\x01"), items.LAST_NAME)


def _deleted(
    table: str, partition: Mapping[str, Any], low: Mapping[str, Any], high: Mapping[str, Any]
) -> Plan[None]:
    """Delete all of a partition's items between two places."""
    while found := (yield from queried(table, partition, low, high, TRANSACTED)):
        for each in found:
            key = {name: each[name] for name in ("pk", "sk")}
            yield from Call("delete_item", {"TableName": table, "Key": key})
