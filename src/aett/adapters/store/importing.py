"""Appending many commits one after the other: what `commit` would do with each, in much fewer transactions.

1. The commits that are given are encoded and gathered into batches: at most so many, at most so many bytes. A
   stream may be there more than once if its commits follow each other; one that does not follow begins another
   batch.
2. A batch is appended by the engine, mostly all of it in one transaction; or what comes before the first commit
   that is refused.
3. That one, and what follows it, is looked up by its id: whatever is there already is a duplicate. The first that
   is not there is committed by itself, and so gets the outcome that it deserves. What follows is a batch again. So
   the log is in the order of the commits, whatever was refused.
4. The outcomes are given in the order of the commits; then the next batch is gathered.
5. If no more can be gathered, because a commit cannot be encoded or the source fails, what came before is written
   first, as it would have been one by one; then the error goes on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final, NamedTuple

from aett.adapters.store.record import Record, Recorder
from aett.core.asked import async_each, each
from aett.core.commit import Commit
from aett.ports.commit_store import AsyncCommitSource, CommitSource

BATCH: Final = 500
"""Commits of one batch at most."""

_BYTES: Final = 4_000_000


class Batch(NamedTuple):
    """Commits that are appended together, in this order, and as records."""

    commits: list[Commit]
    records: list[Record]


class Gathering:
    """The batch that is being gathered."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._begin()

    def _begin(self) -> None:
        self._batch = Batch([], [])
        self._size = 0
        self._last = dict[tuple[str, str], Record]()

    def add(self, commit: Commit) -> Batch | None:
        """Take it in; the batch before it, if that had no room for it."""
        record = self._recorder.record(commit)
        place = record.tenant_id, record.stream_id
        size = record.size
        full = None if self._has_room(record, size, self._last.get(place)) else self.rest()
        self._batch.commits.append(commit)
        self._batch.records.append(record)
        self._size += size
        self._last[place] = record
        return full

    def _has_room(self, record: Record, size: int, last: Record | None) -> bool:
        if len(self._batch.records) >= BATCH or (self._size and self._size + size > _BYTES):
            return False
        return last is None or record.follows(last)

    def rest(self) -> Batch | None:
        """What was gathered; the next batch begins."""
        batch = self._batch
        self._begin()
        return batch if batch.records else None


def batches(recorder: Recorder, commits: CommitSource) -> Iterator[Batch]:
    """All of them; an error of the source, or of encoding, comes after what was before it."""
    gathering = Gathering(recorder)
    try:
        for commit in each(commits):
            if (full := gathering.add(commit)) is not None:
                yield full
    except Exception:
        if (rest := gathering.rest()) is not None:
            yield rest
        raise
    if (rest := gathering.rest()) is not None:
        yield rest


async def async_batches(recorder: Recorder, commits: AsyncCommitSource) -> AsyncIterator[Batch]:
    """The same, of a source that may be awaited."""
    gathering = Gathering(recorder)
    try:
        async for commit in async_each(commits):
            if (full := gathering.add(commit)) is not None:
                yield full
    except Exception:
        if (rest := gathering.rest()) is not None:
            yield rest
        raise
    if (rest := gathering.rest()) is not None:
        yield rest
