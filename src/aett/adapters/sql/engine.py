"""The `Engine` that speaks SQL: one statement for each of its plans."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from aett.adapters.record import Record
from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.statement import Insert, Pause, Statement
from aett.core.errors import UnsupportedServer
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan

PAUSES: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128)
"""Seconds between looks whether the writers that a reader of the log waits for have gone."""


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
        predecessor = {
            "previous_sequence": record.commit_sequence - 1,
            "previous_revision": record.first_revision - 1,
        }
        return (yield from Insert(self.dialect.append, record._asdict() | predecessor))

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """By the key of tenant, stream and id."""
        parameters = {"tenant_id": tenant_id, "stream_id": stream_id, "commit_id": commit_id}
        rows = yield from Statement(self.dialect.find, parameters)
        return Record(*rows[0]) if rows else None

    def stream_page(self, tenant_id: str, stream_id: str, low: int, high: int, size: int) -> Plan[list[Record]]:
        """By the key of tenant, stream and revision."""
        parameters = {
            "tenant_id": tenant_id,
            "stream_id": stream_id,
            "low": low,
            "high": high,
            "page_size": size,
        }
        rows = yield from Statement(self.dialect.stream_page, parameters)
        return [Record(*row) for row in rows]

    def settled(self, tenant_id: str) -> Plan[int | None]:
        """The highest checkpoint, once all writers that were there when it was read have gone.

        These are separate statements, outside of any transaction: what a snapshot older than the
        look at the writers shows would lack what they committed in between..
        """
        barrier = self.dialect.barrier
        if barrier is None:
            return MAX_REVISION
        ((newest, refusal, holders),) = yield from Statement(barrier.newest, {"tenant_id": tenant_id}, alone=True)
        if refusal is not None:
            raise UnsupportedServer(refusal)
        for pause in PAUSES:
            if not holders:
                return int(newest)
            yield from Pause(pause)
            rows = yield from Statement(barrier.held, {"holders": holders}, alone=True)
            holders = [row[0] for row in rows]
        return None if holders else int(newest)

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """By the key of tenant and checkpoint."""
        parameters = {"tenant_id": tenant_id, "after": after, "upto": upto, "page_size": size}
        if max_stamp is None:
            rows = yield from Statement(self.dialect.log_page, parameters, alone=True)
        else:
            rows = yield from Statement(
                self.dialect.log_page_to, parameters | {"max_stamp": max_stamp}, alone=True
            )
        return [Record(*row) for row in rows]
