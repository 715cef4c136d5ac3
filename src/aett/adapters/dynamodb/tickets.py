"""Tickets: numbers drawn from a tenant's counter, and the holes that they can leave in its log.

How a log stays without a gap in which something could appear later:

1. A writer draws a number: one atomic update of the tenant's counter.
2. In one transaction it writes its commit and the log's entry under that number, each on the condition that
   nothing is there yet; the head must hold a lower number (`engine`).
3. A writer that was refused puts a tombstone under its own number at once, unless it was the entry that refused
   it, for then there is one already. So readers wait for nobody but the slow and the dead.
4. A reader takes the entries after its checkpoint, in order. Where a number is missing it looks again for some
   milliseconds, then puts a tombstone there, on the same condition. Whoever is first decides: either the commit
   is in and is read, or the writer's transaction is refused and it draws a higher number. Clocks change how long
   is waited, never what is right.
5. An entry names its commit; one that names none is a tombstone. Nobody ever removes an entry (a purge replaces
   those of its commits by tombstones), so a log has no holes but the newest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aett.adapters.aws.call import Call, done
from aett.adapters.dynamodb.items import Item, counter_key, last_place, log_key, log_partition, sorted_number
from aett.adapters.dynamodb.requests import CONDITION, queried
from aett.adapters.store.pause import Pause
from aett.core.plan import Plan

PATIENCE: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)
"""Seconds between the looks of a reader that has met a hole, before it fills it."""


def draw(table: str, tenant_id: str) -> Plan[int]:
    """The tenant's next number."""
    reply = yield from Call(
        "update_item",
        {
            "TableName": table,
            "Key": counter_key(tenant_id),
            "UpdateExpression": "ADD drawn :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
            "ReturnValues": "UPDATED_NEW",
        },
    )
    return int(done(reply)["Attributes"]["drawn"]["N"])


def checkpoint(entry: Item) -> int:
    """The number of a log's entry."""
    return int(entry["sk"]["S"])


def entries(table: str, tenant_id: str, after: int, size: int, patience: tuple[float, ...]) -> Plan[list[Item]]:
    """The log's next entries, at most `size`, between which nothing can appear any more."""
    waits = iter(patience)
    while True:
        found = yield from queried(table, log_partition(tenant_id), sorted_number(after + 1), last_place(), size)
        missing = _holes(after, found)
        if not missing:
            return found
        if (seconds := next(waits, None)) is not None:
            yield from Pause(seconds)
        else:
            yield from filled(table, tenant_id, missing)


def _holes(after: int, found: Iterable[Item]) -> list[int]:
    missing: list[int] = []
    for each in found:
        number = checkpoint(each)
        missing.extend(range(after + 1, number))
        after = number
    return missing


def filled(table: str, tenant_id: str, missing: Iterable[int]) -> Plan[None]:
    """Put tombstones under these numbers; where somebody was faster, that stays."""
    for number in missing:
        yield from Call(
            "put_item",
            {
                "TableName": table,
                "Item": log_key(tenant_id, number),
                "ConditionExpression": "attribute_not_exists(sk)",
            },
            refusals=(CONDITION,),
        )
