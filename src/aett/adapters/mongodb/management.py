"""The plans that make, empty and remove collections."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from aett.adapters.mongodb.documents import COMMITS, NO_STREAM, REGISTERS, SNAPSHOTS
from aett.adapters.mongodb.purging import purge_stream
from aett.adapters.mongodb.steps import COLLECTIONS, Collection, CreateIndexes, Delete, Describe, Drop, Find, Index
from aett.core import identifier
from aett.core.errors import SchemaMismatch
from aett.core.plan import Plan

_INDEXES: Final[dict[Collection, tuple[Index, ...]]] = {
    "commits": COMMITS,
    "snapshots": SNAPSHOTS,
    "counters": (),
    "registers": REGISTERS,
}
_UNFIT: Final = ("collation", "capped", "timeseries", "viewOn")


@frozen
class MongoManagement:
    """A `ManagementPlans`."""

    def initialize(self) -> Plan[None]:
        """Create what is absent, then verify all of it by name."""
        differences: list[str] = []
        for collection in COLLECTIONS:
            yield from CreateIndexes(collection, _INDEXES[collection])
            options, indexes = yield from Describe(collection)
            differences += [f"{collection}: must have no {each}" for each in _UNFIT if options.get(each)]
            found = {each.name: each for each in indexes}
            for wanted in _INDEXES[collection]:
                if found.get(wanted.name) != wanted:
                    is_now = found.get(wanted.name, "absent")
                    differences.append(f"{collection}: index {wanted.name} should be {wanted}, but is {is_now}")
        if differences:
            raise SchemaMismatch("; ".join(differences))

    def drop(self) -> Plan[None]:
        """Drop the collections, with all that they hold."""
        for collection in COLLECTIONS:
            yield from Drop(collection)

    def purge(self, tenant_id: str) -> Plan[None]:
        """Purge stream by stream."""
        tenant_id, stream_id = identifier.tenant(tenant_id), NO_STREAM
        while True:
            following = {"tenant_id": tenant_id, "stream_id": {"$gt": stream_id}}
            found = yield from Find("commits", following, (("stream_id", 1),), 1, ("stream_id",))
            if not found:
                break
            stream_id = found[0]["stream_id"]
            yield from purge_stream(tenant_id, stream_id)
        for collection in ("snapshots", "registers"):
            yield from Delete(collection, {"tenant_id": tenant_id})

    def purge_stream(self, tenant_id: str, stream_id: str) -> Plan[None]:
        """Purge one stream."""
        yield from purge_stream(identifier.tenant(tenant_id), identifier.stream(stream_id))
