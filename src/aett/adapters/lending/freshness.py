"""Whether a connection that was idle must be proved before it is lent again.

1. Servers, and what stands before them, end connections that are idle for long, and all of them when they are
   started again. The driver notices at the next use, which is the user's call.
2. What was in use a moment ago is lent as it is, at no cost. What was idle for longer gives a sign of life first,
   which is one round trip; if there is none, it is replaced, and the call never knows.
3. Whoever meets a broken connection makes all others suspect that have been idle since: they are proved, too.

The pools of the awaited drivers see by themselves when a server ends a connection: a loop watches it.
"""

from __future__ import annotations

import time
from typing import Final

from attrs import define

IDLE: Final = 1.0
"""Seconds without use after which a connection is proved."""


@define
class Freshness:
    """What a pool of the store's knows of its connections."""

    _suspect: float = float("-inf")

    @staticmethod
    def now() -> float:
        """When a connection is used."""
        return time.monotonic()

    def must_be_proved(self, used: float) -> bool:
        """Whether a connection must that was last used then."""
        return used <= self._suspect or time.monotonic() - used > IDLE

    def found_broken(self) -> None:
        """One was: all that are idle now are suspect."""
        self._suspect = time.monotonic()
