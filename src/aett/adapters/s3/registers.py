"""The cells of registers in S3: an object each, put on the condition that what was read is still there.

1. A cell is read with its tag, and put on the condition of that tag, or that there is no such object.
2. What is removed becomes an object without a body: a delete has no condition, and might take what was put
   meanwhile.
3. A client repeats a request whose reply was lost, and then meets its own write, or what others put on top of it.
   So the nonces of the calls that changed it last stand beside an object, and who was refused looks for his.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from aett.adapters.aws.call import Calls, Refused, Reply, done
from aett.adapters.aws.nonces import joined, known, new_nonce
from aett.adapters.s3.engine import MAX_COMMIT_SIZE
from aett.adapters.s3.keys import Space, identifier_of
from aett.adapters.s3.objects import register, register_object
from aett.adapters.s3.requests import ABSENT, PAGE, Bucket
from aett.adapters.s3.sequencing import metadata
from aett.core.plan import Plan
from aett.core.register import Register


def _nonces(reply: Reply | Refused) -> bytes:
    return bytes.fromhex(metadata(reply).get("nonces", ""))


@frozen
class S3Cells:
    """A `Cells`."""

    space: Space
    max_payload_size: int | None = MAX_COMMIT_SIZE
    nonce: Callable[[], bytes] = new_nonce
    keys: int = PAGE

    @property
    def bucket(self) -> Bucket:
        """The bucket's requests."""
        return Bucket(self.space.bucket, self.keys)

    def find(self, tenant_id: str, name: str) -> Plan[Register | None]:
        """The object under its key."""
        (reply,) = yield from self._read(tenant_id, name)
        return self._register(tenant_id, name, reply)

    def swap(self, old: Register, new: Register) -> Plan[bool]:
        """Read it with its tag, and put the new in its place."""
        (there,) = yield from self._read(old.tenant_id, old.name)
        found = self._register(old.tenant_id, old.name, there)
        if (0 if found is None else found.version) != old.version:
            return False
        key, nonce = self.space.tenant(old.tenant_id).register(old.name), self.nonce()
        condition: Mapping[str, str] = ABSENT if isinstance(there, Refused) else {"IfMatch": there["ETag"]}
        body = register_object(new) if new.exists else b""
        (put,) = yield from self.bucket.written(
            self.bucket.put(key, body, on=condition, metadata={"nonces": joined(_nonces(there), nonce).hex()})
        )
        if not isinstance(put, Refused):
            return True
        (now,) = yield from Calls((self.bucket.head(key),))
        return known(_nonces(now), nonce)

    def _read(self, tenant_id: str, name: str) -> Plan[list[Reply | Refused]]:
        key = self.space.tenant(tenant_id).register(name)
        return (yield from Calls((self.bucket.get(key),)))

    def _register(self, tenant_id: str, name: str, reply: Reply | Refused) -> Register | None:
        if isinstance(reply, Refused) or not reply["Body"]:
            return None
        return register(tenant_id, name, self.space.tenant(tenant_id).register(name), reply["Body"])

    def names(self, tenant_id: str, prefix: str, after: str | None, size: int) -> Plan[list[str]]:
        """By a listing of all the tenant's registers: not every name shows in its key how it begins."""
        tenant, names = self.space.tenant(tenant_id), list[str]()
        room, start = tenant.room("registers"), None if after is None else tenant.register(after)
        while len(names) < size:
            reply = done((yield from self.bucket.page(room, start, self.keys)))
            listed: list[Any] = reply.get("Contents", [])
            found = (identifier_of(each["Key"].removeprefix(room)) for each in listed if each["Size"])
            names += [each for each in found if each.startswith(prefix)]
            if not reply.get("IsTruncated"):
                break
            start = listed[-1]["Key"]
        return names[:size]
