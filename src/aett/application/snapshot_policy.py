"""When a repository takes snapshots by itself."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from aett.core.number import positive


@frozen
class Never:
    """Only when it is asked to."""

    def due(self, before: int, after: int) -> bool:
        """Whether a write from revision `before` to `after` calls for one."""
        del before, after
        return False


@frozen
class Every:
    """Whenever a write reaches or passes a multiple of so many revisions."""

    revisions: int

    def __attrs_post_init__(self) -> None:
        """Refuse what is no interval."""
        positive("the revisions between snapshots", self.revisions)

    def due(self, before: int, after: int) -> bool:
        """Whether a write from revision `before` to `after` calls for one."""
        return before // self.revisions < after // self.revisions


SnapshotPolicy: TypeAlias = Never | Every

never = Never()
"""Take no snapshots but those that are asked for."""


def every(revisions: int) -> Every:
    """Take a snapshot whenever a write reaches or passes a multiple of so many revisions."""
    return Every(revisions)
