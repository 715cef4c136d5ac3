"""The log as an iterator that waits at its end, blocking and awaiting.

1. Pages are read after the position, which is only in memory: whoever iterates remembers `recorded.checkpoint`, if
   it matters, and begins after it the next time.
2. At the end it rests, for a time that doubles, until a bell rings, or the time is over.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any, Final, Protocol

from attrs import frozen

from aett.application.following.pace import Pace
from aett.core.commit import Commit
from aett.core.projection import topics_of
from aett.core.recorded import Recorded, recorded
from aett.core.topic_map import TopicMap
from aett.ports.bell import listening
from aett.ports.commit_store import AsyncCommitStore, CommitStore

OWN: Final = "aett/"
"""What the streams begin with that Aett itself writes."""

_LOOK: Final = 0.1
"""Seconds after which it is looked whether the iteration is to stop."""


class Stops(Protocol):
    """What tells that an iteration is to end, such as a `threading.Event`."""

    def is_set(self) -> bool:
        """Whether it is to."""
        ...


@frozen
class Wanted:
    """What is wanted of a log: events of these classes, or all; of streams that begin so, not of Aett's own."""

    topics: TopicMap | None
    stream_prefix: str

    def of(self, commit: Commit) -> Iterator[Recorded[Any]]:
        """The commit's events that are wanted."""
        stream = commit.stream_id
        if not stream.startswith(self.stream_prefix):
            return
        if stream.startswith(OWN) and not self.stream_prefix.startswith(OWN):
            return
        yield from recorded(commit, self.topics)


def follow(
    store: CommitStore,
    tenant_id: str,
    checkpoint: int = 0,
    *,
    topics: Any = None,
    stream_prefix: str = "",
    stop: Stops | None = None,
    pace: Pace = Pace(),
) -> Iterator[Recorded[Any]]:
    """Every event of a tenant's log after a checkpoint, one after the other; at the end it waits for more.

    topics: only these, a `TopicMap` or their class or union; all that the store knows, if it is None.
    stream_prefix: only of streams that begin so. stop: ends the iteration when it is set.
    """
    wanted, rung = Wanted(None if topics is None else topics_of(topics), stream_prefix), threading.Event()
    rest = 0.0

    def ring(tenant: str) -> None:
        if tenant == tenant_id:
            rung.set()

    with listening(ring):
        while stop is None or not stop.is_set():
            rung.clear()
            commits = list(store.get_from(tenant_id, checkpoint, topics=wanted.topics, limit=pace.batch))
            for commit in commits:
                yield from wanted.of(commit)
                checkpoint = commit.checkpoint or 0
            rest = 0.0 if commits else pace.rest(rest)
            until = time.monotonic() + rest
            while (left := until - time.monotonic()) > 0 and not (stop and stop.is_set()):
                if rung.wait(min(left, _LOOK)):
                    rest = 0.0
                    break


async def async_follow(
    store: AsyncCommitStore,
    tenant_id: str,
    checkpoint: int = 0,
    *,
    topics: Any = None,
    stream_prefix: str = "",
    pace: Pace = Pace(),
) -> AsyncIterator[Recorded[Any]]:
    """A `follow` that is awaited: a cancellation, or an `asyncio.timeout`, ends it at once."""
    wanted, rung = Wanted(None if topics is None else topics_of(topics), stream_prefix), asyncio.Event()
    loop, rest = asyncio.get_running_loop(), 0.0

    def ring(tenant: str) -> None:
        if tenant == tenant_id:
            with suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(rung.set)

    with listening(ring):
        while True:
            rung.clear()
            log = store.get_from(tenant_id, checkpoint, topics=wanted.topics, limit=pace.batch)
            commits = [each async for each in log]
            for commit in commits:
                for each in wanted.of(commit):
                    yield each
                checkpoint = commit.checkpoint or 0
            rest = 0.0 if commits else pace.rest(rest)
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await rung.wait()
                    rest = 0.0
