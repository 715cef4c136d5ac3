"""The `Engine` of DynamoDB: a commit, its id, its log entry and the head are written in one transaction.

1. Draw a number (`tickets`).
2. One transaction of four puts, each with its condition, of which all hold or nothing is written:
   - the stream's head, if it is the predecessor's, has a lower number and is not being purged; of a first
     commit, if there is no head. This makes one winner (L2), keeps the stream without gaps (L1), and the log in
     the stream's order (L10), whatever was drawn when.
   - the commit, at its last revision; the commit's id, if it is new to the stream (L4); the log's entry, if no
     reader has given the number up.
   The transaction has a token made of this call's nonce and the number: repeated by the client, since a reply
   was lost, it is done once.
3. If it was refused, fill the number, unless a reader has, and look why: at the id, then at the head.
   - The id is known: with this call's nonce it is our own write, whose reply was lost, and a success; with
     another it is a repetition.
   - The head is being purged: help to finish that, and begin again.
   - The head is not the predecessor: refused. Otherwise only the number was in the way: begin again.

A stream is read by the sort keys of its commits, which are its revisions. The log is read by its entries, then
the commits that they name; what was purged between the two is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from attrs import frozen

from aett.adapters.dynamodb import items
from aett.adapters.dynamodb.items import Item, number
from aett.adapters.dynamodb.purging import finish, is_purged
from aett.adapters.dynamodb.requests import FAILED, fetched, got, queried, written
from aett.adapters.dynamodb.tickets import (
    PATIENCE,
    checkpoint,
    commits_back,
    draw,
    entries,
    filled,
    is_tombstone,
    settled,
)
from aett.adapters.store.engine import one_by_one
from aett.adapters.store.record import Record
from aett.core.errors import StorageUnavailable
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan
from aett.core.tail import Tail

MAX_COMMIT_SIZE: Final = 400 * 1024 - 4 * 1024
"""Bytes: an item holds 400 KiB, of which keys, numbers and names need less than these four."""

ATTEMPTS: Final = 100
"""How often a writer draws a number anew, since readers would not wait for it."""

_FREE: Final = "attribute_not_exists(sk)"
_ENTRY: Final = 3
"""Where a transaction's actions have the log's entry."""


def _nonce() -> bytes:
    return uuid4().bytes


@frozen
class DynamoEngine:
    """An `Engine`.

    patience: seconds between a reader's looks at a hole before it fills it.
    nonce: 16 bytes by which a call knows its own write, should the reply have been lost.
    """

    table: str
    max_commit_size: int | None = MAX_COMMIT_SIZE
    patience: tuple[float, ...] = PATIENCE
    nonce: Callable[[], bytes] = _nonce

    def append(self, record: Record) -> Plan[int | None]:
        """Draw a number, write under it; if a condition refused that, give the number up, and look why."""
        nonce = self.nonce()
        for _ in range(ATTEMPTS):
            drawn = yield from draw(self.table, record.tenant_id)
            token = str(uuid5(UUID(bytes=nonce), str(drawn)))
            refused = yield from written(self.table, _actions(record, drawn, nonce), token)
            if refused is None:
                return drawn
            if refused.reasons[_ENTRY:] != (FAILED,):
                yield from filled(self.table, record.tenant_id, (drawn,))
            place = (record.tenant_id, record.stream_id)
            id_key, head_key = items.id_key(*place, record.commit_id), items.head_key(*place)
            found = yield from fetched(self.table, [id_key, head_key])
            known, head = (
                next((each for each in found if each["sk"] == key["sk"]), None) for key in (id_key, head_key)
            )
            if known is not None:
                return int(known["checkpoint"]["N"]) if known["nonce"]["B"] == nonce else None
            if head is not None and is_purged(head):
                yield from finish(self.table, *place, head)
            elif not _follows(record, head):
                return None
        raise StorageUnavailable(f"{record.where}: in {ATTEMPTS} attempts, readers never waited for it")

    def append_all(self, records: Sequence[Record]) -> Plan[list[int]]:
        """One after the other."""
        return one_by_one(self.append, records)

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """By the id's item, which tells the revision."""
        known = yield from got(self.table, items.id_key(tenant_id, stream_id, commit_id))
        if known is None:
            return None
        revision = int(known["stream_revision"]["N"])
        found = yield from got(self.table, items.commit_key(tenant_id, stream_id, revision))
        return None if found is None else items.record(found)

    def stream_page(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, after: int | None
    ) -> Plan[list[Record]]:
        """In the order of revisions."""
        del after
        partition = items.stream_partition(tenant_id, stream_id)
        found = yield from queried(
            self.table, partition, items.sorted_number(low), items.sorted_number(MAX_REVISION), size
        )
        records = [items.record(each) for each in found]
        return [each for each in records if each.first_revision <= high]

    def stream_back(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, before: int | None
    ) -> Plan[list[Record]]:
        """In the order of revisions, from the end."""
        del before
        partition = items.stream_partition(tenant_id, stream_id)
        found = yield from queried(
            self.table, partition, items.sorted_number(low), items.sorted_number(high), size, backwards=True
        )
        return [items.record(each) for each in found]

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """By its item; a stream that is being purged has none."""
        found = yield from got(self.table, items.head_key(tenant_id, stream_id))
        if found is None or is_purged(found):
            return Head(tenant_id, stream_id)
        numbers = (int(found[name]["N"]) for name in ("stream_revision", "commit_sequence", "checkpoint"))
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
        newest = yield from self._newest(tenant_id)
        yield from settled(self.table, tenant_id, newest, self.patience)
        return Tail(newest, newest)

    def _newest(self, tenant_id: str) -> Plan[int]:
        found = yield from commits_back(self.table, tenant_id, 0, MAX_REVISION, 1)
        return checkpoint(found[0]) if found else 0

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """Entries without holes, and the commits that they name."""
        records: list[Record] = []
        while True:
            found = yield from entries(self.table, tenant_id, after, upto, size, self.patience)
            commits = yield from self._named(tenant_id, found)
            records += [each for each in commits if max_stamp is None or each.commit_stamp <= max_stamp]
            if len(records) >= size or len(found) < size:
                return records[:size]
            after = checkpoint(found[-1])

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> Plan[list[Record]]:
        """Entries from the end, and the commits that they name."""
        records: list[Record] = []
        while True:
            found = yield from commits_back(self.table, tenant_id, after, upto, size - len(records))
            records += yield from self._named(tenant_id, found)
            if len(records) == size or not found:
                return records
            upto = checkpoint(found[-1]) - 1

    def tenants(self, after: str | None, size: int) -> Plan[list[str]]:
        """By the list of tenants, without those whose commits have all been purged."""
        names = list[str]()
        while len(names) < size:
            low = items.text(f"{after or ''}\x01")  # no name holds what is lower
            listed = yield from queried(self.table, items.tenants_partition(), low, items.LAST_NAME, size)
            for each in listed:
                after = each["sk"]["S"]
                if len(names) < size and (yield from self._newest(each["sk"]["S"])):
                    names.append(each["sk"]["S"])
            if len(listed) < size:
                break
        return names

    def _named(self, tenant_id: str, found: list[Item]) -> Plan[list[Record]]:
        """The commits of these entries, in order; those that were purged meanwhile are left out."""
        keys = [
            items.commit_key(tenant_id, each["stream_id"]["S"], int(each["stream_revision"]["N"]))
            for each in found
            if not is_tombstone(each)
        ]
        stored = yield from fetched(self.table, keys)
        records = {each.checkpoint: each for each in map(items.record, stored)}
        return [records[number] for number in map(checkpoint, found) if number in records]


