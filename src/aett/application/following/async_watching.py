"""Followers, as those see them who do not run them, awaiting."""

from __future__ import annotations

from typing import Any, TypeVar

from aett.application.following.async_performing import AsyncBegin, AsyncFollowersPerformer
from aett.application.following.followers import Follower, Handler, Reactor
from aett.application.following.watching_plans import Lag, Projected, WatchingPlans, late
from aett.core.dead_letter import DeadLetter
from aett.core.plan import arun
from aett.core.projection import Projection
from aett.ports.commit_store import AsyncCommitStore
from aett.ports.register_store import AsyncRegisterStore

S = TypeVar("S")


class AsyncFollowers:
    """A `Followers` that is awaited."""

    def __init__(
        self,
        tenant_id: str,
        *,
        store: AsyncCommitStore,
        registers: AsyncRegisterStore,
        begin: AsyncBegin | None = None,
    ) -> None:
        self._plans = WatchingPlans(tenant_id)
        self._performer = AsyncFollowersPerformer(store, registers, begin)

    async def state(self, projection: Projection[S, Any]) -> Projected[S]:
        """The state that was kept last; the initial one if it was never run. Raises `SchemaMismatch`."""
        return await arun(self._plans.state(projection), self._performer)

    async def lag(self, follower: Follower) -> Lag:
        """How far it is behind."""
        return await arun(self._plans.lag(follower), self._performer)

    async def wait_for(
        self,
        follower: Follower,
        checkpoint: int,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109  # as the sync face has it
    ) -> None:
        """Wait until it has done everything up to this checkpoint, such as that of a commit of yours.

        Raises `TimeoutError` if it has not, after so many seconds. A commit in a transaction that is still open
        has no place in the log: commit first.
        """
        if not await arun(self._plans.wait_for(follower, checkpoint, timeout), self._performer):
            raise late(follower, checkpoint, timeout)

    async def dead_letters(self, follower: Handler[Any, Any] | Reactor[Any]) -> list[DeadLetter]:
        """The events that it has set aside and that nobody has settled, in the order of the log."""
        return await arun(self._plans.dead_letters(follower), self._performer)

    async def retry(self, follower: Handler[Any, Any] | Reactor[Any], letter: DeadLetter) -> bool:
        """Let it handle the event now, and settle the letter; False if it was settled before.

        Whatever its function raises goes on to the caller, and the letter stays open. For a handler, tell by
        `begin` how a transaction begins.
        """
        return await arun(self._plans.retry(follower, letter), self._performer)

    async def drop(self, follower: Handler[Any, Any] | Reactor[Any], letter: DeadLetter) -> bool:
        """Settle the letter without having it handled; False if it was settled before."""
        return await arun(self._plans.drop(follower, letter), self._performer)

    async def resume(self, follower: Follower) -> int:
        """Let it go on after it has stopped, at the event that it stopped for; how many of its parts had."""
        return await arun(self._plans.resume(follower), self._performer)

    async def remove(self, follower: Follower) -> None:
        """Remove what is remembered of it. While it is run, or when it is run again, it begins anew."""
        await arun(self._plans.remove(follower), self._performer)
