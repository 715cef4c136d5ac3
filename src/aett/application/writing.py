"""What is written: a decision, what stays the same for every attempt at it, and why it may fail."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar
from uuid import UUID

from attrs import frozen

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
    """

    stream_id: str
    commit_id: UUID
    headers: Headers
    given: bool
