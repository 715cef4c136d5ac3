"""What an engine does with records; the rest of a commit store is the same for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from aett.adapters.store.record import Record
from aett.core.head import Head
from aett.core.plan import Plan
from aett.core.tail import Tail

UNNUMBERED: Final = 0
"""No checkpoint yet; none is less than 1."""


def one_by_one(append: Callable[[Record], Plan[int | None]], records: Sequence[Record]) -> Plan[list[int]]:
    """`append_all` of an engine that has nothing better."""
    checkpoints = list[int]()
    for record in records:
        checkpoint = yield from append(record)
        if checkpoint is None:
            break
        checkpoints.append(checkpoint)
    return checkpoints


class Engine(Protocol):
    """Plans over records; identifiers and numbers have been checked."""

    @property
    def max_commit_size(self) -> int | None:
        """The bytes of headers, events and commands that one record holds; None if there is no limit."""
        ...

    def append(self, record: Record) -> Plan[int | None]:
        """Store it and give its checkpoint; None if it does not follow the head, or its id is known.

        `UNNUMBERED` if only the readers of the log number what is stored.
        """
        ...

    def append_all(self, records: Sequence[Record]) -> Plan[list[int]]:
        """What `append` gives of each, in this order, up to the first that is refused: the rest is not stored.

        Those of one stream follow each other.
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

    def stream_back(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, before: int | None
    ) -> Plan[list[Record]]:
        """The stream's last records, at most `size`, that end at revisions `low` to `high`, newest first.

        before: the sequence of the record after them, if it has just been read.
        """
        ...

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """Where the stream ends, without reading what its commits hold."""
        ...

    def settled(self, tenant_id: str) -> Plan[int]:
        """A checkpoint at or below which nothing of the tenant's can appear any more, as high as can be told now.

        Where `log_page` sees to that itself, it is `MAX_REVISION`, without asking.
        """
        ...

    def visible(self, tenant_id: str) -> Plan[int]:
        """A checkpoint that nothing visible is above, and everything that begins from now on.

        Where `log_page` reads what is settled, it is `MAX_REVISION`, without asking.
        """
        ...

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """Where the log ends; what readers bring into it or settle is brought in and settled first."""
        ...

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """The tenant's first records, at most `size`, after a checkpoint, up to one that is settled or visible.

        max_stamp: if given, only those stamped at or before it, in microseconds since 1970; then they need not be
        settled.
        """
        ...

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> Plan[list[Record]]:
        """The tenant's last records, at most `size`, after a checkpoint, up to a settled one, newest first."""
        ...

    def tenants(self, after: str | None, size: int) -> Plan[list[str]]:
        """The tenants that have records: the first, at most `size`, or those after the last that was given."""
        ...
