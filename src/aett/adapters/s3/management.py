"""The plans that make a bucket ready, prove that it keeps its word, and empty it."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from attrs import frozen

from aett.adapters.aws.call import Call, Calls, Refused
from aett.adapters.s3 import purging
from aett.adapters.s3.keys import Space
from aett.adapters.s3.requests import ABSENT, NOT_FOUND, PAGE, PRECONDITION, Bucket
from aett.adapters.s3.sequencing import ENTRIES, newest, sequence
from aett.core import identifier
from aett.core.errors import SchemaMismatch, UnsupportedServer
from aett.core.plan import Plan

VERSION: Final = b"1"
"""Of the layout of keys and objects."""

_THERE: Final = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists", "OperationAborted")
_ABSENT_BUCKET: Final = (NOT_FOUND, "NoSuchBucket")


@frozen
class S3Management:
    """A `ManagementPlans`.

    region: in which a bucket is made that is absent; None for the client's own.
    """

    space: Space
    region: str | None = None
    keys: int = PAGE
    entries: int = ENTRIES

    @property
    def bucket(self) -> Bucket:
        """The bucket's requests."""
        return Bucket(self.space.bucket, self.keys)

    def initialize(self) -> Plan[None]:
        """Create the bucket if it is absent, prove that conditions hold, and verify the layout's version."""
        if (yield from self._is_absent()):
            arguments: dict[str, object] = {"Bucket": self.space.bucket}
            if self.region not in {None, "us-east-1"}:
                arguments["CreateBucketConfiguration"] = {"LocationConstraint": self.region}
            yield from Call("create_bucket", arguments, refusals=_THERE)
        yield from self._prove()
        (made,) = yield from self.bucket.written(self.bucket.put(self.space.schema, VERSION, on=ABSENT))
        if isinstance(made, Refused):
            (there,) = yield from Calls((self.bucket.get(self.space.schema),))
            found = b"absent" if isinstance(there, Refused) else there["Body"]
            if found != VERSION:
                raise SchemaMismatch(
                    f"{self.space.schema} in bucket {self.space.bucket} should be version {VERSION.decode()},"
                    f" but is {found[:20].decode(errors='replace')}"
                )

    def _is_absent(self) -> Plan[bool]:
        reply = yield from Call("head_bucket", {"Bucket": self.space.bucket}, refusals=_ABSENT_BUCKET)
        return isinstance(reply, Refused)

    def _prove(self) -> Plan[None]:
        """`UnsupportedServer` if the endpoint puts an object although the condition does not hold."""
        key = f"{self.space.prefix}proof/{uuid4().hex}"
        (first,) = yield from self.bucket.written(self.bucket.put(key, b"1", on=ABSENT))
        kept = not isinstance(first, Refused)
        for condition in (ABSENT, {"IfMatch": '"no such tag"'}):
            (again,) = yield from self.bucket.written(self.bucket.put(key, b"2", on=condition))
            kept = kept and isinstance(again, Refused) and again.code == PRECONDITION
        if not isinstance(first, Refused):
            (right,) = yield from self.bucket.written(self.bucket.put(key, b"3", on={"IfMatch": first["ETag"]}))
            kept = kept and not isinstance(right, Refused)
        yield from self.bucket.emptied(key)
        if not kept:
            raise UnsupportedServer(
                "this endpoint does not honour If-None-Match and If-Match when objects are put:"
                " two writers would both win"
            )

    def drop(self) -> Plan[None]:
        """Delete all that stands under the prefix, every version of it; the bucket stays."""
        if not (yield from self._is_absent()):
            yield from self.bucket.emptied(self.space.tenants)
            yield from self.bucket.emptied(self.space.schema)

    def purge(self, tenant_id: str) -> Plan[None]:
        """Purge every stream of the tenant's, and remove its registers."""
        tenant = self.space.tenant(identifier.tenant(tenant_id))
        yield from purging.purge(self.bucket, tenant)
        yield from self.bucket.emptied(tenant.room("registers"))

    def purge_stream(self, tenant_id: str, stream_id: str) -> Plan[None]:
        """Purge one stream."""
        tenant = self.space.tenant(identifier.tenant(tenant_id))
        yield from purging.purge_stream(self.bucket, tenant, identifier.stream(stream_id))

    def sequence(self, tenant_id: str) -> Plan[None]:
        """Bring all that is pending into the tenant's log, as its readers do."""
        tenant = self.space.tenant(identifier.tenant(tenant_id))
        last = yield from newest(self.bucket, tenant)
        while (yield from sequence(self.bucket, tenant, last, self.entries)):
            last += 1
