"""The plans over a keeper: every step is one call of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from aett.adapters.store.engine import one_by_one
from aett.adapters.store.record import Record
from aett.core import identifier
from aett.core.head import Head
from aett.core.number import MAX_REVISION, bound
from aett.core.plan import Plan, Step
from aett.core.register import Register
from aett.core.snapshot import Snapshot
from aett.core.tail import Tail


@frozen
class Call(Step[Any]):
    """One call of the keeper's, by the method's name."""

    method: str
    arguments: tuple[Any, ...] = ()


@frozen
class KeeperEngine:
    """An `Engine`."""

    max_commit_size: int | None = None

    def append(self, record: Record) -> Plan[int | None]:
        """Append it in one call."""
        checkpoint: int | None = yield from Call("append", (record,))
        return checkpoint

    def append_all(self, records: Sequence[Record]) -> Plan[list[int]]:
        """One after the other."""
        return one_by_one(self.append, records)

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """Look for the id."""
        found: Record | None = yield from Call("find", (tenant_id, stream_id, commit_id))
        return found

    def stream_page(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, after: int | None
    ) -> Plan[list[Record]]:
        """Ask for the page."""
        del after
        page: list[Record] = yield from Call("stream_page", (tenant_id, stream_id, low, high, size))
        return page

    def stream_back(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, before: int | None
    ) -> Plan[list[Record]]:
        """Ask for the page."""
        del before
        page: list[Record] = yield from Call("stream_back", (tenant_id, stream_id, low, high, size))
        return page

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """Ask for the last record."""
        last = yield from self.stream_back(tenant_id, stream_id, 1, MAX_REVISION, 1, None)
        return last[0].head if last else Head(tenant_id, stream_id)

    def settled(self, tenant_id: str) -> Plan[int]:
        """Everything always is: a call is atomic."""
        yield from ()
        del tenant_id
        return MAX_REVISION

    def visible(self, tenant_id: str) -> Plan[int]:
        """Everything."""
        return (yield from self.settled(tenant_id))

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """Ask for the last record."""
        last = yield from self.log_back(tenant_id, 0, MAX_REVISION, 1)
        newest = last[0].checkpoint or 0 if last else 0
        return Tail(newest, newest)

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """Ask for the page."""
        page: list[Record] = yield from Call("log_page", (tenant_id, after, upto, max_stamp, size))
        return page

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> Plan[list[Record]]:
        """Ask for the page."""
        page: list[Record] = yield from Call("log_back", (tenant_id, after, upto, size))
        return page

    def tenants(self, after: str | None, size: int) -> Plan[list[str]]:
        """Ask for the page."""
        page: list[str] = yield from Call("tenants", (after or "", size))
        return page


@frozen
class KeeperSnapshots:
    """A `SnapshotPlans`."""

    def get(self, tenant_id: str, stream_id: str, max_revision: int) -> Plan[Snapshot | None]:
        """Ask for the newest."""
        place = (identifier.tenant(tenant_id), identifier.stream(stream_id))
        newest: Snapshot | None = yield from Call("find_snapshot", (*place, bound("max_revision", max_revision)))
        return newest

    def add(self, snapshot: Snapshot) -> Plan[None]:
        """Hand it over."""
        yield from Call("add_snapshot", (snapshot,))


@frozen
class KeeperCells:
    """A `Cells`."""

    max_payload_size: int | None = None

    def find(self, tenant_id: str, name: str) -> Plan[Register | None]:
        """Ask for it."""
        found: Register | None = yield from Call("find_register", (tenant_id, name))
        return found

    def swap(self, old: Register, new: Register) -> Plan[bool]:
        """Let it be swapped."""
        swapped: bool = yield from Call("swap_register", (old, new))
        return swapped

    def names(self, tenant_id: str, prefix: str, after: str | None, size: int) -> Plan[list[str]]:
        """Ask for the page."""
        page: list[str] = yield from Call("register_names", (tenant_id, prefix, after or "", size))
        return page


@frozen
class KeeperManagement:
    """A `ManagementPlans`."""

    def initialize(self) -> Plan[None]:
        """Let it make and verify what it needs."""
        yield from Call("initialize")

    def drop(self) -> Plan[None]:
        """Let it remove everything."""
        yield from Call("drop")

    def purge(self, tenant_id: str) -> Plan[None]:
        """Let it forget a tenant."""
        yield from Call("purge", (identifier.tenant(tenant_id),))

    def purge_stream(self, tenant_id: str, stream_id: str) -> Plan[None]:
        """Let it forget a stream."""
        yield from Call("purge_stream", (identifier.tenant(tenant_id), identifier.stream(stream_id)))
