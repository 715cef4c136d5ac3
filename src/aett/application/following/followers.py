"""Followers: what is done with the events of a log, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeAlias, TypeVar
from zlib import crc32

from attrs import field, frozen

from aett.core import identifier
from aett.core.number import at_least_one
from aett.core.projection import Projection, topics_of
from aett.core.recorded import Recorded
from aett.core.topic_map import TopicMap

E = TypeVar("E")
T = TypeVar("T")

ATTEMPTS: Final = 8
"""How often an event is tried, unless a follower says otherwise: with its pauses for about 25 seconds."""


@frozen(kw_only=True)
class Handler(Generic[E, T]):
    """Changes the database in which the log is, exactly once for each event.

    name: of its register; 1 to 100 bytes, without a slash.
    topics: the events that it wants, a `TopicMap` or their class or union; it sees no others.
    handle: is given several events, in order, and the transaction `T` in which its position is kept, too. Whatever
      it does by `tx.connection`, or by stores of `tx`, is done together with that, or not at all.
    partitions: by so many, side by side; the events of one stream stay in order. Not to be changed later.
    attempts: how often an event is tried until it is given up.
    dead_letters: an event that is given up is set aside, and the follower goes on; otherwise it stops.
    version: raise it to do everything anew, beside the version of before.
    """

    name: str = field(validator=identifier.follower)
    topics: TopicMap = field(converter=topics_of)
    handle: Callable[[Sequence[Recorded[E]], T], Awaitable[None] | None]
    partitions: int = field(default=1, validator=at_least_one)
    attempts: int = field(default=ATTEMPTS, validator=at_least_one)
    dead_letters: bool = False
    version: int = field(default=1, validator=at_least_one)


@frozen(kw_only=True)
class Reactor(Generic[E]):
    """Does something elsewhere, at least once for each event: `recorded.id` lets it be done once in effect.

    react: is given one event. The other attributes are as a `Handler`'s.
    from_now_on: it begins with what is committed after it is first run; otherwise at the beginning of the log.
    """

    name: str = field(validator=identifier.follower)
    topics: TopicMap = field(converter=topics_of)
    react: Callable[[Recorded[E]], Awaitable[None] | None]
    from_now_on: bool = False
    partitions: int = field(default=1, validator=at_least_one)
    attempts: int = field(default=ATTEMPTS, validator=at_least_one)
    dead_letters: bool = False
    version: int = field(default=1, validator=at_least_one)


Follower: TypeAlias = Projection[Any, Any] | Handler[Any, Any] | Reactor[Any]

_KINDS: Final = {Projection: "projection", Handler: "handler", Reactor: "reactor"}


@frozen
class Part:
    """A follower of one tenant's log, or one of its partitions: what has a register of its own."""

    follower: Follower
    tenant_id: str
    partition: int = 0

    @property
    def partitions(self) -> int:
        """How many there are."""
        return 1 if isinstance(self.follower, Projection) else self.follower.partitions

    @property
    def whole(self) -> str:
        """What the names of the registers of all its parts begin with."""
        return f"{_KINDS[type(self.follower)]}/{self.follower.name}/{self.follower.version}"

    @property
    def register(self) -> str:
        """The name of its register."""
        return self.whole if self.partitions == 1 else f"{self.whole}/{self.partition}-of-{self.partitions}"

    @property
    def fields(self) -> dict[str, object]:
        """For log records."""
        return {"tenant_id": self.tenant_id, "follower": self.follower.name, "register": self.register}

    def wants(self, stream_id: str) -> bool:
        """Whether the stream belongs to this partition: by a hash that is the same everywhere and always."""
        return self.partitions == 1 or crc32(stream_id.encode()) % self.partitions == self.partition


def parts(follower: Follower, tenant_id: str) -> list[Part]:
    """Every part of a follower of this tenant's log."""
    if isinstance(follower, Projection):
        return [Part(follower, tenant_id)]
    return [Part(follower, tenant_id, partition) for partition in range(follower.partitions)]
