"""Followers, as those see them who do not run them, blocking."""

from __future__ import annotations

from typing import Any, TypeVar

from aett.application.following.followers import Follower, Handler, Reactor
from aett.application.following.performing import Begin, FollowersPerformer
from aett.application.following.watching_plans import Lag, Projected, WatchingPlans, late
from aett.core.dead_letter import DeadLetter
from aett.core.plan import run
from aett.core.projection import Projection
from aett.ports.commit_store import CommitStore
from aett.ports.register_store import RegisterStore

S = TypeVar("S")


class Followers:
    """The followers of one tenant's log: their states, how far they have come, and a word to them."""

    def __init__(
        self, tenant_id: str, *, store: CommitStore, registers: RegisterStore, begin: Begin | None = None
    ) -> None:
        self._plans = WatchingPlans(tenant_id)
        self._performer = FollowersPerformer(store, registers, begin)

    def state(self, projection: Projection[S, Any]) -> Projected[S]:
        """The state that was kept last; the initial one if it was never run. Raises `SchemaMismatch`."""
        return run(self._plans.state(projection), self._performer)

    def lag(self, follower: Follower) -> Lag:
        """How far it is behind."""
        return run(self._plans.lag(follower), self._performer)

    def wait_for(self, follower: Follower, checkpoint: int, *, timeout: float = 5.0) -> None:
        """Wait until it has done everything up to this checkpoint, such as that of a commit of yours.

        Raises `TimeoutError` if it has not, after so many seconds. A commit in a transaction that is still open
        has no place in the log: commit first.
        """
        if not run(self._plans.wait_for(follower, checkpoint, timeout), self._performer):
            raise late(follower, checkpoint, timeout)

    def dead_letters(self, follower: Handler[Any, Any] | Reactor[Any]) -> list[DeadLetter]:
        """The events that it has set aside and that nobody has settled, in the order of the log."""
        return run(self._plans.dead_letters(follower), self._performer)

    def retry(self, follower: Handler[Any, Any] | Reactor[Any], letter: DeadLetter) -> bool:
        """Let it handle the event now, and settle the letter; False if it was settled before.

        Whatever its function raises goes on to the caller, and the letter stays open. For a handler, tell by
        `begin` how a transaction begins.
        """
        return run(self._plans.retry(follower, letter), self._performer)

    def drop(self, follower: Handler[Any, Any] | Reactor[Any], letter: DeadLetter) -> bool:
        """Settle the letter without having it handled; False if it was settled before."""
        return run(self._plans.drop(follower, letter), self._performer)

    def resume(self, follower: Follower) -> int:
        """Let it go on after it has stopped, at the event that it stopped for; how many of its parts had."""
        return run(self._plans.resume(follower), self._performer)

    def remove(self, follower: Follower) -> None:
        """Remove what is remembered of it. While it is run, or when it is run again, it begins anew."""
        run(self._plans.remove(follower), self._performer)
