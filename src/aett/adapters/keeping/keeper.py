"""What keeps records: all that an adapter brings whose storage is an object with atomic calls."""

from __future__ import annotations

from typing import Protocol

from aett.adapters.store.record import Record
from aett.core.register import Register
from aett.core.snapshot import Snapshot


class Keeper(Protocol):
    """A place of storage. Each call is atomic, whoever else calls; identifiers and numbers have been checked.

    What its storage raises becomes an error of aett's where the stores are made (`failures`); what it finds
    spoilt, it raises as `CorruptStorage` itself.
    """

    def initialize(self) -> None:
        """Make what is absent; `SchemaMismatch`, naming what differs, if what is there is of another make."""
        ...

    def append(self, record: Record) -> int | None:
        """Keep it for good and give its checkpoint, greater than any before, also than those purged.

        None, and nothing is kept, unless it follows the head of its stream (its sequence and first revision
        are the last ones plus 1, or 1) and its id is new in the stream.
        """
        ...

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Record | None:
        """The stream's record of this id."""
        ...

    def stream_page(self, tenant_id: str, stream_id: str, low: int, high: int, size: int) -> list[Record]:
        """The stream's first records, at most `size`, that hold any of the revisions `low` to `high`."""
        ...

    def stream_back(self, tenant_id: str, stream_id: str, low: int, high: int, size: int) -> list[Record]:
        """The stream's last records, at most `size`, that end at revisions `low` to `high`, newest first."""
        ...

    def log_page(self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int) -> list[Record]:
        """The tenant's first records, at most `size`, after a checkpoint, up to another, in order.

        max_stamp: if given, only those stamped at or before it, in microseconds since 1970.
        """
        ...

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> list[Record]:
        """The tenant's last records, at most `size`, after a checkpoint, up to another, newest first."""
        ...

    def tenants(self, after: str, size: int) -> list[str]:
        """The tenants that have records, at most `size`, in order: those after this one, which may be empty."""
        ...

    def find_snapshot(self, tenant_id: str, stream_id: str, max_revision: int) -> Snapshot | None:
        """The stream's newest snapshot at or below a revision."""
        ...

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Keep it, in place of another of its stream and revision."""
        ...

    def find_register(self, tenant_id: str, name: str) -> Register | None:
        """What is in a register, if there is anything."""
        ...

    def swap_register(self, old: Register, new: Register) -> bool:
        """Keep `new` in the place of `old`, if what is there still has its version; whether it had.

        Version 0: nothing is there, or is to be there.
        """
        ...

    def register_names(self, tenant_id: str, prefix: str, after: str, size: int) -> list[str]:
        """The tenant's registers that begin so, at most `size`, in order: those after this name."""
        ...

    def purge(self, tenant_id: str) -> None:
        """Remove a tenant's records, snapshots and registers."""
        ...

    def purge_stream(self, tenant_id: str, stream_id: str) -> None:
        """Remove a stream's records and snapshots."""
        ...

    def drop(self) -> None:
        """Remove everything; no error if nothing is there."""
        ...
