"""Copies a tenant's log from one store to another, of any engine.

1. Commits are appended in the order of the source's log, with their ids, stamps and headers. Their checkpoints are
   the target's own.
2. What was copied before is known by the last commit of the target's log: the source says where it stands, and
   goes on behind it. So a copy that was interrupted is resumed, and one that is repeated brings what is new.
3. A commit that the target has already must be the same there. Anything else is `Diverged`, and ends the copy: the
   target is not made what neither of them was.
4. `compare` reads both logs side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest

from attrs import frozen

from aett.core.commit import Commit, numbered
from aett.core.errors import AettError
from aett.operating.appending import append, where
from aett.ports.commit_store import CommitStore


class Diverged(AettError):
    """The target holds something that the source does not, or other than it."""


@frozen
class Copied:
    """How many of a tenant's commits were written, and how many the target had already."""

    tenant_id: str
    written: int
    known: int


def copy(
    source: CommitStore, target: CommitStore, tenant_id: str, seen: Callable[[Commit], object] = lambda _: None
) -> Copied:
    """Append what the target does not have. seen: is called with each commit that the target has then.

    Raises `Diverged`. Nobody else should write to the target meanwhile.
    """
    written = known = 0
    for commit, new in append(target, source.get_from(tenant_id, _resumed(source, target, tenant_id))):
        if new is None:
            raise Diverged(f"{where(commit)}: the target has another commit in its place")
        written, known = written + new, known + (not new)
        seen(commit)
    return Copied(tenant_id, written, known)


def compare(
    source: CommitStore, target: CommitStore, tenant_id: str, seen: Callable[[Commit], object] = lambda _: None
) -> None:
    """Raises `Diverged` at the first commit in which the two logs differ, apart from checkpoints."""
    for one, other in zip_longest(source.get_from(tenant_id), target.get_from(tenant_id)):
        if other is None:
            raise Diverged(f"{where(one)}: the target lacks it")
        if one is None:
            raise Diverged(f"{where(other)}: the source lacks it")
        if numbered(one, None) != numbered(other, None):
            raise Diverged(f"{where(one)}: the target has {where(other)} in its place, or other content")
        seen(one)


def _resumed(source: CommitStore, target: CommitStore, tenant_id: str) -> int:
    """The source's checkpoint of the last commit that the target has."""
    last = next(target.get_from(tenant_id, backwards=True, limit=1), None)
    if last is None:
        return 0
    found = source.find(tenant_id, last.stream_id, last.commit_id)
    if found is None:
        raise Diverged(f"{where(last)}: the target has it, and the source does not")
    return found.checkpoint or 0
