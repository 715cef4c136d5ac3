"""What an engine does with records; the rest of a commit store is the same for all."""

from __future__ import annotations

from typing import Final, Protocol

from aett.adapters.store.record import Record
from aett.core.plan import Plan

UNNUMBERED: Final = 0
"""No checkpoint yet; none is less than 1."""


class Engine(Protocol):
    """Five plans over records; identifiers and numbers have been checked."""

    @property
    def max_commit_size(self) -> int | None:
        """The bytes of headers, events and commands that one record holds; None if there is no limit."""
        ...

    def append(self, record: Record) -> Plan[int | None]:
        """Store it and give its checkpoint; None if it does not follow the head, or its id is known.

        `UNNUMBERED` if only the readers of the log number what is stored.
        """
        ...

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """The stream's record of this id."""
        ...

    def stream_page(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, after: int | None
    ) -> Plan[list[Record]]:
        """The stream's first records, at most `size`, that hold any of the revisions `low` to `high`.

        after: the sequence of the record before them, if it has just been read.
        """
        ...

    def settled(self, tenant_id: str) -> Plan[int | None]:
        """A checkpoint at or below which nothing of the tenant's can appear any more; all that can be told.

        None if that cannot be told now, since a writer takes too long. Where commits appear in the
        order of their checkpoints, it is `MAX_REVISION`, without asking.
        """
        ...

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """The tenant's first records, at most `size`, after a checkpoint, up to one that is settled.

        max_stamp: if given, only those stamped at or before it, in microseconds since 1970.
        """
        ...
