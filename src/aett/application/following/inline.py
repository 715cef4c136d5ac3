"""Commit stores that apply followers inline, blocking."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from aett.application.following.followers import Handler
from aett.application.following.inline_plans import InlinePlans
from aett.application.following.performing import FollowersPerformer
from aett.core.asked import Asked, each
from aett.core.commit import Commit
from aett.core.conflict import ConflictDetector
from aett.core.outcome import Outcome, Success
from aett.core.plan import run
from aett.core.projection import Projection
from aett.core.rejection import CommitRejection
from aett.core.topic_map import TopicMap
from aett.ports.commit_store import CommitSource, CommitStore
from aett.ports.transaction import Transaction


class _Inline:
    def __init__(self, store: CommitStore, performer: FollowersPerformer, plans: InlinePlans) -> None:
        self._store, self._performer, self._plans = store, performer, plans

    def commit(self, commit: Commit) -> Outcome[Commit, CommitRejection]:
        """Append it, and apply the followers."""
        outcome = self._store.commit(commit)
        if isinstance(outcome, Success):
            run(self._plans.apply(outcome.unwrap()), self._performer)
        return outcome

    def commit_all(self, commits: CommitSource) -> Iterator[Outcome[Commit, CommitRejection]]:
        """Each by itself, so that its events are applied before the next is judged."""
        return Asked(self._commit_all(commits), "commit_all")

    def _commit_all(self, commits: CommitSource) -> Generator[Outcome[Commit, CommitRejection]]:
        for commit in each(commits):
            yield self.commit(commit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def inline(
    transaction: Transaction[Any],
    *followers: Handler[Any, Any] | Projection[Any, Any],
    topic_map: TopicMap,
    conflict_detector: ConflictDetector = ConflictDetector(),
) -> CommitStore:
    """A commit store of a transaction; what is committed by it, handlers and projections see at once.

    What they make of it is done together with the commit, or not at all, and who reads afterwards reads both. They
    see what is committed by such stores, and nothing else: every writer uses one, from the first commit on, or
    from when a runner has brought a handler's table up to date, while nobody wrote. A reactor is a
    `TypeError`.
    """
    store = transaction.commit_store(topic_map=topic_map, conflict_detector=conflict_detector)
    performer = FollowersPerformer(store, transaction.registers(), within=transaction)
    made: Any = _Inline(store, performer, InlinePlans(followers))
    return made  # type: ignore[no-any-return]  # all of the port's methods are the store's
