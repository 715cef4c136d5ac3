"""The plans of a snapshot store in S3: newer snapshots sort before older ones."""

from __future__ import annotations

from attrs import frozen

from aett.adapters.aws.call import Calls, Refused
from aett.adapters.s3.keys import Space
from aett.adapters.s3.objects import snapshot as snapshot_of
from aett.adapters.s3.objects import snapshot_object
from aett.adapters.s3.requests import Bucket
from aett.core import identifier
from aett.core.number import MAX_REVISION, bound
from aett.core.plan import Plan
from aett.core.snapshot import Snapshot


@frozen
class S3Snapshots:
    """A `SnapshotPlans`."""

    space: Space

    @property
    def bucket(self) -> Bucket:
        """The bucket's requests."""
        return Bucket(self.space.bucket)

    def get(self, tenant_id: str, stream_id: str, max_revision: int) -> Plan[Snapshot | None]:
        """The first key from that revision's on."""
        tenant_id, stream_id = identifier.tenant(tenant_id), identifier.stream(stream_id)
        tenant, high = self.space.tenant(tenant_id), bound("max_revision", max_revision)
        after = tenant.snapshot(stream_id, high + 1) if high < MAX_REVISION else None
        for key in (yield from self.bucket.listed(tenant.of_stream("snapshots", stream_id), after, 1)):
            (reply,) = yield from Calls((self.bucket.get(key),))
            if not isinstance(reply, Refused):
                return snapshot_of(tenant_id, stream_id, key, reply["Body"])
        return None

    def add(self, snapshot: Snapshot) -> Plan[None]:
        """Put it, in place of another."""
        head = snapshot.head
        key = self.space.tenant(head.tenant_id).snapshot(head.stream_id, head.revision)
        yield from self.bucket.written(self.bucket.put(key, snapshot_object(snapshot)))
