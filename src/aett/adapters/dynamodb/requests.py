"""Requests that several plans make of DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aett.adapters.aws.call import Call, Refused, done
from aett.adapters.dynamodb.items import Item, Key
from aett.adapters.store.pause import paused
from aett.core.plan import Plan

CONDITION: Final = "ConditionalCheckFailedException"
CANCELLED: Final = "TransactionCanceledException"
CONFLICT: Final = "TransactionConflict"
FAILED: Final = "ConditionalCheckFailed"
"""In the reasons of a cancelled transaction: this action's condition does not hold."""

BATCH_GET: Final = 100
"""Keys in one BatchGetItem; DynamoDB takes no more."""

TRANSACTED: Final = 10
"""Actions in one TransactWriteItems: what Amazon's own local build takes, too; the service takes 100."""

PAUSES: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Seconds before a request is made again that met another, or was done in part."""

_BUSY: Final = "DynamoDB: others were in the way for too long, or it takes no more requests"


def got(table: str, key: Key) -> Plan[Item | None]:
    """The item under a key."""
    reply = yield from Call("get_item", {"TableName": table, "Key": key, "ConsistentRead": True})
    return done(reply).get("Item")


def queried(
    table: str,
    partition: Mapping[str, Any],
    low: Mapping[str, Any],
    high: Mapping[str, Any],
    size: int | None = None,
    *,
    backwards: bool = False,
) -> Plan[list[Item]]:
    """A partition's items between two places, at most `size`, however many pages that takes."""
    found: list[Item] = []
    if low["S"] > high["S"]:  # DynamoDB refuses a range that can hold nothing.
        return found
    arguments: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
        "ExpressionAttributeValues": {":pk": partition, ":low": low, ":high": high},
        "ConsistentRead": True,
        "ScanIndexForward": not backwards,
    }
    while True:
        limit = {} if size is None else {"Limit": size - len(found)}
        reply = done((yield from Call("query", {**arguments, **limit})))
        found.extend(reply["Items"])
        last = reply.get("LastEvaluatedKey")
        if not last or (size is not None and len(found) >= size):
            return found
        arguments["ExclusiveStartKey"] = last


def fetched(table: str, keys: Sequence[Key]) -> Plan[list[Item]]:
    """The items under these keys, in no order, without those that are absent."""
    found: list[Item] = []
    for start in range(0, len(keys), BATCH_GET):
        wanted: Any = {table: {"Keys": list(keys[start : start + BATCH_GET]), "ConsistentRead": True}}
        waits = iter(PAUSES)
        while wanted:
            reply = done((yield from Call("batch_get_item", {"RequestItems": wanted})))
            got_now = reply.get("Responses", {}).get(table, [])
            found.extend(got_now)
            wanted = reply.get("UnprocessedKeys")
            if wanted and not got_now:
                yield from paused(waits, _BUSY)
    return found


def written(table: str, actions: Iterable[Mapping[str, Any]], token: str | None = None) -> Plan[Refused | None]:
    """All of these in one transaction, or none: then why; again as long as it meets others."""
    items = [{kind: {"TableName": table, **what} for kind, what in action.items()} for action in actions]
    arguments = {"TransactItems": items, **({} if token is None else {"ClientRequestToken": token})}
    waits = iter(PAUSES)
    while True:
        reply = yield from Call("transact_write_items", arguments, refusals=(CANCELLED,))
        if not isinstance(reply, Refused):
            return None
        if CONFLICT not in reply.reasons or FAILED in reply.reasons:
            return reply
        yield from paused(waits, _BUSY)
