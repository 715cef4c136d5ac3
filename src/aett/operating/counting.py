"""Counts what is in a tenant's log, and lists its streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime

from attrs import define, field, frozen

from aett.core.commit import Commit
from aett.core.stored_event import StoredEvent
from aett.ports.commit_store import CommitStore


@define
class Counted:
    """What is in a tenant's log. topics: events of each; bodies: bytes of each; days: events of each, in UTC."""

    tenant_id: str
    commits: int = 0
    topics: Counter[str] = field(factory=Counter[str])
    bodies: Counter[str] = field(factory=Counter[str])
    days: Counter[date] = field(factory=Counter[date])

    @property
    def events(self) -> int:
        """How many there are."""
        return self.topics.total()


@frozen
class StreamCount:
    """A stream: its last revision, its commits, and when the first and the last were written."""

    stream_id: str
    revision: int
    commits: int
    first: datetime
    last: datetime


def count(store: CommitStore, tenant_id: str, seen: Callable[[Commit], object] = lambda _: None) -> Counted:
    """Count the events of a log; the store's map must be `TopicMap.stored()`. seen: is called with each commit."""
    counted = Counted(tenant_id)
    for commit in store.get_from(tenant_id):
        counted.commits += 1
        counted.days[commit.commit_stamp.date()] += len(commit.events)
        for body in commit.bodies:
            if isinstance(body, StoredEvent):
                counted.topics[body.topic] += 1
                counted.bodies[body.topic] += len(body.body)
        seen(commit)
    return counted


def streams(store: CommitStore, tenant_id: str, prefix: str = "") -> Iterator[StreamCount]:
    """The streams whose names begin so, in the order in which they were begun."""
    found = dict[str, StreamCount]()
    for commit in store.get_from(tenant_id, topics=()):
        if commit.stream_id.startswith(prefix):
            first = found[commit.stream_id].first if commit.stream_id in found else commit.commit_stamp
            found[commit.stream_id] = StreamCount(
                commit.stream_id, commit.stream_revision, commit.commit_sequence, first, commit.commit_stamp
            )
    yield from found.values()
