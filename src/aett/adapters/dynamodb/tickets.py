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
6. The counter notes up to where the log has been seen without a hole, so that who looks for its tail begins there;
   and that its tenant stands in the list of tenants, where it is put before the first commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from aett.adapters.aws.call import Call, Refused, Reply, done
from aett.adapters.dynamodb.items import Item, counter_key, listed_key, log_key, log_partition, sorted_number
from aett.adapters.dynamodb.requests import CONDITION, got, queried
from aett.adapters.store.pause import Pause
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan

PATIENCE: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)
"""Seconds between the looks of a reader that has met a hole, before it fills it."""

NUMBERS: Final = 1_000
"""Entries looked at in one request when holes are sought."""

NOTED: Final = 1_000
"""Numbers above the last that was noted, which a look at the log's tail finds settled before it notes its own."""


def draw(table: str, tenant_id: str) -> Plan[int]:
    """The tenant's next number. Whoever draws while the tenant is not listed, lists it."""
    reply = yield from _changed(table, tenant_id, "ADD drawn :number", 1, {"ReturnValues": "ALL_NEW"})
    counter = done(reply)["Attributes"]
    if "listed" not in counter:
        yield from Call("put_item", {"TableName": table, "Item": listed_key(tenant_id)})
        yield from _changed(table, tenant_id, "SET listed = :number", 1)
    return int(counter["drawn"]["N"])


def _changed(
    table: str, tenant_id: str, change: str, number: int, more: Mapping[str, Any] = MappingProxyType({})
) -> Plan[Refused | Reply]:
    values = {":number": {"N": str(number)}}
    arguments = {"TableName": table, "Key": counter_key(tenant_id), "UpdateExpression": change, **more}
    return (
        yield from Call("update_item", {**arguments, "ExpressionAttributeValues": values}, refusals=(CONDITION,))
    )


def checkpoint(entry: Item) -> int:
    """The number of a log's entry."""
    return int(entry["sk"]["S"])


def entries(
    table: str, tenant_id: str, after: int, upto: int, size: int, patience: tuple[float, ...]
) -> Plan[list[Item]]:
    """The log's next entries up to a number, at most `size`, between which nothing can appear any more."""
    waits = iter(patience)
    while True:
        found = yield from queried(
            table, log_partition(tenant_id), sorted_number(min(after + 1, MAX_REVISION)), sorted_number(upto), size
        )
        missing = _holes(after, found)
        if not missing:
            return found
        if (seconds := next(waits, None)) is not None:
            yield from Pause(seconds)
        else:
            yield from filled(table, tenant_id, missing)


def commits_back(table: str, tenant_id: str, after: int, upto: int, size: int) -> Plan[list[Item]]:
    """The log's last entries of commits after a number, up to another, at most `size`, newest first."""
    found = list[Item]()
    while len(found) < size and after < upto:
        page = yield from queried(
            table, log_partition(tenant_id), sorted_number(after + 1), sorted_number(upto), size, backwards=True
        )
        found += [each for each in page if not is_tombstone(each)]
        upto = checkpoint(page[-1]) - 1 if len(page) == size else after
    return found[:size]


def is_tombstone(entry: Item) -> bool:
    """Whether it names no commit."""
    return "stream_id" not in entry


def settled(table: str, tenant_id: str, number: int, patience: tuple[float, ...]) -> Plan[None]:
    """Wait for the holes up to a number that has an entry, or fill them; and note it, so that it is done once."""
    counter = yield from got(table, counter_key(tenant_id))
    after = floor = 0 if counter is None or "settled" not in counter else int(counter["settled"]["N"])
    while after < number:
        found = yield from entries(table, tenant_id, after, number, NUMBERS, patience)
        after = checkpoint(found[-1]) if len(found) == NUMBERS else number
    if number - floor >= NOTED:
        unless = {"ConditionExpression": "attribute_not_exists(settled) OR settled < :number"}
        yield from _changed(table, tenant_id, "SET settled = :number", number, unless)


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
