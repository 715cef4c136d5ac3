"""Tickets: numbers drawn from a tenant's counter, and the holes that they can leave in its log.

How a log stays without a gap in which something could appear later:

1. A writer looks for its predecessor, and only then draws a number: one atomic increment of the tenant's
   counter. (Drawn before, a later commit of the stream could have the lower number.)
2. It inserts its commit under that number. Three unique keys guard the insert: the number in the tenant, the
   sequence in the stream, the id in the stream. Who is refused looks why (`engine.append`), and if it was only
   the number begins again at step 1. Either way the number it drew is a hole.
3. A reader takes the entries after its checkpoint, in order. A number that is missing belongs to a writer that
   is on its way, was refused, or died: nobody can tell which. It looks again for some milliseconds.
4. Then it inserts a tombstone under that number. The unique key decides between it and the writer: either the
   commit is there and is read, or the tombstone is, and the writer is refused and draws a higher number. Clocks
   change how long is waited, never what is right.
5. A purge deletes commits, and so makes holes that must not be waited for. It first fills all holes up to the
   last number drawn, then raises the *floor* to it: below the floor nobody waits or fills. A reader takes the
   floor before the page that it judges by it, or what was still in flight when the page was read would pass
   for purged. Tombstones are never deleted: a late writer would slip in under their number.

A counter holds: `number`, the last that was drawn; `floor`, up to which the log has no holes but those that
purges left; `fence`, up to which a predecessor may be purged just now (`purging`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from aett.adapters.mongodb.documents import tombstone
from aett.adapters.mongodb.steps import Document, Find, Insert, Modify
from aett.adapters.store.pause import Pause
from aett.core.plan import Plan

PATIENCE: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)
"""Seconds between the looks of a reader that has met a hole, before it fills it."""

NUMBERS: Final = 10_000
"""Numbers looked at in one command when holes are sought."""

NOTED: Final = 1_000
"""Numbers above the floor that a look at the log's tail finds settled before it raises the floor."""

_NUMBER = ("checkpoint",)
_UPWARDS: Final = (("checkpoint", 1),)


def draw(tenant_id: str) -> Plan[Document]:
    """The tenant's next number, and what else its counter tells at that instant."""
    return (yield from modified(tenant_id, {"$inc": {"number": 1}}))


def modified(tenant_id: str, change: dict[str, Any]) -> Plan[Document]:
    """The counter after a change."""
    counter = None
    while counter is None:
        counter = yield from Modify("counters", tenant_id, change)
    return {"number": 0, "floor": 0, "fence": 0, **counter}


def holes(after: int, found: Iterable[Document], floor: int) -> list[int]:
    """The numbers above the floor that are missing between `after` and the last that was found."""
    missing: list[int] = []
    for each in found:
        missing.extend(range(max(after, floor) + 1, each["checkpoint"]))
        after = each["checkpoint"]
    return missing


def filled(tenant_id: str, missing: Iterable[int]) -> Plan[None]:
    """Put tombstones under these numbers; where somebody was faster, that stays."""
    for number in missing:
        yield from Insert("commits", tombstone(tenant_id, number))


def entries(
    tenant_id: str,
    after: int,
    upto: int,
    size: int,
    patience: tuple[float, ...],
    fields: tuple[str, ...] | None = None,
) -> Plan[list[Document]]:
    """The log's next entries up to a number, at most `size`, between which nothing can appear any more."""
    floor, waits = 0, iter(patience)
    while True:
        # The floor is older than the page: what was in flight when the page was read has no part in it.
        found = yield from Find(
            "commits",
            {"tenant_id": tenant_id, "checkpoint": {"$gt": after, "$lte": upto}},
            _UPWARDS,
            size,
            fields,
            alone=True,
        )
        missing = holes(after, found, floor)
        if not missing:
            return found
        counters = yield from Find("counters", {"_id": tenant_id}, (), 1)
        risen = counters[0].get("floor", 0) if counters else 0
        if risen > floor:
            floor = risen
            continue
        if (seconds := next(waits, None)) is not None:
            yield from Pause(seconds)
        else:
            yield from filled(tenant_id, missing)


def settled(tenant_id: str, number: int, patience: tuple[float, ...]) -> Plan[None]:
    """Wait for the holes up to a number that has an entry, or fill them; and note it, so that it is done once."""
    counters = yield from Find("counters", {"_id": tenant_id}, (), 1, alone=True)
    after = floor = int(counters[0].get("floor", 0)) if counters else 0
    while after < number:
        found = yield from entries(tenant_id, after, number, NUMBERS, patience, _NUMBER)
        after = found[-1]["checkpoint"] if len(found) == NUMBERS else number
    if number - floor >= NOTED:
        yield from modified(tenant_id, {"$max": {"floor": number}})


def settle(tenant_id: str, floor: int, number: int) -> Plan[None]:
    """Leave no hole after the floor up to a number, and raise the floor to it."""
    after = floor
    while after < number:
        between = {"$gt": after, "$lte": number}
        found = yield from Find(
            "commits", {"tenant_id": tenant_id, "checkpoint": between}, _UPWARDS, NUMBERS, _NUMBER
        )
        end = found[-1]["checkpoint"] if len(found) == NUMBERS else number
        yield from filled(tenant_id, holes(after, [*found, {"checkpoint": end + 1}], floor))
        after = end
    yield from modified(tenant_id, {"$max": {"floor": number}})
