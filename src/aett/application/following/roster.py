"""The roster: which part of which follower is due next. It does no I/O, and has no clock of its own.

1. Every part of every follower has an entry: what is remembered of it, and the time from which it may be taken.
2. Whoever has time takes the part that has been due longest, and puts it back with what came of its turn. So a
   busy follower has one page, and then everybody else who is due.
3. A bell makes the parts of a tenant due that rest at the end of the log; not those that pause after a failure, or
   watch another's lease.
4. With many parts that rest, the longest rest grows, so that quiet tenants together are asked at most
   `_POLLS` times a second.
5. A runner that works for fewer parts than another asks for some (`sharing`): their next look is due at once.
6. Who follows everybody looks for new tenants from time to time, and soon after a bell for one that is not known.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

from attrs import define, evolve

from aett.application.following.followers import Follower, Part, parts
from aett.application.following.memory import Holding, Memory, Turn, Watching
from aett.application.following.pace import Pace
from aett.application.following.sharing import Shares

_POLLS: Final = 100
_LONGEST: Final = 1.0


@define(eq=False)
class Entry:
    """A part, and what is remembered of it. due: when its next turn is; None while it is taken."""

    part: Part
    memory: Memory
    due: float | None
    rests: bool = False
    trouble: Exception | None = None
    rung: bool = False


class Roster:
    """Of the followers of one runner, whose parts it gives out one at a time. For one thread at a time."""

    def __init__(self, followers: Iterable[Follower], pace: Pace, *, everybody: bool = False) -> None:
        self._followers = tuple(followers)
        self._pace = self.pace = pace
        self._everybody = everybody
        self._discovered, self._unknown = float("-inf"), False
        self._entries = dict[str, list[Entry]]()
        self._waiting = list[tuple[float, int, Entry]]()
        self._number = count()
        self._shares = Shares()

    def discovers(self, now: float) -> bool:
        """Whether it is time to look for new tenants; whoever is told so does it."""
        patience = self._pace.pause if self._unknown else self._pace.discovery
        if not self._everybody or now - self._discovered < patience:
            return False
        self._discovered, self._unknown = now, False
        return True

    def meet(self, tenant_id: str, now: float) -> None:
        """Follow this tenant's log, too, if it is not followed yet."""
        if tenant_id not in self._entries:
            made = [Entry(part, Watching(), None) for each in self._followers for part in parts(each, tenant_id)]
            self._entries[tenant_id] = made
            for entry in made:
                self._wait(entry, now)
            least = sum(map(len, self._entries.values())) / _POLLS
            if least > self._pace.longest_poll:
                self.pace = evolve(self._pace, longest_poll=least)

    def take(self, now: float) -> Entry | None:
        """Whose turn it is; None if nobody's is yet."""
        while self._waiting and self._waiting[0][0] <= now:
            due, _, entry = heapq.heappop(self._waiting)
            if entry.due == due:  # it has not been rung for, or taken, meanwhile
                entry.due = None
                return entry
        return None

    def put_back(self, entry: Entry, turn: Turn, now: float) -> bool:
        """What came of its turn; whether the part was lost by that."""
        lost = isinstance(entry.memory, Holding) and isinstance(turn.memory, Watching)
        self._shares.changed(entry.memory, turn.memory)
        entry.memory, entry.trouble = turn.memory, turn.trouble
        entry.rests = isinstance(turn.memory, Holding) and turn.trouble is None
        rung, entry.rung = entry.rung and entry.rests, False
        self._wait(entry, now if rung else now + turn.wait)
        while (holder := self._shares.richest()) is not None and self._ask(holder, now):
            pass
        return lost

    def _ask(self, holder: str, now: float) -> bool:
        """Let the next turn of one of its parts ask for that; whether there was one."""
        for entry in self:
            match entry:
                case Entry(memory=Watching(holder=found, asks=False) as memory, due=float()) if found == holder:
                    entry.memory = evolve(memory, asks=True)
                    self._shares.changed(memory, entry.memory)
                    self._wait(entry, now)
                    return True
                case _:
                    pass
        return False

    def ring(self, tenant_id: str, now: float) -> bool:
        """Something has been written; whether there is something to do by that."""
        if self._everybody and tenant_id not in self._entries:
            self._unknown = True
            return True
        woken = False
        for entry in self._entries.get(tenant_id, ()):
            if entry.due is None:
                entry.rung = True
            elif isinstance(entry.memory, Holding) and entry.rests and entry.due > now:
                entry.memory = evolve(entry.memory, rest=0.0)
                self._wait(entry, now)
                woken = True
        return woken

    def due(self) -> float | None:
        """When the next turn is; None if there is nobody."""
        while self._waiting and self._waiting[0][2].due != self._waiting[0][0]:
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    def rest(self, now: float) -> float:
        """How long to wait for the next turn, in seconds; at most one, for whoever waits may be told to stop."""
        due = self.due()
        return _LONGEST if due is None else max(0.0, min(_LONGEST, due - now))

    def __iter__(self) -> Iterator[Entry]:
        """Every entry."""
        for each in self._entries.values():
            yield from each

    def _wait(self, entry: Entry, due: float) -> None:
        entry.due = due
        heapq.heappush(self._waiting, (due, next(self._number), entry))
