"""The cells of registers in DynamoDB: an item each, put on the condition of its version.

1. A cell is read, and put on the condition that it still has the version that was read.
2. What is removed becomes an item without a version, which stays until the tenant is purged: see 3.
3. A client repeats a request whose reply was lost, and then meets its own write, or what others put on top of it.
   So an item keeps the nonces of the calls that changed it last, and who was refused looks for his.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from aett.adapters.aws.call import Call, Refused
from aett.adapters.aws.nonces import joined, known, new_nonce
from aett.adapters.dynamodb import items
from aett.adapters.dynamodb.engine import MAX_COMMIT_SIZE
from aett.adapters.dynamodb.items import Item, number
from aett.adapters.dynamodb.requests import CONDITION, got, queried
from aett.adapters.store.registers import beginning
from aett.core.plan import Plan
from aett.core.register import Register

_FREE = {"ConditionExpression": "attribute_not_exists(version)"}


@frozen
class DynamoCells:
    """A `Cells`."""

    table: str
    max_payload_size: int | None = MAX_COMMIT_SIZE
    nonce: Callable[[], bytes] = new_nonce

    def find(self, tenant_id: str, name: str) -> Plan[Register | None]:
        """By its key."""
        found = yield from got(self.table, items.register_key(tenant_id, name))
        if found is None or "version" not in found:
            return None
        return Register(tenant_id, name, _version(found), bytes(found.get("payload", {"B": b""})["B"]))

    def swap(self, old: Register, new: Register) -> Plan[bool]:
        """Read the item, and put the new one, or what says that there is none, in its place."""
        key, nonce = items.register_key(old.tenant_id, old.name), self.nonce()
        there = yield from got(self.table, key)
        if _version(there) != old.version:
            return False
        item = {
            **key,
            "nonces": {"B": joined(_nonces(there), nonce)},
            **({"version": number(new.version)} if new.exists else {}),
            **items.filled_in(payload={"B": new.payload}),
        }
        condition: dict[str, Any] = dict(_FREE)
        if old.exists:
            values = {":old": number(old.version)}
            condition = {"ConditionExpression": "version = :old", "ExpressionAttributeValues": values}
        put = Call("put_item", {"TableName": self.table, "Item": item, **condition}, refusals=(CONDITION,))
        if not isinstance((yield from put), Refused):
            return True
        return known(_nonces((yield from got(self.table, key))), nonce)

    def names(self, tenant_id: str, prefix: str, after: str | None, size: int) -> Plan[list[str]]:
        """By the keys of the tenant's registers, from the prefix on."""
        partition, names = items.register_partition(tenant_id), list[str]()
        while len(names) < size:
            low = items.text(prefix or "\x01" if after is None else f"{after}\x01")
            found = yield from queried(self.table, partition, low, items.LAST_NAME, size)
            names += beginning((each["sk"]["S"] for each in found if "version" in each), prefix)
            if len(found) < size or not found[-1]["sk"]["S"].startswith(prefix):
                break
            after = found[-1]["sk"]["S"]
        return names[:size]


def _version(item: Item | None) -> int:
    return 0 if item is None or "version" not in item else int(item["version"]["N"])


def _nonces(item: Item | None) -> bytes:
    return b"" if item is None else bytes(item["nonces"]["B"])
