"""How fast followers go, and how patient they are."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from aett.core.number import at_least_one


def _seconds(_instance: Any, attribute: Any, seconds: float) -> None:
    if not seconds > 0:
        raise ValueError(f"{attribute.name} must be a number of seconds above 0, not {seconds!r}")


@frozen(kw_only=True)
class Pace:
    """All times in seconds.

    lease: when nothing has come of a follower for so long although there was something to do, another runner takes
      it over.
    batch: how many commits are read at once.
    every, seconds: a projection that is behind keeps its state after so many events, or so much time.
    pause: one that is at the end keeps it at most so often.
    poll, longest_poll: the rest at the end of the log, at first and at most.
    discovery: after so long, new tenants are looked for, by who follows all of them.
    retry, longest_retry: the pause after a failure, at first and at most.
    """

    lease: float = field(default=10.0, validator=_seconds)
    batch: int = field(default=500, validator=at_least_one)
    every: int = field(default=10_000, validator=at_least_one)
    seconds: float = field(default=1.0, validator=_seconds)
    pause: float = field(default=0.05, validator=_seconds)
    poll: float = field(default=0.005, validator=_seconds)
    longest_poll: float = field(default=1.0, validator=_seconds)
    discovery: float = field(default=5.0, validator=_seconds)
    retry: float = field(default=0.2, validator=_seconds)
    longest_retry: float = field(default=30.0, validator=_seconds)

    def rest(self, before: float) -> float:
        """The rest after one in which nothing came."""
        return min(self.longest_poll, max(self.poll, 2 * before))

    def after_failure(self, failures: int) -> float:
        """The pause after so many failures, from 1."""
        return min(self.longest_retry, self.retry * 2.0 ** min(failures - 1, 30))
