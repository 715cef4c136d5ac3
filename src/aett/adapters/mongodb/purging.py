"""Purging a stream while writers may be at it.

1. A barrier is inserted after the head, under the next sequence: by the same unique key as any commit, so that
   either it or a writer's commit is there. Nothing can follow a barrier.
2. The counter's *fence* is raised to the barrier's number. Whoever draws a number from now on sees by the fence
   that its predecessor may be going, looks again, and finds the barrier.
3. All numbers up to the barrier's are settled (`tickets`): whoever drew one before the fence was raised has
   either written under it, and is deleted with the rest, or meets a tombstone and is refused.
4. Commits and snapshots are deleted, the barrier last.

A purge that ends midway is finished by the next writer or purge that meets its barrier; any number may do so at
once, since each step can be repeated.
"""

from __future__ import annotations

from aett.adapters.mongodb.documents import barrier, is_barrier
from aett.adapters.mongodb.steps import Delete, Document, Find, Insert
from aett.adapters.mongodb.tickets import draw, modified, settle
from aett.core.plan import Plan

_HEAD = ("tenant_id", "stream_id", "commit_sequence", "stream_revision", "checkpoint", "purged")


def head(tenant_id: str, stream_id: str) -> Plan[Document | None]:
    """A stream's last commit, or the barrier after it."""
    found = yield from Find(
        "commits",
        {"tenant_id": tenant_id, "stream_id": stream_id},
        (("commit_sequence", -1),),
        1,
        _HEAD,
    )
    return found[0] if found else None


def purge_stream(tenant_id: str, stream_id: str) -> Plan[None]:
    """Delete a stream's commits and snapshots."""
    last = yield from head(tenant_id, stream_id)
    while last is not None and not is_barrier(last):
        counter = yield from draw(tenant_id)
        yield from Insert("commits", barrier(last, counter["number"]))
        last = yield from head(tenant_id, stream_id)
    if last is None:
        yield from Delete("snapshots", {"tenant_id": tenant_id, "stream_id": stream_id})
    else:
        yield from finish(last)


def finish(last: Document) -> Plan[None]:
    """Purge the stream that ends with this barrier; any number may do so at once."""
    tenant_id, number = last["tenant_id"], last["checkpoint"]
    counter = yield from modified(tenant_id, {"$max": {"fence": number}})
    yield from settle(tenant_id, counter["floor"], counter["number"])
    place = {"tenant_id": tenant_id, "stream_id": last["stream_id"]}
    yield from Delete("commits", {**place, "checkpoint": {"$lt": number}})
    yield from Delete("snapshots", place)
    yield from Delete("commits", {**place, "checkpoint": number})
