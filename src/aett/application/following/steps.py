"""What the plans of followers ask of the ports, of the clock, and of the user's functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.outcome import Outcome
from aett.core.plan import Plan, Step
from aett.core.register import Overtaken, Register
from aett.core.rejection import CommitRejection
from aett.core.tail import Tail
from aett.core.topic_map import TopicMap

R = TypeVar("R")
X = TypeVar("X")


@frozen
class Stretch:
    """A stretch of a log; whether there may be more after it."""

    commits: list[Commit]
    more: bool = field(kw_only=True)


@frozen
class ReadLog(Step[Stretch]):
    """The next commits of a tenant's log, at most so many; only events of these topics.

    shared: others will soon ask for the same.
    """

    tenant_id: str
    checkpoint: int
    topics: TopicMap
    limit: int
    shared: bool = False


@frozen
class ReadStream(Step[list[Commit]]):
    """All of a stream."""

    tenant_id: str
    stream_id: str


@frozen
class ReadHead(Step[Head]):
    """Where a stream's next commit goes."""

    tenant_id: str
    stream_id: str


@frozen
class Append(Step[Outcome[Commit, CommitRejection]]):
    """Append it to its stream."""

    commit: Commit


@frozen
class ReadTail(Step[Tail]):
    """Where a tenant's log ends."""

    tenant_id: str


@frozen
class ReadTenants(Step[list[str]]):
    """Everybody who has a log."""


@frozen
class ReadRegister(Step[Register]):
    """What is in a register."""

    tenant_id: str
    name: str


@frozen
class PutRegister(Step[Outcome[Register, Overtaken]]):
    """Put something into it."""

    register: Register
    payload: bytes


@frozen
class ReadNames(Step[list[str]]):
    """The names of a tenant's registers that begin so."""

    tenant_id: str
    prefix: str


@frozen
class RemoveRegister(Step[Outcome[Register, Overtaken]]):
    """Remove it."""

    register: Register


@frozen
class Call(Step[None]):
    """Call a function of the user's, with these arguments and, within a `Together`, with the transaction."""

    function: Callable[..., Any]
    argument: object


@frozen
class Together(Step[Outcome[R, X]], Generic[R, X]):
    """Perform a plan in one transaction; if it gives a `Failure` or raises, nothing of it stays."""

    plan: Callable[[], Plan[Outcome[R, X]]]


@frozen
class Clock(Step[float]):
    """Seconds of a clock that never goes back."""


@frozen
class Now(Step[datetime]):
    """The clock on the wall, in UTC."""


@frozen
class Rest(Step[None]):
    """Do nothing for so many seconds."""

    seconds: float
