"""What is written: a decision, what stays the same for every attempt at it, and why it may fail."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar
from uuid import UUID

from attrs import field, frozen

from aett.core.codec.difference import difference
from aett.core.commit import Commit
from aett.core.fold import Impossible
from aett.core.headers import Headers
from aett.core.rejection import CommitRejection, ConflictingCommit

E = TypeVar("E")


@frozen
class AheadOfStream(ConflictingCommit):
    """The writer has seen more of the stream than there is: it was purged, or the number is from elsewhere.

    seen: the revision that the writer relied on. revision: the stream's. A conflict in which nobody has committed.
    """

    committed: tuple[Commit, ...] = field(default=(), init=False)
    seen: int
    revision: int


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
    events: what the commit id stands for; None for a command, which stands for whatever is decided on it.
    """

    stream_id: str
    commit_id: UUID
    headers: Headers
    given: bool
    events: tuple[object, ...] | None = None

    def is_done_by(self, stored: Commit, decided: tuple[object, ...] | None) -> bool:
        """Whether this commit, which has the id, is an earlier attempt of ours.

        decided: the events that a command causes where that commit began; None if it is refused there.
        """
        events = decided if self.events is None else self.events
        return events is not None and difference(events, stored.bodies) is None
