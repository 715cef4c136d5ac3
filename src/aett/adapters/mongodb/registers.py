"""The cells of registers in MongoDB: a document each, changed by one command on the condition of its version."""

from __future__ import annotations

from attrs import frozen

from aett.adapters.mongodb.engine import MAX_COMMIT_SIZE
from aett.adapters.mongodb.steps import Find, Insert, Remove, Swap
from aett.adapters.store.registers import beginning
from aett.core.plan import Plan
from aett.core.register import Register


@frozen
class MongoCells:
    """A `Cells`."""

    max_payload_size: int | None = MAX_COMMIT_SIZE

    def find(self, tenant_id: str, name: str) -> Plan[Register | None]:
        """By the unique key."""
        found = yield from Find("registers", {"tenant_id": tenant_id, "name": name}, (), 1)
        return Register(tenant_id, name, int(found[0]["version"]), bytes(found[0]["payload"])) if found else None

    def swap(self, old: Register, new: Register) -> Plan[bool]:
        """Insert, replace or remove the document."""
        key = {"tenant_id": old.tenant_id, "name": old.name}
        document = {**key, "version": new.version, "payload": new.payload}
        if old.exists and new.exists:
            return (yield from Swap("registers", {**key, "version": old.version}, document))
        if old.exists:
            return (yield from Remove("registers", {**key, "version": old.version}))
        if new.exists:
            return (yield from Insert("registers", document))
        return (yield from self.find(old.tenant_id, old.name)) is None

    def names(self, tenant_id: str, prefix: str, after: str | None, size: int) -> Plan[list[str]]:
        """By the unique key, from the prefix on."""
        wanted = {"tenant_id": tenant_id, "name": {"$gte": prefix, "$gt": after or ""}}
        found = yield from Find("registers", wanted, (("name", 1),), size, ("name",))
        return beginning((each["name"] for each in found), prefix)
