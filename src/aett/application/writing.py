"""What is written: a decision, what stays the same for every attempt at it, and why it may fail."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar
from uuid import UUID

from attrs import frozen

from aett.core.codec.difference import difference
from aett.core.commit import Commit
from aett.core.fold import Impossible
from aett.core.headers import Headers
from aett.core.rejection import CommitRejection

E = TypeVar("E")

WriteRejection: TypeAlias = Impossible | CommitRejection
"""Why a repository does not write: the events cannot follow, or the store did not accept the commit."""


@frozen
class Decision(Generic[E]):
    """What is to be appended."""

    events: tuple[E, ...]
    commands: tuple[object, ...] = ()


@frozen
class Writing:
    """What is the same for every attempt of one write.

    given: whether the commit id is the caller's, so that an earlier attempt may be in the store.
    events: what the commit id stands for; None for a command, whatever events it causes.
    """

    stream_id: str
    commit_id: UUID
    headers: Headers
    given: bool
    events: tuple[object, ...] | None = None

    def is_done_by(self, stored: Commit) -> bool:
        """Whether this commit, which has the id, is an earlier attempt of ours."""
        return self.events is None or difference(self.events, stored.bodies) is None
