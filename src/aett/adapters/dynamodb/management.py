"""The plans that make, empty and remove a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from aett.adapters.aws.call import Call, Refused, Reply, done
from aett.adapters.dynamodb import items, purging
from aett.adapters.dynamodb.requests import queried
from aett.adapters.store.pause import Pause
from aett.core import identifier
from aett.core.errors import SchemaMismatch, StorageUnavailable
from aett.core.plan import Plan

_ABSENT: Final = "ResourceNotFoundException"
_IN_USE: Final = "ResourceInUseException"
_KEYS: Final = {"pk": "HASH", "sk": "RANGE"}
_WAIT: Final = 0.5
_WAITS: Final = 240
"""Looks, with `_WAIT` seconds between them, until a table that is made or removed is so."""

_ENTRIES: Final = 1000
"""Log entries looked at in one request when a tenant's streams are sought."""

ON_DEMAND: Final[Mapping[str, Any]] = {"BillingMode": "PAY_PER_REQUEST"}
"""How a table is paid for, unless `PersistenceManagement` is told otherwise: arguments of CreateTable."""


@frozen
class DynamoManagement:
    """A `ManagementPlans`.

    billing: arguments of CreateTable.
    """

    table: str
    billing: Mapping[str, Any] = ON_DEMAND

    def initialize(self) -> Plan[None]:
        """Create what is absent, wait for it, then verify its keys by name."""
        described = yield from self._described()
        if described is None:
            arguments = {
                "TableName": self.table,
                "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in _KEYS.items()],
                "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in _KEYS],
                **self.billing,
            }
            yield from Call("create_table", arguments, refusals=(_IN_USE,))
        for _ in range(_WAITS):
            described = yield from self._described()
            if described is not None and described["TableStatus"] in {"ACTIVE", "UPDATING"}:
                return _verify(described)
            yield from Pause(_WAIT)
        raise StorageUnavailable(f"DynamoDB: table {self.table} does not become active")

    def drop(self) -> Plan[None]:
        """Delete the table, with all that it holds, and wait until it is gone."""
        for _ in range(_WAITS):
            described = yield from self._described()
            if described is None:
                return
            if described["TableStatus"] == "ACTIVE":
                yield from Call("delete_table", {"TableName": self.table}, refusals=(_ABSENT, _IN_USE))
            else:
                yield from Pause(_WAIT)
        raise StorageUnavailable(f"DynamoDB: table {self.table} does not go")

    def purge(self, tenant_id: str) -> Plan[None]:
        """Purge every stream that the log names."""
        tenant_id, after = identifier.tenant(tenant_id), 0
        while True:
            found = yield from queried(
                self.table,
                items.log_partition(tenant_id),
                items.sorted_number(after + 1),
                items.last_place(),
                _ENTRIES,
            )
            for stream_id in dict.fromkeys(each["stream_id"]["S"] for each in found if "stream_id" in each):
                yield from purging.purge_stream(self.table, tenant_id, stream_id)
            if len(found) < _ENTRIES:
                break
            after = int(found[-1]["sk"]["S"])
        yield from purging.delete_snapshots(self.table, tenant_id)
        yield from purging.delete_registers(self.table, tenant_id)

    def purge_stream(self, tenant_id: str, stream_id: str) -> Plan[None]:
        """Purge one stream."""
        place = (identifier.tenant(tenant_id), identifier.stream(stream_id))
        yield from purging.purge_stream(self.table, *place)

    def _described(self) -> Plan[Reply | None]:
        reply = yield from Call("describe_table", {"TableName": self.table}, refusals=(_ABSENT,))
        return None if isinstance(reply, Refused) else done(reply)["Table"]


def _verify(described: Reply) -> None:
    found = {each["AttributeName"]: each["KeyType"] for each in described["KeySchema"]}
    types = {each["AttributeName"]: each["AttributeType"] for each in described["AttributeDefinitions"]}
    differences = [
        f"key {name} should be {kind} of S, but is {found.get(name, 'absent')} of {types.get(name)}"
        for name, kind in _KEYS.items()
        if (found.get(name), types.get(name)) != (kind, "S")
    ]
    if differences or set(found) != set(_KEYS):
        raise SchemaMismatch(f"table {described['TableName']}: " + "; ".join(differences or sorted(found)))