def _follows(record: Record, head: Item | None) -> bool:
    before = (0, 0) if head is None else (int(head["commit_sequence"]["N"]), int(head["stream_revision"]["N"]))
    return (record.commit_sequence - 1, record.first_revision - 1) == before


def _actions(record: Record, drawn: int, nonce: bytes) -> list[Mapping[str, Any]]:
    place = (record.tenant_id, record.stream_id)
    commit = items.commit_item(record, drawn)
    head = {
        **items.head_key(*place),
        "commit_sequence": number(record.commit_sequence),
        "stream_revision": number(record.stream_revision),
        "checkpoint": number(drawn),
    }
    known = {
        **items.id_key(*place, record.commit_id),
        "stream_revision": number(record.stream_revision),
        "checkpoint": number(drawn),
        "nonce": {"B": nonce},
    }
    entry = {
        **items.log_key(record.tenant_id, drawn),
        "stream_id": commit["stream_id"],
        "stream_revision": commit["stream_revision"],
    }
    return [
        {"Put": {"Item": head, **_predecessor(record, drawn)}},
        {"Put": {"Item": commit, "ConditionExpression": _FREE}},
        {"Put": {"Item": known, "ConditionExpression": _FREE}},
        {"Put": {"Item": entry, "ConditionExpression": _FREE}},
    ]


def _predecessor(record: Record, drawn: int) -> Mapping[str, Any]:
    """The condition on the head. Its number must be lower, or the log would tell the stream in disorder."""
    if record.commit_sequence == 1 and record.first_revision == 1:
        return {"ConditionExpression": _FREE}
    return {
        "ConditionExpression": (
            "commit_sequence = :sequence AND stream_revision = :revision AND checkpoint < :drawn"
            " AND attribute_not_exists(purge_mark)"
        ),
        "ExpressionAttributeValues": {
            ":sequence": number(record.commit_sequence - 1),
            ":revision": number(record.first_revision - 1),
            ":drawn": number(drawn),
        },
    }
