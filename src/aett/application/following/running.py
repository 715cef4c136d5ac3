"""What both runners are made of: their settings, which followers can run on them, and what is told of them."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, TypeAlias
from uuid import uuid4

from attrs import frozen

from aett.application.following.followers import Follower, Handler, Part, Reactor
from aett.application.following.memory import Holding, Turn
from aett.application.following.roster import Entry
from aett.core import identifier
from aett.core.logs import logger
from aett.core.number import positive
from aett.core.projection import Projection
from aett.core.snapshot import state_codec

_LOG: Final = logger("following")
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
"""Those that tell a runner to stop."""


class Tenants(Enum):
    """Whose logs are followed, if they are not named."""

    ALL = "all"

    def __repr__(self) -> str:
        """As one writes it."""
        return f"Tenants.{self.name}"


@frozen
class Running:
    """A part of a follower, as one runner sees it.

    register: the name of its register. checkpoint: how far it has come. holds: whether this runner works for it.
    caught_up: whether it had once done all that there was. trouble: what went wrong in its last turn.
    """

    tenant_id: str
    register: str
    checkpoint: int
    holds: bool
    caught_up: bool
    trouble: Exception | None


@frozen
class Turned:
    """A turn that a runner has taken, for metrics and traces.

    register: of the follower. checkpoint: how far it has come; 0 if it is not held. events: how many were handled.
    seconds: how long it took. trouble: what went wrong. lag: for how many seconds the oldest of the events had
    been stored, by the clock of who committed it; None if there was none.
    """

    tenant_id: str
    register: str
    checkpoint: int
    events: int
    seconds: float
    trouble: Exception | None
    lag: float | None = None


Observe: TypeAlias = Callable[[Turned], object]


def observed(observe: Observe | None, part: Part, turn: Turn, seconds: float) -> None:
    """Tell it of a turn; what it does wrong is logged."""
    if observe is None:
        return
    checkpoint = turn.memory.position.checkpoint if isinstance(turn.memory, Holding) else 0
    lag = max(0.0, (datetime.now(UTC) - turn.handled[0].stamp).total_seconds()) if turn.handled else None
    told = Turned(part.tenant_id, part.register, checkpoint, len(turn.handled), seconds, turn.trouble, lag)
    try:
        observe(told)
    except Exception:  # noqa: BLE001  # of a function of the user's
        _LOG.exception("%s: the observer failed", part.register)


def running(entry: Entry) -> Running:
    """What is told of it."""
    part, memory = entry.part, entry.memory
    position = memory.position if isinstance(memory, Holding) else None
    return Running(
        tenant_id=part.tenant_id,
        register=part.register,
        checkpoint=position.checkpoint if position else 0,
        holds=position is not None,
        caught_up=position is not None and position.caught_up,
        trouble=entry.trouble,
    )


def name_of_this(given: str | None) -> str:
    """A name that no other runner has, although they be given the same; it says where it runs."""
    return f"{given or f'{socket.gethostname()} {os.getpid()}'} {uuid4().hex[:8]}"


def checked(
    followers: Sequence[Follower], tenants: Iterable[str] | Tenants, workers: int, *, transactions: bool
) -> list[str]:
    """The tenants that are named; `TypeError`, `ValueError` or an `AettError` if something cannot be run."""
    positive("workers", workers)
    names = set[str]()
    for each in followers:
        _can_run(each, transactions=transactions)
        if (name := Part(each, "-").register) in names:
            raise ValueError(f"two followers would share the register {name!r}: one needs another name or version")
        names.add(name)
    if isinstance(tenants, str):
        raise TypeError("tenants must be Tenants.ALL or several ids, not one str")
    return [] if isinstance(tenants, Tenants) else [identifier.tenant(each) for each in tenants]


def _can_run(follower: Any, *, transactions: bool) -> None:
    match follower:
        case Projection():
            state_codec(follower)  # pyright: ignore[reportUnknownArgumentType]
        case Handler() if not transactions:
            raise ValueError(
                f"{follower.name}: a Handler is called in a transaction: say how one begins, begin=...,"
                " or make it a Reactor"
            )
        case Handler() | Reactor():
            pass
        case _:
            raise TypeError(f"a runner takes projections, handlers and reactors, not a {type(follower).__name__}")
