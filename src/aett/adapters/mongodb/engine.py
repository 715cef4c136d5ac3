"""The `Engine` of MongoDB: unique keys decide, and numbers are drawn from a counter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from uuid import uuid4

from attrs import frozen

from aett.adapters.mongodb import documents, purging
from aett.adapters.mongodb.steps import Document, Find, Insert
from aett.adapters.mongodb.tickets import PATIENCE, draw, entries, settled
from aett.adapters.store.engine import one_by_one
from aett.adapters.store.record import Record
from aett.core.errors import StorageUnavailable
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan
from aett.core.tail import Tail

MAX_COMMIT_SIZE: Final = 16 * 1024 * 1024 - 16 * 1024
"""Bytes: a document holds 16 MiB, of which the other fields need less than these 16 KiB."""

ATTEMPTS: Final = 100
"""How often a writer draws a number anew, since readers would not wait for it."""


def _nonce() -> bytes:
    return uuid4().bytes


@frozen
class MongoEngine:
    """An `Engine`.

    patience: seconds between a reader's looks at a hole before it fills it.
    nonce: 16 bytes by which a call knows its own write, should the reply have been lost.
    """

    max_commit_size: int | None = MAX_COMMIT_SIZE
    patience: tuple[float, ...] = PATIENCE
    nonce: Callable[[], bytes] = _nonce

    def append(self, record: Record) -> Plan[int | None]:
        """Look at the head, draw a number, insert under it; if a key refused that, look whose it is."""
        nonce = self.nonce()
        for _ in range(ATTEMPTS):
            head = yield from self._head(record)
            if not _follows(record, head):
                return None
            counter = yield from draw(record.tenant_id)
            # A stream's beginning has no predecessor; any other's may have been purged since the look at it.
            if head is not None and head["checkpoint"] <= counter["fence"]:
                again = yield from self._head(record)
                if again is None or again["checkpoint"] != head["checkpoint"]:
                    continue
            number: int = counter["number"]
            if (yield from Insert("commits", documents.document(record, number, nonce))):
                return number
            found = yield from _known(record.tenant_id, record.stream_id, record.commit_id)
            if found:
                return int(found[0]["checkpoint"]) if found[0].get("nonce") == nonce else None
        raise StorageUnavailable(f"{record.where}: in {ATTEMPTS} attempts, readers never waited for it")

    def _head(self, record: Record) -> Plan[Document | None]:
        head = yield from purging.head(record.tenant_id, record.stream_id)
        while head is not None and documents.is_barrier(head):
            yield from purging.finish(head)
            head = yield from purging.head(record.tenant_id, record.stream_id)
        return head

    def append_all(self, records: Sequence[Record]) -> Plan[list[int]]:
        """One after the other."""
        return one_by_one(self.append, records)

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """By the unique key."""
        found = yield from _known(tenant_id, stream_id, commit_id)
        return documents.record(found[0]) if found and documents.is_commit(found[0]) else None

    def stream_page(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, after: int | None
    ) -> Plan[list[Record]]:
        """In the order of revisions."""
        del after
        wanted = {
            "tenant_id": tenant_id,
            "stream_id": stream_id,
            "stream_revision": {"$gte": low},
            "first_revision": {"$lte": high},
        }
        found = yield from Find("commits", wanted, (("stream_revision", 1),), size)
        return [documents.record(each) for each in found if documents.is_commit(each)]

    def stream_back(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, before: int | None
    ) -> Plan[list[Record]]:
        """In the order of revisions, from the end."""
        del before
        wanted = {
            "tenant_id": tenant_id,
            "stream_id": stream_id,
            "stream_revision": {"$gte": low, "$lte": high},
            **documents.NO_BARRIER,
        }
        found = yield from Find("commits", wanted, (("stream_revision", -1),), size)
        return [documents.record(each) for each in found]

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """By the key of the sequence; a stream that is being purged has none."""
        last = yield from purging.head(tenant_id, stream_id)
        if last is None or documents.is_barrier(last):
            return Head(tenant_id, stream_id)
        numbers = (int(last[name]) for name in ("stream_revision", "commit_sequence", "checkpoint"))
        return Head(tenant_id, stream_id, *numbers)

    def settled(self, tenant_id: str) -> Plan[int]:
        """A page of the log sees to it itself."""
        yield from ()
        del tenant_id
        return MAX_REVISION

    def visible(self, tenant_id: str) -> Plan[int]:
        """A page of the log is settled."""
        return (yield from self.settled(tenant_id))

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """The last commit in the log; the holes before it are waited for, or filled."""
        wanted = {"tenant_id": tenant_id, **documents.COMMIT}
        found = yield from Find("commits", wanted, (("checkpoint", -1),), 1, ("checkpoint",), alone=True)
        newest = int(found[0]["checkpoint"]) if found else 0
        yield from settled(tenant_id, newest, self.patience)
        return Tail(newest, newest)

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """Entries without holes, of which tombstones and what is later are left out."""
        records: list[Record] = []
        while True:
            found = yield from entries(tenant_id, after, upto, size, self.patience)
            commits = [documents.record(each) for each in found if documents.is_commit(each)]
            records += [each for each in commits if max_stamp is None or each.commit_stamp <= max_stamp]
            if len(records) >= size or len(found) < size:
                return records[:size]
            after = found[-1]["checkpoint"]

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> Plan[list[Record]]:
        """Commits in the order of numbers, from the end."""
        wanted = {"tenant_id": tenant_id, "checkpoint": {"$gt": after, "$lte": upto}, **documents.COMMIT}
        found = yield from Find("commits", wanted, (("checkpoint", -1),), size, alone=True)
        return [documents.record(each) for each in found]

    def tenants(self, after: str | None, size: int) -> Plan[list[str]]:
        """From one to the next in the index of the log."""
        names = list[str]()
        while len(names) < size:
            wanted = {"tenant_id": {"$gt": after or ""}, **documents.COMMIT}
            found = yield from Find("commits", wanted, (("tenant_id", 1),), 1, ("tenant_id",))
            if not found:
                break
            after = found[0]["tenant_id"]
            names.append(found[0]["tenant_id"])
        return names


def _known(tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[list[Document]]:
    key = {"tenant_id": tenant_id, "stream_id": stream_id, "commit_id": documents.commit_id(commit_id)}
    return (yield from Find("commits", key, (), 1))


def _follows(record: Record, head: Document | None) -> bool:
    before = (0, 0) if head is None else (head["commit_sequence"], head["stream_revision"])
    return (record.commit_sequence - 1, record.first_revision - 1) == before
