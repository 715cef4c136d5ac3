"""A place of storage in memory: dicts and lists behind one lock.

A transaction works on a copy, a memory of its own. While it is open, others read what was there before, and who
wants to write waits. In the end the copy takes the place of what was there, or is dropped. Numbers that it has
given are not given again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from heapq import nsmallest
from itertools import islice
from operator import attrgetter
from threading import Condition, Lock
from typing import Any, Final

from aett.adapters.store.record import Record
from aett.core.errors import StorageUnavailable
from aett.core.register import Register
from aett.core.snapshot import Snapshot

WAIT: Final = 5.0
"""Seconds that who wants to write waits for a transaction that is open."""

_PARTS: Final = ("_checkpoint", "_streams", "_ids", "_logs", "_snapshots", "_registers")

_last = attrgetter("stream_revision")
_checkpoint = attrgetter("checkpoint")


def _revision(snapshot: Snapshot) -> int:
    return snapshot.head.revision


def _copied(part: Any) -> Any:
    """A dict with what it holds; what that holds are values. Or a number."""
    if type(part) is int:
        return part
    copy = part.copy()
    for key, each in copy.items():
        copy[key] = each if isinstance(each, Register) else each.copy()
    return copy


class Memory:
    """What several memory stores share, as others share a database; a `Keeper`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._free = Condition(self._lock)
        self._draft: Memory | None = None
        self._checkpoint = 0
        self._streams: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
        self._ids: defaultdict[tuple[str, str], dict[bytes, Record]] = defaultdict(dict)
        self._logs: defaultdict[str, list[Record]] = defaultdict(list)
        self._snapshots: defaultdict[tuple[str, str], list[Snapshot]] = defaultdict(list)
        self._registers: dict[tuple[str, str], Register] = {}

    @property
    def busy(self) -> bool:
        """Whether a transaction is open, and whoever wants to write has to wait."""
        return self._draft is not None

    def begin(self) -> Memory:
        """A copy, to be worked on; `StorageUnavailable` if another transaction stays open for too long."""
        with self._writing():
            self._draft = Memory()
            for name in _PARTS:
                setattr(self._draft, name, _copied(getattr(self, name)))
            return self._draft

    def end(self, draft: Memory, *, undone: bool) -> None:
        """Put the copy in the place of what was there, unless it is undone."""
        with self._lock:
            for name in _PARTS if not undone else ("_checkpoint",):
                setattr(self, name, getattr(draft, name))
            self._draft = None
            self._free.notify_all()

    @contextmanager
    def _writing(self) -> Generator[None]:
        with self._lock:
            if not self._free.wait_for(lambda: self._draft is None, WAIT):
                raise StorageUnavailable(f"a transaction was open for longer than {WAIT:g} s")
            yield

    def initialize(self) -> None:
        """There is nothing to be made."""

    def append(self, record: Record) -> int | None:
        """Store it and give its checkpoint; None if it does not follow the head, or its id is known."""
        place = (record.tenant_id, record.stream_id)
        with self._writing():
            stream = self._streams[place]
            head = (stream[-1].commit_sequence, stream[-1].stream_revision) if stream else (0, 0)
            follows = (record.commit_sequence - 1, record.first_revision - 1) == head
            if not follows or record.commit_id in self._ids[place]:
                return None
            self._checkpoint += 1
            stored = record._replace(checkpoint=self._checkpoint)
            stream.append(stored)
            self._ids[place][record.commit_id] = stored
            self._logs[record.tenant_id].append(stored)
            return self._checkpoint

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Record | None:
        """The stream's record of this id."""
        with self._lock:
            return self._ids.get((tenant_id, stream_id), {}).get(commit_id)

    def stream_page(self, tenant_id: str, stream_id: str, low: int, high: int, size: int) -> list[Record]:
        """The stream's first records, at most `size`, that hold any of the revisions `low` to `high`."""
        with self._lock:
            stream = self._streams.get((tenant_id, stream_id), [])
            begin = bisect_left(stream, low, key=_last)
            return [each for each in stream[begin : begin + size] if each.first_revision <= high]

    def stream_back(self, tenant_id: str, stream_id: str, low: int, high: int, size: int) -> list[Record]:
        """The stream's last records, at most `size`, that end at revisions `low` to `high`, newest first."""
        with self._lock:
            stream = self._streams.get((tenant_id, stream_id), [])
            begin, end = bisect_left(stream, low, key=_last), bisect_right(stream, high, key=_last)
            return stream[max(begin, end - size) : end][::-1]

    def log_page(self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int) -> list[Record]:
        """The tenant's first records, at most `size`, between checkpoints and stamped at or before an instant."""
        with self._lock:
            log = self._logs.get(tenant_id, [])
            begin, end = bisect_right(log, after, key=_checkpoint), bisect_right(log, upto, key=_checkpoint)
            rest = (log[index] for index in range(begin, end))
            found = (each for each in rest if max_stamp is None or each.commit_stamp <= max_stamp)
            return list(islice(found, size))

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> list[Record]:
        """The tenant's last records, at most `size`, between checkpoints, newest first."""
        with self._lock:
            log = self._logs.get(tenant_id, [])
            begin, end = bisect_right(log, after, key=_checkpoint), bisect_right(log, upto, key=_checkpoint)
            return log[max(begin, end - size) : end][::-1]

    def tenants(self, after: str, size: int) -> list[str]:
        """The tenants that have records, at most `size`, in order: those after this one."""
        with self._lock:
            return nsmallest(size, (each for each, log in self._logs.items() if log and each > after))

    def find_snapshot(self, tenant_id: str, stream_id: str, max_revision: int) -> Snapshot | None:
        """The newest at or below a revision."""
        with self._lock:
            kept = self._snapshots.get((tenant_id, stream_id), [])
            index = bisect_right(kept, max_revision, key=_revision)
            return kept[index - 1] if index else None

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Keep it in place of another of its revision."""
        with self._writing():
            kept = self._snapshots[snapshot.head.tenant_id, snapshot.head.stream_id]
            kept[:] = [each for each in kept if _revision(each) != _revision(snapshot)]
            insort(kept, snapshot, key=_revision)

    def find_register(self, tenant_id: str, name: str) -> Register | None:
        """What is in a register."""
        with self._lock:
            return self._registers.get((tenant_id, name))

    def swap_register(self, old: Register, new: Register) -> bool:
        """Keep it in place of the old, if that is still there."""
        place = (old.tenant_id, old.name)
        with self._writing():
            found = self._registers.get(place)
            if (found.version if found else 0) != old.version:
                return False
            self._registers.pop(place, None)
            if new.exists:
                self._registers[place] = new
            return True

    def register_names(self, tenant_id: str, prefix: str, after: str, size: int) -> list[str]:
        """The tenant's registers that begin so, in order: those after this one."""
        with self._lock:
            names = (name for tenant, name in self._registers if tenant == tenant_id and name > after)
            return nsmallest(size, (each for each in names if each.startswith(prefix)))

    def purge(self, tenant_id: str) -> None:
        """Remove a tenant's commits, snapshots and registers."""
        with self._writing():
            self._logs.pop(tenant_id, None)
            for places in (self._streams, self._ids, self._snapshots, self._registers):
                for place in [each for each in places if each[0] == tenant_id]:
                    places.pop(place)

    def purge_stream(self, tenant_id: str, stream_id: str) -> None:
        """Remove a stream's commits and snapshots."""
        with self._writing():
            for places in (self._streams, self._ids, self._snapshots):
                places.pop((tenant_id, stream_id), None)
            log = self._logs.pop(tenant_id, [])
            if kept := [each for each in log if each.stream_id != stream_id]:
                self._logs[tenant_id] = kept

    def drop(self) -> None:
        """Forget everything."""
        with self._writing():
            for places in (self._streams, self._ids, self._logs, self._snapshots, self._registers):
                places.clear()
