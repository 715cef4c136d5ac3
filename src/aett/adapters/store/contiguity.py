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
    _in_turn(records)


def contiguous_back(records: Sequence[Record], low: int, high: int, sequence: int | None, *, last: bool) -> None:
    """`CorruptStorage` unless these, newest first, are the stream's records that hold revisions from `high` down.

    sequence: of the record that was read before them, and follows them; None if this read begins with them.
    last: whether there are no more above revision `low`.
    """
    if not records:
        return
    oldest = records[-1]
    if sequence is not None and (records[0].stream_revision, records[0].commit_sequence) != (high, sequence - 1):
        raise _gap(records[0], "after")
    _in_turn(records[::-1])
    if last and (oldest.first_revision > low or (low == 1 and oldest.commit_sequence != 1)):
        raise _gap(oldest)


def _in_turn(records: Sequence[Record]) -> None:
    before = records[0]
    for record in records[1:]:
        if (record.first_revision, record.commit_sequence) != (
            before.stream_revision + 1,
            before.commit_sequence + 1,
        ):
            raise _gap(record)
        before = record


def _gap(record: Record, side: str = "before") -> CorruptStorage:
    return CorruptStorage(
        f"{record.where}: the commit {side} it is missing"
        f" (or the stream was purged and written anew while it was read)"
    )
