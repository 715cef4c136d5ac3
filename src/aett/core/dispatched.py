"""The event by which a saga remembers which of its commands have been dispatched."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from aett.core.topic import Topic


@Topic("aett.dispatched")
@frozen
class Dispatched:
    """All commands up to this one are done: the `index`-th, from 0, of the commit of that id and sequence."""

    commit_id: UUID
    sequence: int
    index: int
