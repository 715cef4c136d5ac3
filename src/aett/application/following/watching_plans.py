"""What can be asked of followers, and said to them, by who does not run them: all of it is in their registers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

from attrs import evolve, field, frozen

from aett.application.following.followers import Follower, Handler, Part, Reactor, parts
from aett.application.following.kept import decoded
from aett.application.following.letters import open_letters, written_once
from aett.application.following.pace import Pace
from aett.application.following.position import Position, Stop, read, written
from aett.application.following.steps import (
    Call,
    Clock,
    PutRegister,
    ReadLog,
    ReadRegister,
    ReadTail,
    RemoveRegister,
    Rest,
    Together,
)
from aett.core import identifier
from aett.core.commit import Commit
from aett.core.dead_letter import DeadLetter, DeadLetterSettled
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan
from aett.core.projection import Projection
from aett.core.recorded import Recorded
from aett.core.tail import Tail
from aett.core.topic_map import TopicMap

S = TypeVar("S")

_NOTHING = TopicMap()
_PACE = Pace(longest_poll=0.1)


@frozen
class Projected(Generic[S]):
    """The state of a projection, as it was kept last.

    checkpoint: everything up to it is in the state.
    caught_up: whether it had ever come to the end of the log; until then an earlier version has more to tell.
    """

    state: S
    checkpoint: int
    caught_up: bool


@frozen
class Lag:
    """How far a follower is behind; if it has partitions, the slowest of them.

    checkpoint: everything up to it is done. tail: where the log ends.
    waiting_since: the stamp of the oldest commit that is not done; None if everything is.
    holder: the runner that works for it; nobody, if empty. stop: why nobody does any more.
    caught_up: whether it had ever come to the end of the log.
    """

    checkpoint: int
    tail: Tail
    waiting_since: datetime | None
    holder: str
    stop: Stop | None
    caught_up: bool

    @property
    def is_behind(self) -> bool:
        """Whether there is something to be done."""
        return self.waiting_since is not None

    def seconds(self, now: datetime) -> float:
        """For how long the oldest commit that is not done has waited; 0 if everything is done."""
        return 0.0 if self.waiting_since is None else max(0.0, (now - self.waiting_since).total_seconds())


@frozen
class WatchingPlans:
    """Of the followers of one tenant's log."""

    tenant_id: str = field(converter=identifier.tenant)

    def state(self, projection: Projection[S, Any]) -> Plan[Projected[S]]:
        """What its register holds."""
        (part,) = parts(projection, self.tenant_id)
        register = yield from ReadRegister(self.tenant_id, part.register)
        if not register.exists:
            return Projected(projection.initial, 0, caught_up=False)
        position, state = read(register)
        kept = decoded(projection, position.fingerprint, state)
        return Projected(kept, position.checkpoint, position.caught_up)

    def lag(self, follower: Follower) -> Plan[Lag]:
        """Of the part that is furthest behind."""
        positions = list[Position]()
        for part in parts(follower, self.tenant_id):
            positions.append((yield from self._position(part)))
        slowest = min(positions, key=lambda each: each.checkpoint)
        stop = next((each.stop for each in positions if each.stop is not None), None)
        tail = yield from ReadTail(self.tenant_id)
        undone = list[Commit]()
        if tail.newest > slowest.checkpoint:
            undone = (yield from ReadLog(self.tenant_id, slowest.checkpoint, _NOTHING, 1)).commits
        return Lag(
            checkpoint=slowest.checkpoint,
            tail=tail,
            waiting_since=undone[0].commit_stamp if undone else None,
            holder=slowest.holder,
            stop=stop,
            caught_up=all(each.caught_up for each in positions),
        )

    def wait_for(self, follower: Follower, checkpoint: int, timeout: float) -> Plan[bool]:
        """Look again and again until everything up to this checkpoint is done; False if it was not in time."""
        until, rest = (yield from Clock()) + timeout, 0.0
        for part in parts(follower, self.tenant_id):
            while (yield from self._position(part)).checkpoint < checkpoint:
                left = until - (yield from Clock())
                if left <= 0:
                    return False
                rest = _PACE.rest(rest)
                yield from Rest(min(rest, left))
        return True

    def resume(self, follower: Follower) -> Plan[int]:
        """Take away that it has stopped; how many parts of it had."""
        resumed = 0
        for part in parts(follower, self.tenant_id):
            register = yield from ReadRegister(self.tenant_id, part.register)
            position, state = read(register)
            if position.stop is not None:
                going = written(evolve(position, stop=None), state)
                resumed += isinstance((yield from PutRegister(register, going)), Success)
        return resumed

    def remove(self, follower: Follower) -> Plan[None]:
        """Remove its registers: run again, it begins anew."""
        for part in parts(follower, self.tenant_id):
            while True:
                register = yield from ReadRegister(self.tenant_id, part.register)
                if isinstance((yield from RemoveRegister(register)), Success):
                    break

    def dead_letters(self, follower: Follower) -> Plan[list[DeadLetter]]:
        """Of all its parts, in the order of the log."""
        found = list[DeadLetter]()
        for part in parts(follower, self.tenant_id):
            found += yield from open_letters(part)
        return sorted(found, key=lambda each: (each.checkpoint, each.index))

    def retry(self, follower: Handler[Any, Any] | Reactor[Any], letter: DeadLetter) -> Plan[bool]:
        """Let it be handled now; whether nobody had settled it before. What its function raises goes on."""
        part = self._part_of(follower, letter)
        at = yield from self._event_of(follower, letter)
        settled = DeadLetterSettled(letter.checkpoint, letter.index, handled=True)
        if isinstance(follower, Reactor):
            if letter not in (yield from open_letters(part)):
                return False
            yield from Call(follower.react, at)
            return (yield from written_once(part, at, settled))

        def together() -> Plan[Outcome[None, None]]:
            if not (yield from written_once(part, at, settled)):
                return Failure(None)
            yield from Call(follower.handle, (at,))
            return Success(None)

        outcome = yield from Together(together)
        return isinstance(outcome, Success)

    def drop(self, follower: Follower, letter: DeadLetter) -> Plan[bool]:
        """Nobody needs to care for it any more; whether nobody had settled it before."""
        at = yield from self._event_of(follower, letter)
        settled = DeadLetterSettled(letter.checkpoint, letter.index, handled=False)
        return (yield from written_once(self._part_of(follower, letter), at, settled))

    def _part_of(self, follower: Follower, letter: DeadLetter) -> Part:
        for part in parts(follower, self.tenant_id):
            if part.register == letter.register:
                return part
        raise ValueError(f"{follower.name}: the letter is of {letter.register}")

    def _event_of(self, follower: Follower, letter: DeadLetter) -> Plan[Recorded[Any]]:
        commits = (yield from ReadLog(self.tenant_id, letter.checkpoint - 1, follower.topics, 1)).commits
        if not commits or commits[0].checkpoint != letter.checkpoint or commits[0].stream_id != letter.stream_id:
            raise LookupError(f"{follower.name}: the event of checkpoint {letter.checkpoint} was purged")
        return Recorded(commits[0], letter.index)

    def _position(self, part: Part) -> Plan[Position]:
        position, _ = read((yield from ReadRegister(self.tenant_id, part.register)))
        return position


def late(follower: Follower, checkpoint: int, timeout: float) -> TimeoutError:
    """What is raised if a follower has not come so far in time."""
    return TimeoutError(f"{follower.name} had not come to checkpoint {checkpoint} after {timeout:g} seconds")
