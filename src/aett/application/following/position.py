"""Positions: how far a follower has come, as its register remembers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from attrs import field, frozen

from aett.core.errors import SchemaMismatch
from aett.core.recorded import Recorded
from aett.core.register import Register

if TYPE_CHECKING:
    from aett.core.codec.codec import Codec

_FORMAT: Final = 1
_END: Final = b"\n"
_LARGE: Final = 32_768
_ROOM: Final = 2_048
"""So long is what stands before a large state: one that is nearly too large leaves room to say why it stopped."""
_TOLD: Final = 200


def _cut(told: str) -> str:
    return told if len(told) <= _TOLD else f"{told[: _TOLD - 1]}…"


@frozen
class Stop:
    """Why a follower has stopped: an event that could not be handled.

    checkpoint, index: which event of the log. error: the name of the error's class. told: what it said, cut short.
    """

    checkpoint: int
    index: int
    error: str
    told: str = field(converter=_cut)


@frozen(kw_only=True)
class Position:
    """How far a follower has come, and who works for it.

    checkpoint: of the log; everything up to it is done.
    partly: of the next commit so many events are done, too; `within` is that commit's checkpoint.
    holder: the runner that works for it; nobody, if empty.
    asked: whether another runner, which has less to do, asks the holder for it.
    caught_up: whether it had once done all that there was.
    stop: why nobody works for it any more.
    superseded: the version that goes on where this one has ended, for ever; 0 if there is none.
    inline: whether it is kept by those who commit, and by no runner.
    fingerprint: of the state that follows, if there is one.
    """

    checkpoint: int = 0
    within: int = 0
    partly: int = 0
    holder: str = ""
    asked: bool = False
    caught_up: bool = False
    stop: Stop | None = None
    superseded: int = 0
    inline: bool = False
    fingerprint: str = ""
    format: int = _FORMAT

    def after(self, checkpoint: int) -> Position:
        """Everything up to this checkpoint is done."""
        return attrs.evolve(self, checkpoint=max(checkpoint, self.checkpoint), within=0, partly=0)

    def beyond(self, recorded: Recorded[Any]) -> Position:
        """All up to this event, included, is done."""
        if recorded.index + 1 == len(recorded.commit.events):
            return self.after(recorded.checkpoint)
        before = max(self.checkpoint, recorded.checkpoint - 1)
        return attrs.evolve(self, checkpoint=before, within=recorded.checkpoint, partly=recorded.index + 1)

    def at_the_end(self) -> Position:
        """There was nothing more to do."""
        return self if self.caught_up else attrs.evolve(self, caught_up=True)


def read(register: Register) -> tuple[Position, bytes]:
    """What a register holds: a position, and the encoded state. Raises `SchemaMismatch`."""
    if not register.exists:
        return Position(), b""
    head, _, state = register.payload.partition(_END)
    try:
        return _codec().decode(head), state
    except ValueError as error:
        raise SchemaMismatch(
            f"register {register.name!r} of tenant {register.tenant_id!r} is no follower's, or another version's:"
            f" {error}"
        ) from error


def written(position: Position, state: bytes = b"") -> bytes:
    """What a register is to hold."""
    head = _codec().encode(position)
    return (head if len(state) < _LARGE else head.ljust(_ROOM)) + _END + state


def _codec() -> Codec[Position]:
    # What encodes is loaded when something is to be encoded: `import aett` is to be quick.
    from aett.core.codec.codec import codec_for  # noqa: PLC0415

    return codec_for(Position)
