"""The plans of a snapshot store in MongoDB."""

from __future__ import annotations

from attrs import frozen

from aett.adapters.mongodb.steps import Document, Find, Replace
from aett.core import identifier
from aett.core.head import Head
from aett.core.number import bound
from aett.core.plan import Plan
from aett.core.snapshot import Snapshot


@frozen
class MongoSnapshots:
    """A `SnapshotPlans`."""

    def get(self, tenant_id: str, stream_id: str, max_revision: int) -> Plan[Snapshot | None]:
        """Look the newest up."""
        wanted = {
            "tenant_id": identifier.tenant(tenant_id),
            "stream_id": identifier.stream(stream_id),
            "stream_revision": {"$lte": bound("max_revision", max_revision)},
        }
        found = yield from Find("snapshots", wanted, (("stream_revision", -1),), 1)
        return _snapshot(found[0]) if found else None

    def add(self, snapshot: Snapshot) -> Plan[None]:
        """Insert or replace it."""
        head = snapshot.head
        key = {
            "tenant_id": head.tenant_id,
            "stream_id": head.stream_id,
            "stream_revision": head.revision,
        }
        document = {
            **key,
            "commit_sequence": head.sequence,
            "checkpoint": head.checkpoint,
            "fingerprint": snapshot.fingerprint,
            "payload": snapshot.payload,
        }
        while not (yield from Replace("snapshots", key, document)):
            pass


def _snapshot(found: Document) -> Snapshot:
    place = (found["tenant_id"], found["stream_id"])
    head = Head(*place, found["stream_revision"], found["commit_sequence"], found["checkpoint"])
    return Snapshot(head, found["fingerprint"], found["payload"])
