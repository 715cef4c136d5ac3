"""Snapshots: a cached state at a revision; always disposable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from aett.core.fold import Evolves, Stated
from aett.core.folded import Folded
from aett.core.head import Head

if TYPE_CHECKING:
    from aett.core.codec.codec import Codec

S = TypeVar("S")
E = TypeVar("E")


@frozen
class Snapshot:
    """A state, encoded, with the head it was folded up to.

    fingerprint: of the name and version of what was folded, and of the shape of its state. A
      snapshot with another fingerprint than today's is a miss.
    """

    head: Head
    fingerprint: str
    payload: bytes

    @staticmethod
    def of(source: Evolves[S, E], folded: Folded[S, E]) -> Snapshot:
        """A snapshot of this state. Raises `UnsupportedType` if it cannot be stored and read equal."""
        codec = state_codec(source)
        return Snapshot(folded.head, fingerprint_of(source, codec), codec.encode(folded.state))

    def restore(self, source: Evolves[S, E]) -> Folded[S, E] | None:
        """The state again, or None (a miss) if it is of another shape than today's or unreadable."""
        codec = state_codec(source)
        if self.fingerprint != fingerprint_of(source, codec):
            return None
        try:
            return Folded(codec.decode(self.payload), self.head)
        except ValueError:  # Undecodable
            return None


def state_codec(source: Stated[S]) -> Codec[S]:
    """The codec of the source's states; `UnsupportedType` if there can be none."""
    # What encodes is loaded when something is to be encoded: `import aett` is to be quick.
    from aett.core.codec.codec import codec_for  # noqa: PLC0415

    declared: Any = source.state
    return codec_for(type(source.initial) if declared is None else declared)


def fingerprint_of(source: Stated[Any], codec: Codec[Any]) -> str:
    """Of the name and version of what is folded, and of the shape of its states."""
    from aett.core.codec.shape import fingerprint  # noqa: PLC0415

    return fingerprint(f"{source.name}\n{source.version}\n{codec.shape.text}")
