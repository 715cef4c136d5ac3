"""The plans that read a commit store, over any engine's records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from attrs import frozen

from aett.adapters.store.contiguity import contiguous, contiguous_back
from aett.adapters.store.engine import Engine
from aett.adapters.store.reading import Fetched, Reading
from aett.adapters.store.record import Record, Recorder
from aett.core import identifier
from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.number import MAX_REVISION, bound, positive, unique, whole
from aett.core.page import Page
from aett.core.plan import Plan
from aett.core.stamp import aware, to_microseconds
from aett.core.tail import Tail
from aett.core.topic_map import TopicMap

T = TypeVar("T")


class LogPlace(NamedTuple):
    """Where a page of a log begins: after a checkpoint.

    upto: the checkpoint at which this read ends, or begins if it goes backwards; None until it is known. left: how
    many commits may still come.
    """

    after: int
    upto: int | None
    left: int = MAX_REVISION


class Place(NamedTuple):
    """Where a page of a stream begins: at a revision, and beside the sequence that was read before, if any was.

    left: how many commits may still come.
    """

    revision: int
    sequence: int | None = None
    left: int = MAX_REVISION


@frozen
class Reads:
    """An engine's records as commits, cut at bounds and read by pages."""

    engine: Engine
    recorder: Recorder
    page_size: int

    def __attrs_post_init__(self) -> None:
        """Refuse pages that hold nothing, and what encodes nothing."""
        positive("page_size", self.page_size)
        if self.engine.max_commit_size is not None:
            positive("max_commit_size", self.engine.max_commit_size)

    def find(self, tenant_id: str, stream_id: str, commit_id: UUID) -> Plan[Commit | None]:
        """Look the id up in the stream."""
        tenant_id, stream_id = identifier.tenant(tenant_id), identifier.stream(stream_id)
        record = yield from self.engine.find(tenant_id, stream_id, unique(commit_id).bytes)
        return None if record is None else self.recorder.commit(record)

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """Ask for the last commit's numbers."""
        return (yield from self.engine.head(identifier.tenant(tenant_id), identifier.stream(stream_id)))

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """Ask the engine."""
        return (yield from self.engine.tail(identifier.tenant(tenant_id)))

    def tenants(self) -> Reading[str]:
        """Pages of names, by keyset on the name."""

        def fetch(place: tuple[str | None]) -> Plan[Fetched[str]]:
            found = yield from self.engine.tenants(place[0], self.page_size)
            return Fetched(found, (found[-1],) if len(found) == self.page_size else None)

        return Reading((None,), fetch)

    def get(
        self,
        tenant_id: str,
        stream_id: str,
        min_revision: int,
        max_revision: int,
        *,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Reading[Commit]:
        """Pages of commits, by keyset on the revision."""
        if backwards:
            return self._stream_back(tenant_id, stream_id, min_revision, max_revision, _limit(limit))
        return self._stream(tenant_id, stream_id, min_revision, max_revision, None, self._commits, _limit(limit))

    def get_to(self, tenant_id: str, stream_id: str, max_time: datetime) -> Reading[Commit]:
        """Pages of commits, until the first that is later."""
        return self._stream(tenant_id, stream_id, 1, MAX_REVISION, max_time, self._commits)

    def pages(
        self, tenant_id: str, stream_id: str, min_revision: int, max_revision: int, max_time: datetime | None
    ) -> Reading[Page]:
        """Pages of heads and events, by keyset on the revision."""
        return self._stream(tenant_id, stream_id, min_revision, max_revision, max_time, self._page)

    def get_all_to(self, tenant_id: str, max_time: datetime) -> Reading[Commit]:
        """Pages of the log, without what is later."""
        return self._log(
            tenant_id, 0, MAX_REVISION, to_microseconds(aware(max_time, "max_time")), MAX_REVISION, self.recorder
        )

    def get_from(
        self,
        tenant_id: str,
        checkpoint: int,
        max_checkpoint: int = MAX_REVISION,
        *,
        topics: TopicMap | Iterable[str] | None = None,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Reading[Commit]:
        """Pages of the log, by keyset on the checkpoint."""
        after, until = bound("checkpoint", checkpoint), bound("max_checkpoint", max_checkpoint)
        recorder = self.recorder if topics is None else self.recorder.only(topics)
        if backwards:
            return self._log_back(tenant_id, after, until, _limit(limit), recorder)
        return self._log(tenant_id, after, until, None, _limit(limit), recorder)

    def _log(
        self, tenant_id: str, checkpoint: int, until: int, max_stamp: int | None, limit: int, recorder: Recorder
    ) -> Reading[Commit]:
        tenant_id = identifier.tenant(tenant_id)
        # What one asks for by time need not be settled: a commit that is not there yet was not there at that time.
        ends = self.engine.settled if max_stamp is None else self.engine.visible

        def fetch(place: LogPlace) -> Plan[Fetched[Commit]]:
            upto = min(until, (yield from ends(tenant_id))) if place.upto is None else place.upto
            size = min(self.page_size, place.left)
            records = yield from self.engine.log_page(tenant_id, place.after, upto, max_stamp, size)
            left = place.left - len(records)
            more = len(records) == size and left > 0
            following = LogPlace(records[-1].checkpoint or 0, upto, left) if more else None
            return Fetched([recorder.commit(each) for each in records], following)

        return Reading(LogPlace(checkpoint, None, limit) if limit and checkpoint < until else None, fetch)

    def _log_back(
        self, tenant_id: str, checkpoint: int, until: int, limit: int, recorder: Recorder
    ) -> Reading[Commit]:
        tenant_id = identifier.tenant(tenant_id)

        def fetch(place: LogPlace) -> Plan[Fetched[Commit]]:
            settled = (yield from self.engine.tail(tenant_id)).settled if place.upto is None else place.upto
            upto, size = min(until, settled), min(self.page_size, place.left)
            records = yield from self.engine.log_back(tenant_id, checkpoint, upto, size)
            left = place.left - len(records)
            more = len(records) == size and left > 0
            following = LogPlace(checkpoint, (records[-1].checkpoint or 0) - 1, left) if more else None
            return Fetched([recorder.commit(each) for each in records], following)

        return Reading(LogPlace(checkpoint, None, limit) if limit and checkpoint < until else None, fetch)

    def _stream(
        self,
        tenant_id: str,
        stream_id: str,
        min_revision: int,
        max_revision: int,
        max_time: datetime | None,
        items: Callable[[Sequence[Record], int, int], Sequence[T]],
        limit: int = MAX_REVISION,
    ) -> Reading[T]:
        tenant_id, stream_id = identifier.tenant(tenant_id), identifier.stream(stream_id)
        until = None if max_time is None else to_microseconds(aware(max_time, "max_time"))
        least = max(1, whole("min_revision", min_revision))
        high = bound("max_revision", max_revision)

        def fetch(place: Place) -> Plan[Fetched[T]]:
            records = yield from self.records(tenant_id, stream_id, place, high)
            kept = _prefix(records, until)
            more = len(records) == min(self.page_size, place.left) and len(kept) == len(records)
            wanted = [record for record in kept if record.stream_revision >= least]
            following = place_after(records[-1], place.left - len(records)) if more else None
            return Fetched(items(wanted, least, high), following)

        # Whether a revision belongs to the prefix by time is told by all that come before it.
        start = Place(least if until is None else 1, None, limit)
        return Reading(start if limit and least <= high else None, fetch)

    def _stream_back(
        self, tenant_id: str, stream_id: str, min_revision: int, max_revision: int, limit: int
    ) -> Reading[Commit]:
        tenant_id, stream_id = identifier.tenant(tenant_id), identifier.stream(stream_id)
        low, high = max(1, whole("min_revision", min_revision)), bound("max_revision", max_revision)

        def fetch(place: Place) -> Plan[Fetched[Commit]]:
            size, top, before = min(self.page_size, place.left), place.revision, place.sequence
            records = list[Record]()
            if before is None and high < MAX_REVISION:  # the commit that holds the highest may go on beyond it
                records = yield from self.engine.stream_page(tenant_id, stream_id, high, high, 1, None)
                if records:
                    top, before = records[0].first_revision - 1, records[0].commit_sequence
            if len(records) < size and low <= top:
                records += yield from self.engine.stream_back(
                    tenant_id, stream_id, low, top, size - len(records), before
                )
            more = len(records) == size
            contiguous_back(records, low, place.revision, place.sequence, last=not more)
            left = place.left - len(records)
            following = _before(records[-1], left) if more and records[-1].first_revision > low else None
            return Fetched(self._commits(records, low, high), following)

        return Reading(Place(high, None, limit) if limit and low <= high else None, fetch)

    def records(self, tenant_id: str, stream_id: str, place: Place, high: int) -> Plan[list[Record]]:
        """A page of a stream; `CorruptStorage` if something is missing."""
        size = min(self.page_size, place.left)
        records = yield from self.engine.stream_page(
            tenant_id, stream_id, place.revision, high, size, place.sequence
        )
        contiguous(records, place.revision, place.sequence)
        return records

    def _commits(self, records: Sequence[Record], low: int, high: int) -> Sequence[Commit]:
        return [self.recorder.commit(record, low=low, high=high) for record in records]

    def _page(self, records: Sequence[Record], low: int, high: int) -> Sequence[Page]:
        return [self.recorder.page(records, low=low, high=high)] if records else ()


def place_after(record: Record, left: int = MAX_REVISION) -> Place | None:
    """Where the next page begins; None if nothing is wanted any more."""
    return Place(record.stream_revision + 1, record.commit_sequence, left) if left else None


def _before(record: Record, left: int) -> Place | None:
    return Place(record.first_revision - 1, record.commit_sequence, left) if left else None


def _limit(limit: int | None) -> int:
    return MAX_REVISION if limit is None else bound("limit", limit)


def _prefix(records: list[Record], until: int | None) -> list[Record]:
    if until is None:
        return records
    later = (index for index, record in enumerate(records) if record.commit_stamp > until)
    return records[: next(later, len(records))]
