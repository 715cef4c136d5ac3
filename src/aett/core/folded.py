"""What repositories give: a state and the head it was folded up to."""

from __future__ import annotations

from typing import Generic, TypeVar

from attrs import frozen

from aett.core.head import Head

S = TypeVar("S")
E = TypeVar("E")


@frozen
class Folded(Generic[S, E]):
    """The state `S` of a stream of events `E` at a head."""

    state: S
    head: Head

    @property
    def revision(self) -> int:
        """The revision of the last event folded in; 0 for an empty stream."""
        return self.head.revision
