"""The plans of a snapshot store in DynamoDB."""

from __future__ import annotations

from attrs import frozen

from aett.adapters.aws.call import Call
from aett.adapters.dynamodb import items
from aett.adapters.dynamodb.items import Item, number, text
from aett.adapters.dynamodb.requests import queried
from aett.core import identifier
from aett.core.head import Head
from aett.core.number import bound
from aett.core.plan import Plan
from aett.core.snapshot import Snapshot


@frozen
class DynamoSnapshots:
    """A `SnapshotPlans`."""

    table: str

    def get(self, tenant_id: str, stream_id: str, max_revision: int) -> Plan[Snapshot | None]:
        """Look the newest up."""
        tenant_id, stream_id = identifier.tenant(tenant_id), identifier.stream(stream_id)
        high = items.snapshot_place(stream_id, bound("max_revision", max_revision))
        low = items.snapshot_place(stream_id, 0)
        partition = items.snapshot_partition(tenant_id)
        found = yield from queried(self.table, partition, low, high, 1, backwards=True)
        return _snapshot(tenant_id, stream_id, found[0]) if found else None

    def add(self, snapshot: Snapshot) -> Plan[None]:
        """Put it, in place of another."""
        head = snapshot.head
        item = {
            "pk": items.snapshot_partition(head.tenant_id),
            "sk": items.snapshot_place(head.stream_id, head.revision),
            "stream_revision": number(head.revision),
            "commit_sequence": number(head.sequence),
            "checkpoint": {"NULL": True} if head.checkpoint is None else number(head.checkpoint),
            **items.filled_in(fingerprint=text(snapshot.fingerprint), payload={"B": snapshot.payload}),
        }
        yield from Call("put_item", {"TableName": self.table, "Item": item})


def _snapshot(tenant_id: str, stream_id: str, item: Item) -> Snapshot:
    checkpoint = item["checkpoint"].get("N")
    head = Head(
        tenant_id,
        stream_id,
        int(item["stream_revision"]["N"]),
        int(item["commit_sequence"]["N"]),
        None if checkpoint is None else int(checkpoint),
    )
    fingerprint, payload = item.get("fingerprint", {"S": ""}), item.get("payload", {"B": b""})
    return Snapshot(head, fingerprint["S"], bytes(payload["B"]))
