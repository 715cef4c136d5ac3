"""The `Engine` that speaks SQL: one statement for each of its plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from aett.adapters.sql.copying import Import
from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.statement import Append, Parameters, Statement
from aett.adapters.store.engine import one_by_one
from aett.adapters.store.record import Record
from aett.core.errors import SchemaMismatch
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan
from aett.core.tail import Tail


@frozen
class SqlEngine:
    """An `Engine` by a dialect's statements."""

    dialect: Dialect

    @property
    def max_commit_size(self) -> int | None:
        """The dialect's."""
        return self.dialect.max_commit_size

    def append(self, record: Record) -> Plan[int | None]:
        """Insert it; the guard is in the statement."""
        words = self.dialect
        checkpoint = yield from Append(words.append, _given(record), words.append_together, record.size)
        if checkpoint is None and self.dialect.ready is not None:
            yield from _must_be_there(self.dialect.ready, self.dialect.commits)
        return checkpoint

    def append_all(self, records: Sequence[Record]) -> Plan[list[int]]:
        """In one transaction; if it is undone, its halves: so what stands in its way is soon alone."""
        if len(records) == 1:
            return (yield from one_by_one(self.append, records))
        batch = tuple(map(_given, records))
        appended = yield from Import(self.dialect.append, self.dialect.copying, batch)
        if appended is not None:
            return appended
        middle = len(records) // 2
        before = yield from self.append_all(records[:middle])
        return before if len(before) < middle else before + (yield from self.append_all(records[middle:]))

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """By the key of tenant, stream and id."""
        parameters = {"tenant_id": tenant_id, "stream_id": stream_id, "commit_id": commit_id}
        rows = yield from Statement(self.dialect.find, parameters)
        return Record(*rows[0]) if rows else None

    def stream_page(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, after: int | None
    ) -> Plan[list[Record]]:
        """By the key of tenant, stream and revision."""
        del after
        place = {"tenant_id": tenant_id, "stream_id": stream_id}
        return (yield from _page(self.dialect.stream_page, low=low, high=high, page_size=size, **place))

    def stream_back(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, before: int | None
    ) -> Plan[list[Record]]:
        """By the key of tenant, stream and revision."""
        del before
        place = {"tenant_id": tenant_id, "stream_id": stream_id}
        return (yield from _page(self.dialect.stream_back, low=low, high=high, page_size=size, **place))

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """By the key of tenant, stream and revision."""
        place = {"tenant_id": tenant_id, "stream_id": stream_id}
        rows = yield from Statement(self.dialect.head, place)
        return Head(tenant_id, stream_id, *rows[0]) if rows else Head(tenant_id, stream_id)

    def settled(self, tenant_id: str) -> Plan[int]:
        """Everything, or as far as the dialect's barrier tells."""
        if self.dialect.barrier is None:
            return MAX_REVISION
        return (yield from self.dialect.barrier.tail(tenant_id)).settled

    def visible(self, tenant_id: str) -> Plan[int]:
        """Everything, or what a first look shows: later, a stream's commit may be there without the one before."""
        return MAX_REVISION if self.dialect.barrier is None else (yield from self._newest(tenant_id))

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """By the key of tenant and checkpoint, or as the dialect's barrier tells."""
        if self.dialect.barrier is not None:
            return (yield from self.dialect.barrier.tail(tenant_id))
        newest = yield from self._newest(tenant_id)
        return Tail(newest, newest)

    def _newest(self, tenant_id: str) -> Plan[int]:
        ((newest,),) = yield from Statement(self.dialect.newest, {"tenant_id": tenant_id})
        return int(newest)

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """By the key of tenant and checkpoint."""
        parameters = {"tenant_id": tenant_id, "after": after, "upto": upto, "page_size": size}
        if max_stamp is None:
            rows = yield from Statement(self.dialect.log_page, parameters, alone=True)
        else:
            rows = yield from Statement(self.dialect.log_page_to, parameters | {"max_stamp": max_stamp})
        return list(map(Record._make, rows))

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> Plan[list[Record]]:
        """By the key of tenant and checkpoint."""
        parameters = {"tenant_id": tenant_id, "after": after, "upto": upto, "page_size": size}
        rows = yield from Statement(self.dialect.log_back, parameters, alone=True)
        return list(map(Record._make, rows))

    def tenants(self, after: str | None, size: int) -> Plan[list[str]]:
        """By the key that begins with the tenant."""
        rows = yield from Statement(self.dialect.tenants, {"tenant_id": after or "", "page_size": size})
        return [name for (name,) in rows]


def _given(record: Record) -> Parameters:
    predecessor = {"previous_sequence": record.commit_sequence - 1, "previous_revision": record.first_revision - 1}
    return record._asdict() | predecessor


def _page(text: str, **parameters: Any) -> Plan[list[Record]]:
    rows = yield from Statement(text, parameters)
    return list(map(Record._make, rows))


def _must_be_there(query: str, commits: str) -> Plan[None]:
    if not (yield from Statement(query)):
        raise SchemaMismatch(
            f"{commits}: the barrier's row is absent; PersistenceManagement(...).initialize() makes it"
        )
