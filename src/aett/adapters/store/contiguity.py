"""A stream has no gaps: what is missing is told, not passed over."""

from __future__ import annotations

from collections.abc import Sequence

from aett.adapters.store.record import Record
from aett.core.errors import CorruptStorage


def contiguous(records: Sequence[Record], low: int, sequence: int | None) -> None:
    """`CorruptStorage` unless these are the stream's next records that hold revisions from `low` on.

    sequence: of the record that was read before them; None if this read begins with them.
    """
    if not records:
        return
    first = records[0]
    if sequence is None:
        begins = first.first_revision <= low and (low > 1 or first.commit_sequence == 1)
    else:
        begins = (first.first_revision, first.commit_sequence) == (low, sequence + 1)
    if not begins:
        raise _gap(first)
    before = first
    for record in records[1:]:
        if (record.first_revision, record.commit_sequence) != (
            before.stream_revision + 1,
            before.commit_sequence + 1,
        ):
            raise _gap(record)
        before = record


def _gap(record: Record) -> CorruptStorage:
    return CorruptStorage(
        f"{record.where}: the commit before it is missing"
        f" (or the stream was purged and written anew while it was read)"
    )
