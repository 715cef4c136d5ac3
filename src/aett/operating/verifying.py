"""Reads all of a tenant's log, and says what is wrong with it.

1. Every commit is read and decoded; as many problems are told as can be.
2. A stream's commits must follow each other in the log, from the first on; checkpoints must grow.
3. In the end each stream's head must be the last of its commits in the log, unless others have written meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from attrs import define, field, frozen

from aett.core.commit import Commit
from aett.core.errors import CorruptStorage, InvalidCommit, UnknownTopic
from aett.core.head import Head
from aett.operating.appending import where
from aett.ports.commit_store import CommitStore


@frozen
class Verified:
    """What was read of a tenant's log, and what is wrong with it: sentences, in the order in which it was met."""

    tenant_id: str
    commits: int
    events: int
    streams: int
    problems: tuple[str, ...]


class _End(NamedTuple):
    """Where a stream ends; a `Head` would refuse what no stream can have."""

    sequence: int
    revision: int


_NOTHING: Final = _End(0, 0)


@define
class _Reader:
    tenant_id: str
    ends: dict[str, _End] = field(factory=dict[str, _End])
    commits: int = 0
    events: int = 0
    checkpoint: int = 0

    def problems_of(self, commit: Commit) -> Iterator[str]:
        """What is wrong with this one."""
        place = where(commit)
        end = self.ends.get(commit.stream_id, _NOTHING)
        if (commit.commit_sequence, commit.first_revision) != (end.sequence + 1, end.revision + 1):
            follows = f"commit {end.sequence + 1} at revision {end.revision + 1}"
            yield f"{place}: begins at revision {commit.first_revision}, where {follows} should follow"
        if commit.checkpoint is None or commit.checkpoint <= self.checkpoint:
            yield f"{place}: has checkpoint {commit.checkpoint} in the log behind {self.checkpoint}"
        self.ends[commit.stream_id] = _End(commit.commit_sequence, commit.stream_revision)
        self.checkpoint = commit.checkpoint or self.checkpoint
        self.commits += 1
        self.events += len(commit.events)

    def problems_of_head(self, seen: _End, found: Head) -> Iterator[str]:
        """What is wrong where a stream ends."""
        later = found.sequence > seen.sequence and (found.checkpoint or self.checkpoint + 1) > self.checkpoint
        if (found.sequence, found.revision) != (seen.sequence, seen.revision) and not later:
            yield (
                f"tenant {self.tenant_id!r}, stream {found.stream_id!r}: ends with commit {found.sequence} at"
                f" revision {found.revision}, in the log with commit {seen.sequence} at revision {seen.revision}"
            )


def verify(store: CommitStore, tenant_id: str, seen: Callable[[Commit], object] = lambda _: None) -> Verified:
    """What is wrong with a tenant's log. seen: is called with each commit."""
    reader, problems = _Reader(tenant_id), list[str]()
    try:
        for commit in store.get_from(tenant_id):
            problems += reader.problems_of(commit)
            seen(commit)
        for stream_id, end in reader.ends.items():
            problems += reader.problems_of_head(end, store.head(tenant_id, stream_id))
    except (CorruptStorage, InvalidCommit, UnknownTopic) as error:
        problems.append(f"{error} (nothing behind it was read)")
    return Verified(tenant_id, reader.commits, reader.events, len(reader.ends), tuple(problems))
