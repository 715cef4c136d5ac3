"""Appends commits of other stores, so that the log has them in the order in which they come.

1. The first is appended by itself. If it is numbered, the others follow by `commit_all`, many at once; or one by
   one, if what comes depends on what has been written.
2. If it is not (on S3, who reads the log numbers it), each is appended by itself; and before another stream's is,
   the log is read, so that what was there before is numbered before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from aett.core.commit import Commit, numbered
from aett.core.outcome import Failure, Outcome, Success
from aett.core.rejection import CommitRejection, DuplicateCommit
from aett.ports.commit_store import CommitStore

Appended: TypeAlias = tuple[Commit, bool | None]
"""A commit, and whether it is there now: True, it was written; False, it was there before; None, another is."""


def where(commit: Commit) -> str:
    """Its place, for messages."""
    return f"tenant {commit.tenant_id!r}, stream {commit.stream_id!r}, commit {commit.commit_sequence}"


def append(target: CommitStore, commits: Iterable[Commit], *, ahead: bool = True) -> Iterator[Appended]:
    """What became of each. ahead: whether the next may be asked for while those before are not yet written."""
    source = (numbered(each, None) for each in commits)
    for first in source:
        outcome = target.commit(first)
        yield first, _there(first, outcome)
        if isinstance(outcome, Success):
            late = outcome.unwrap().checkpoint is None
            if ahead and not late:
                yield from _together(target, source)
            else:
                yield from _one_by_one(target, source, late=late, before=first)


def _together(target: CommitStore, source: Iterator[Commit]) -> Iterator[Appended]:
    asked = deque[Commit]()

    def asking() -> Iterator[Commit]:
        for each in source:
            asked.append(each)
            yield each

    for outcome in target.commit_all(asking()):
        commit = asked.popleft()
        yield commit, _there(commit, outcome)


def _one_by_one(
    target: CommitStore, source: Iterator[Commit], *, late: bool, before: Commit
) -> Iterator[Appended]:
    for commit in source:
        if late and (commit.tenant_id, commit.stream_id) != (before.tenant_id, before.stream_id):
            next(target.get_from(before.tenant_id, backwards=True, limit=1), None)
        yield commit, _there(commit, target.commit(commit))
        before = commit


def _there(commit: Commit, outcome: Outcome[Commit, CommitRejection]) -> bool | None:
    match outcome:
        case Success(_):
            return True
        case Failure(DuplicateCommit(stored)) if numbered(stored, None) == commit:
            return False
        case _:
            return None
