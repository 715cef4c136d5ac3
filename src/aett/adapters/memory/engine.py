"""The `Engine` of memory: every step is a call of the place of storage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import frozen

from aett.adapters.memory.memory import Memory
from aett.adapters.store.record import Record
from aett.core import identifier
from aett.core.errors import StoreClosed
from aett.core.number import MAX_REVISION, bound
from aett.core.plan import Plan, Step
from aett.core.snapshot import Snapshot

A = TypeVar("A")


@frozen
class Call(Step[A]):
    """One call of the memory's, atomic by its lock."""

    method: Callable[..., A]
    arguments: tuple[Any, ...]


@frozen
class MemoryEngine:
    """An `Engine`."""

    memory: Memory
    max_commit_size: int | None = None

    def append(self, record: Record) -> Plan[int | None]:
        """Append it under the lock."""
        return (yield from Call(self.memory.append, (record,)))

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """Look in the stream's dict of ids."""
        return (yield from Call(self.memory.find, (tenant_id, stream_id, commit_id)))

    def stream_page(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, after: int | None
    ) -> Plan[list[Record]]:
        """Bisect the stream."""
        del after
        return (yield from Call(self.memory.stream_page, (tenant_id, stream_id, low, high, size)))

    def settled(self, tenant_id: str) -> Plan[int | None]:
        """Everything always is."""
        yield from ()
        del tenant_id
        return MAX_REVISION

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """Bisect the log."""
        del upto
        return (yield from Call(self.memory.log_page, (tenant_id, after, max_stamp, size)))


@frozen
class MemorySnapshots:
    """A `SnapshotPlans`."""

    memory: Memory

    def get(self, tenant_id: str, stream_id: str, max_revision: int) -> Plan[Snapshot | None]:
        """Bisect the stream's snapshots."""
        place = (identifier.tenant(tenant_id), identifier.stream(stream_id))
        return (yield from Call(self.memory.find_snapshot, (*place, bound("max_revision", max_revision))))

    def add(self, snapshot: Snapshot) -> Plan[None]:
        """Insert it in order."""
        yield from Call(self.memory.add_snapshot, (snapshot,))


@frozen
class MemoryManagement:
    """A `ManagementPlans`."""

    memory: Memory

    def initialize(self) -> Plan[None]:
        """Nothing has to be made."""
        yield from Call(lambda: None, ())

    def drop(self) -> Plan[None]:
        """Forget everything."""
        yield from Call(self.memory.drop, ())

    def purge(self, tenant_id: str) -> Plan[None]:
        """Forget a tenant."""
        yield from Call(self.memory.purge, (identifier.tenant(tenant_id),))

    def purge_stream(self, tenant_id: str, stream_id: str) -> Plan[None]:
        """Forget a stream."""
        place = (identifier.tenant(tenant_id), identifier.stream(stream_id))
        yield from Call(self.memory.purge_stream, place)


class MemoryPerformer:
    """Performs calls until it is closed."""

    def __init__(self) -> None:
        self._closed = False

    def __call__(self, step: Step[A], /) -> A:
        """Make the call."""
        if self._closed:
            raise StoreClosed("this memory store is closed")
        if not isinstance(step, Call):
            raise TypeError(f"memory performs calls, not {type(step).__name__}")
        answer: A = step.method(*step.arguments)
        return answer

    def close(self) -> None:
        """Perform no more."""
        self._closed = True


class AsyncMemoryPerformer:
    """Performs calls until it is closed; there is nothing to wait for."""

    def __init__(self) -> None:
        self._performer = MemoryPerformer()

    async def __call__(self, step: Step[A], /) -> A:
        """Make the call."""
        return self._performer(step)

    async def close(self) -> None:
        """Perform no more."""
        self._performer.close()
