"""Commit stores that apply followers inline, awaiting."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from aett.application.following.async_performing import AsyncFollowersPerformer
from aett.application.following.followers import Handler
from aett.application.following.inline_plans import InlinePlans
from aett.core.asked import AsyncAsked, async_each
from aett.core.commit import Commit
from aett.core.conflict import ConflictDetector
from aett.core.outcome import Outcome, Success
from aett.core.plan import arun
from aett.core.projection import Projection
from aett.core.rejection import CommitRejection
from aett.core.topic_map import TopicMap
from aett.ports.commit_store import AsyncCommitSource, AsyncCommitStore
from aett.ports.transaction import AsyncTransaction


class _AsyncInline:
    def __init__(self, store: AsyncCommitStore, performer: AsyncFollowersPerformer, plans: InlinePlans) -> None:
        self._store, self._performer, self._plans = store, performer, plans

    async def commit(self, commit: Commit) -> Outcome[Commit, CommitRejection]:
        """Append it, and apply the followers."""
        outcome = await self._store.commit(commit)
        if isinstance(outcome, Success):
            await arun(self._plans.apply(outcome.unwrap()), self._performer)
        return outcome

    def commit_all(self, commits: AsyncCommitSource) -> AsyncIterator[Outcome[Commit, CommitRejection]]:
        """Each by itself, so that its events are applied before the next is judged."""
        return AsyncAsked(self._commit_all(commits), "commit_all")

    async def _commit_all(self, commits: AsyncCommitSource) -> AsyncGenerator[Outcome[Commit, CommitRejection]]:
        async for commit in async_each(commits):
            yield await self.commit(commit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def async_inline(
    transaction: AsyncTransaction[Any],
    *followers: Handler[Any, Any] | Projection[Any, Any],
    topic_map: TopicMap,
    conflict_detector: ConflictDetector = ConflictDetector(),
) -> AsyncCommitStore:
    """A commit store of a transaction; what is committed by it, handlers and projections see at once.

    What they make of it is done together with the commit, or not at all, and who reads afterwards reads both. They
    see what is committed by such stores, and nothing else: every writer uses one, from the first commit on, or
    from when a runner has brought a handler's table up to date, while nobody wrote. A reactor is a
    `TypeError`.
    """
    store = transaction.commit_store(topic_map=topic_map, conflict_detector=conflict_detector)
    performer = AsyncFollowersPerformer(store, transaction.registers(), within=transaction)
    made: Any = _AsyncInline(store, performer, InlinePlans(followers))
    return made  # type: ignore[no-any-return]  # all of the port's methods are the store's
