"""Purging a stream while writers and readers may be at it.

1. The stream's fence is raised, on the condition that nobody raised it meanwhile: from now on the stream is
   another generation, which is empty. A writer that looked at the fence before puts its commit into the old one,
   where no reader looks: as if it had come just before the purge.
2. Whatever has an older generation in its key is deleted, every version of it: commits, claims of ids, markers;
   and all snapshots.

What a late writer puts into an old generation is never part of the stream nor of the log; the next purge removes
it. Segments of the log stay: they hold references, and what they refer to is gone. A purge that ends midway is
finished by the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aett.adapters.aws.call import Calls, Refused
from aett.adapters.s3.keys import Tenant, identifier_of
from aett.adapters.s3.requests import ABSENT, Bucket
from aett.adapters.s3.sequencing import generation
from aett.core.plan import Plan

_ROOMS: Final = ("streams", "ids", "pending")


def purge_stream(bucket: Bucket, tenant: Tenant, stream_id: str) -> Plan[None]:
    """Delete a stream's commits and snapshots."""
    yield from bucket.emptied(tenant.of_stream("snapshots", stream_id))
    if (yield from _is_empty(bucket, [tenant.of_stream(room, stream_id) for room in _ROOMS])):
        return
    key = tenant.fence(stream_id)
    (fence,) = yield from Calls((bucket.get(key),))
    condition = ABSENT if isinstance(fence, Refused) else {"IfMatch": fence["ETag"]}
    current = generation(fence) + 1
    (raised,) = yield from bucket.written(bucket.put(key, str(current).encode(), on=condition))
    if isinstance(raised, Refused):  # Another purge was faster; or our own was, whose reply was lost.
        (fence,) = yield from Calls((bucket.get(key),))
        current = generation(fence)
    for room in _ROOMS:
        place = tenant.of_stream(room, stream_id)
        for folder in (yield from bucket.folders(place)):
            if int(folder.removeprefix(place).rstrip("/")) < current:
                yield from bucket.emptied(folder)


def purge(bucket: Bucket, tenant: Tenant) -> Plan[None]:
    """Delete all streams and snapshots of a tenant."""
    streams: dict[str, None] = {}
    for room in (*_ROOMS, "snapshots"):
        place = tenant.room(room)
        for folder in (yield from bucket.folders(place)):
            streams[identifier_of(folder.removeprefix(place).rstrip("/"))] = None
    for stream_id in streams:
        yield from purge_stream(bucket, tenant, stream_id)


def _is_empty(bucket: Bucket, places: Iterable[str]) -> Plan[bool]:
    for place in places:
        if (yield from bucket.listed(place, most=1)):
            return False
    return True
