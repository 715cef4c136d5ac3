"""The events by which followers remember what they have set aside, and what became of it."""

from __future__ import annotations

from attrs import frozen

from aett.core.topic import Topic


@Topic("aett.dead_letter")
@frozen
class DeadLetter:
    """An event that a follower could not handle, and has passed over.

    register: of the follower. stream_id, revision, checkpoint, index: which event.
    error: the name of the error's class. told: what it said.
    """

    register: str
    stream_id: str
    revision: int
    checkpoint: int
    index: int
    error: str
    told: str


@Topic("aett.dead_letter_settled")
@frozen
class DeadLetterSettled:
    """That letter needs nobody's care any more: it was handled after all, or dropped."""

    checkpoint: int
    index: int
    handled: bool
