"""Stretches of the log that several partitions of a runner read: read once, for all that come by soon.

1. The partitions of a follower go through the same log at about the same pace. So what was read last is kept, a
   few stretches of it, by tenant and topics.
2. Who asks for what follows a checkpoint that lies within a kept stretch gets the rest of that: it never changes,
   for the log is settled there. At its end, and beyond, the log is read.
3. While one partition reads, the others wait; then they find what it has read.
4. When a runner loses a part, what is kept of that tenant is forgotten: it may have been purged.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from typing import Final

from attrs import frozen

from aett.application.following.steps import ReadLog, Stretch
from aett.core.topic_map import TopicMap

_MOST: Final = 16


@frozen
class _Kept:
    tenant_id: str
    topics: TopicMap
    after: int
    stretch: Stretch

    def rest(self, read: ReadLog) -> Stretch | None:
        commits = self.stretch.commits
        if (read.tenant_id, read.topics) != (self.tenant_id, self.topics):
            return None
        if not self.after <= read.checkpoint < (commits[-1].checkpoint or 0):
            return None
        if read.checkpoint == self.after:
            return self.stretch
        begin = bisect_right(commits, read.checkpoint, key=lambda each: each.checkpoint or 0)
        return Stretch(commits[begin:], more=True)


class Stretches:
    """Those that were read last."""

    def __init__(self) -> None:
        self._kept = OrderedDict[tuple[str, TopicMap, int], _Kept]()
        self._lock = threading.Lock()

    def find(self, read: ReadLog) -> Stretch | None:
        """What follows, if it is kept."""
        with self._lock:
            found = (each.rest(read) for each in reversed(self._kept.values()))
            return next((each for each in found if each is not None), None)

    def keep(self, read: ReadLog, stretch: Stretch) -> None:
        """Keep it, for a while."""
        if stretch.commits:
            key = (read.tenant_id, read.topics, read.checkpoint)
            with self._lock:
                self._kept[key] = _Kept(*key, stretch)
                self._kept.move_to_end(key)
                while len(self._kept) > _MOST:
                    self._kept.popitem(last=False)

    def forget(self, tenant_id: str) -> None:
        """Forget what is of this tenant."""
        with self._lock:
            for key in [each for each in self._kept if each[0] == tenant_id]:
                del self._kept[key]
