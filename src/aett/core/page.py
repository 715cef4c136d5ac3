"""Pages: a stretch of a stream for folding, without what a fold does not need."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from aett.core.head import Head


@frozen
class Page:
    """Events of a stream, in order, and the head that follows the last of them.

    commit_id: that of the commit that holds the last one; None where it is not known.
    """

    head: Head
    bodies: tuple[object, ...]
    commit_id: UUID | None = None
