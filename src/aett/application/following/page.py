"""Pages: a stretch of the log, as a follower sees it."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from aett.application.following.followers import Part
from aett.application.following.position import Position
from aett.application.following.steps import Stretch
from aett.core.recorded import Recorded, recorded


@frozen
class Page:
    """Events to be handled, the checkpoint up to which these are all, and whether more come at once.

    last: where they end, if others of the page have been left off.
    """

    events: list[Recorded[Any]]
    upto: int
    more: bool = field(kw_only=True)
    last: Recorded[Any] | None = field(default=None, kw_only=True)

    def cut(self, size: int) -> Page:
        """Only so many of its events."""
        if size == len(self.events):
            return self
        return Page(self.events[:size], self.upto, more=True, last=self.events[size - 1])

    def reached(self, position: Position) -> Position:
        """The position at its end, after this one."""
        there = position.after(self.upto) if self.last is None else position.beyond(self.last)
        return there if self.more else there.at_the_end()


def page_of(part: Part, position: Position, stretch: Stretch) -> Page:
    """What a part wants of the stretch that follows a position."""
    commits = stretch.commits
    upto = (commits[-1].checkpoint or 0) if commits else position.checkpoint
    topics, events = frozenset[type](part.follower.topics), list[Recorded[Any]]()
    for commit in commits:
        if part.wants(commit.stream_id):
            done = position.partly if commit.checkpoint == position.within else 0
            events += recorded(commit, topics, begin=done)
    return Page(events, upto, more=stretch.more)
