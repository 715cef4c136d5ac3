"""Sharing: who works for how many parts, as far as one runner knows, and whom to ask for one.

1. A runner that looks at a part for which another works remembers who that is. So it knows, some seconds late, how
   many of its own parts each of the others works for.
2. As long as the one with most has at least two more than the runner itself, it asks that one for parts, some at a
   time; those it asks for count as its own already. Nobody gives one away so that the other would have more.
3. What was known may be wrong meanwhile: who is asked is compared once more, in the register, before it is asked
   (`turns`, step 10); and an even division comes about by many small steps, whatever each of them was based on.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from aett.application.following.memory import Holding, Memory, Watching

_AT_ONCE: Final = 8


class Shares:
    """Of the parts that one runner has met."""

    def __init__(self) -> None:
        self._own = 0
        self._asking = 0
        self._others = Counter[str]()

    def changed(self, before: Memory, after: Memory) -> None:
        """What is remembered of a part has changed."""
        self._count(before, -1)
        self._count(after, 1)

    def richest(self) -> str | None:
        """Who is to be asked for one more; None if nobody is."""
        if not self._others or self._asking >= _AT_ONCE:
            return None
        holder, parts = max(self._others.items(), key=lambda each: each[1])
        return holder if parts - self._asking >= self._own + self._asking + 2 else None

    def _count(self, memory: Memory, by: int) -> None:
        match memory:
            case Holding():
                self._own += by
            case Watching(holder=holder, asks=asks) if holder:
                self._others[holder] += by
                self._asking += by * asks
                if not self._others[holder]:
                    del self._others[holder]
            case Watching():
                pass
