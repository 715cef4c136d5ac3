"""What a runner remembers of a follower from turn to turn, and what comes of a turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from attrs import frozen

from aett.application.following.position import Position
from aett.core.recorded import Recorded
from aett.core.register import Register


@frozen
class Watching:
    """Somebody else works for it, or nobody yet.

    version: of the register when it was last looked at; None before the first look.
    since: since when there has been something to do while that version did not move.
    holder: who worked for it then; nobody, if empty. asks: whether we ask that one for it.
    rest: the last one while we ask. troubles: how often in a row the storage has failed.
    """

    version: int | None = None
    since: float | None = None
    holder: str = ""
    asks: bool = False
    rest: float = 0.0
    troubles: int = 0


@frozen(kw_only=True)
class Holding:
    """We work for it.

    register: as we have put it last; kept, put_at: the position that it holds, and when.
    position, state: what has been done, perhaps not yet put. events: how many since.
    failures: how often in a row the same event has failed. size: so many events are tried at once; None for all.
    rest: the last one at the end of the log. looked: when the register was looked at there.
    troubles: as above. unsure: the last put was not answered.
    """

    register: Register
    kept: Position
    put_at: float
    position: Position
    state: Any = None
    events: int = 0
    failures: int = 0
    size: int | None = None
    rest: float = 0.0
    looked: float = 0.0
    unsure: bool = False
    troubles: int = 0


Memory: TypeAlias = Watching | Holding
"""What a runner remembers of a part from turn to turn; nothing of it is needed."""


class Turn(NamedTuple):
    """What came of a turn.

    memory: what to remember. wait: when to take the next one, in seconds. trouble: what went wrong.
    handled: the events that were handled.
    """

    memory: Memory
    wait: float
    trouble: Exception | None = None
    handled: Sequence[Recorded[Any]] = ()
