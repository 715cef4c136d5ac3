"""Group commit: appends that are asked for while others are under way are written together, in one transaction.

1. There are so many lanes. An append that finds a lane free, and nobody waiting, takes it, and is performed as if
   there were no groups: one writer alone pays nothing.
2. One that does not waits, in the order in which all came. When a lane becomes free, the first in the queue
   takes it, and with it, in one transaction, what stands behind it: at most one commit of a stream (the next one
   waits for its turn), at most so many, at most so many bytes. Each has its own outcome.
   In a group of tasks, half of the writers may go on while the other half is written (`halving`): so many are told
   before the lane is given on, and the others when the next group is on its way.
3. They are appended in the order of tenant and stream, so that two transactions do not wait for each other.
4. If the server undid such a transaction, for whatever reason, each of its appends is performed by itself, without
   a lane. That is also how one that waits for a long transaction of somebody else's keeps the others waiting for a
   moment only: the server is told not to wait longer, where it can be told.
5. Who has a lane for longer than a moment, since the server is slow or somebody holds what he needs, loses it: who
   waits gets another. So nobody is kept waiting who would not have been without groups.
6. As long as an append of a stream is performed without a lane, others of that stream are, too.
7. If nobody knows what became of a transaction, as when the connection broke, that is told to each of its writers.
8. Nothing is grouped on a connection that joins a transaction of the caller's.

`grouping` has lanes of threads, `async_grouping` of tasks.
"""

from __future__ import annotations

import copy
from collections import Counter, deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

from attrs import define

from aett.adapters.sql.halving import Halving
from aett.adapters.sql.statement import Append, Appends, Place, place_of
from aett.core.errors import AettError, StorageUnavailable
from aett.ports import observing

GROUP_SIZE: Final = 128
"""Appends that are written together at most, unless a store is told otherwise; 1: each by itself."""

LANES: Final = 2
"""Groups that are under way at once, at most."""

MOMENT: Final = 0.1
"""Seconds after which who has a lane loses it."""

_BYTES: Final = 4_000_000


class Waits(Protocol):
    """Somebody who waits with an append."""

    @property
    def step(self) -> Append:
        """The append."""
        ...


W = TypeVar("W", bound=Waits)


@define(eq=False)
class Lane:
    """What is written, since when; lost: whether that took too long, so that another lane is there for it."""

    places: list[Place]
    since: float
    lost: bool = False


class Group(Generic[W]):
    """Who has a lane, who waits, and which streams are written without one. It knows no threads and no tasks."""

    def __init__(self, lanes: int, most: int, moment: float = MOMENT) -> None:
        self._lanes = lanes
        self._most = most
        self.moment = moment
        self._busy = list[Lane]()
        self._waiting = deque[W]()
        self._apart = Counter[Place]()
        self.halving = Halving()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def is_apart(self, step: Append) -> bool:
        """Whether its stream is written without a lane just now."""
        return bool(self._apart) and place_of(step.parameters) in self._apart

    def enters(self, step: Append, now: float) -> Lane | None:
        """The lane that it gets, one that is lost already if its stream is apart; None if it has to wait.

        A lane that is free is for those who wait already: whoever has just written would take it again and again.
        """
        if self.is_apart(step):
            return self.begin_apart(step)
        return None if self._waiting else self._free(step, now)

    def _free(self, step: Append, now: float) -> Lane | None:
        if len(self._busy) >= self._lanes:
            return None
        lane = Lane([place_of(step.parameters)], now)
        self._busy.append(lane)
        return lane

    def leaves(self, lane: Lane) -> None:
        """What was written in it is."""
        if lane.lost:
            self._end_apart(lane.places)
        else:
            self._busy.remove(lane)

    def relieve(self, now: float) -> None:
        """Whoever has a lane for too long loses it."""
        for lane in self._busy:
            if now - lane.since >= self.moment:
                lane.lost = True
                self._apart.update(lane.places)
        self._busy = [each for each in self._busy if not each.lost]

    def wait(self, who: W) -> None:
        """Stand behind the others."""
        self._waiting.append(who)

    def give_up(self, who: W) -> None:
        """Wait no more, if it still does."""
        with suppress(ValueError):
            self._waiting.remove(who)

    def first(self, now: float) -> tuple[W, Lane] | None:
        """Who has waited longest, and the lane that he gets; None if nobody waits, or no lane is free."""
        if self._waiting and (lane := self._free(self._waiting[0].step, now)) is not None:
            return self._waiting.popleft(), lane
        return None

    def together_with(self, first: W, lane: Lane) -> list[W]:
        """Who is written in this lane together with him: who came first, in the order of streams."""
        found, skipped = [first], list[W]()
        places, size = {place_of(first.step.parameters)}, first.step.size
        under_way = sum(len(each.places) for each in self._busy)
        share = -(-(len(self._waiting) + under_way) // self._lanes)
        while self._waiting and len(found) < min(self._most, share):
            who = self._waiting.popleft()
            place, more = place_of(who.step.parameters), who.step.size
            if place in places or place in self._apart or size + more > _BYTES:
                skipped.append(who)
                places.add(place)  # those of a stream keep their order
                continue
            found.append(who)
            places.add(place)
            size += more
        self._waiting.extendleft(reversed(skipped))
        found.sort(key=lambda each: place_of(each.step.parameters))
        lane.places = [place_of(each.step.parameters) for each in found]
        return found

    def told_at_once(self, count: int) -> int:
        """How many of those that were written together are told before their lane is given on."""
        waiting = len(self._waiting)
        if self._lanes > 1 or not self.halving.prefers_halves(count + waiting):
            return count
        return max(0, count - waiting) // 2

    def begin_apart(self, step: Append) -> Lane:
        """Its stream is written without a lane now."""
        lane = Lane([place_of(step.parameters)], 0.0, lost=True)
        self._apart.update(lane.places)
        return lane

    def _end_apart(self, places: list[Place]) -> None:
        self._apart.subtract(places)
        for place in places:
            if not self._apart[place]:
                del self._apart[place]


def together(steps: Iterable[Append]) -> Appends:
    """One step that does all of them."""
    every = tuple(steps)
    observing.together(len(every))
    return Appends(every[0].text, every[0].together, tuple(each.parameters for each in every))


def told_anew(error: BaseException) -> Exception:
    """An error of its own for each who is told of it."""
    if not isinstance(error, AettError):
        return StorageUnavailable("what was written together with others was interrupted")
    own = copy.copy(error)
    own.__cause__ = error
    return own
