"""Turns: how a follower works, one small step of its way at a time.

1. A follower, or each of its partitions, has one register. It holds the position up to which everything is done,
   who works for it, and a projection's state. Every put moves the register's version on, and only who knows the
   newest version can put: so two who work at once are harmless, for the slower one finds itself overtaken, what
   it did in that transaction is undone, and it forgets everything.
2. Nobody's follower is taken by putting one's name into the register. Another's is watched: when there has been
   something to do for `lease` seconds, by one's own clock, and its version has not moved, it is taken. So a lease
   needs no clocks that agree, and nothing is written as long as nothing happens.
3. Who holds it reads the next page of the log after its position. Of its commits it takes the events of the
   follower's topics and of its partition.
4. A projection folds them in memory. The state is put, with its position, after so many events, after some time,
   and when the end is reached.
5. A handler gets them in a transaction in which the new position has been put before: who is overtaken does
   nothing. A reactor gets one after the other, and the position is put afterwards, or when a third of the lease is
   over.
6. What fails is tried again after a pause that grows. Several events at once are then tried one by one. An event
   that has failed so many times is set aside, or the follower stops: the register says where and why.
7. At the end of the log a turn asks to be called again after a rest that doubles from `poll` to `longest_poll`;
   a bell may end it.
8. A reactor of a new version goes on where the one before has come to, and ends that for ever: what was done is
   not done again. Projections and handlers of a new version begin anew, beside the one before.
9. Who is told to stop puts what is done, and that nobody works for it any more.
10. A runner that works for fewer parts than another (`sharing`) asks it for one: it puts that into the register.
   The holder finds itself overtaken by nothing but that, puts what is done, and lets go. One that rests looks at
   its register from time to time. The part of one that is dead is taken when the lease is over.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from aett.application.following.followers import Reactor
from aett.application.following.kept import decoded, encoded, fingerprint
from aett.application.following.memory import Holding, Memory, Turn, Watching
from aett.application.following.position import Position, read, written
from aett.application.following.steps import Clock, PutRegister, ReadRegister, ReadTail
from aett.application.following.superseding import other_partitions, superseded
from aett.application.following.working import Lost, Working
from aett.core.errors import SchemaMismatch
from aett.core.logs import logger
from aett.core.outcome import Success
from aett.core.plan import Plan
from aett.core.projection import Projection
from aett.core.register import Register

_LOG: Final = logger("following")
_TRIES: Final = 8


@frozen
class Turns(Working):
    """The plans of one part, for one runner."""

    def turn(self, memory: Memory) -> Plan[Turn]:
        """One turn; it raises nothing."""
        try:
            return (yield from self._turn(memory))
        except Exception as error:  # noqa: BLE001  # the storage's: whatever it is, it may pass
            _LOG.warning("%s: %s: %s", self.part.register, type(error).__name__, error, extra=self.part.fields)
            return self.troubled(memory, error)

    def _turn(self, memory: Memory) -> Plan[Turn]:
        try:
            match memory:
                case Watching():
                    return (yield from self._watch(memory))
                case Holding():
                    return (yield from self.work(memory))
        except Lost as lost:
            held = lost.held or memory
            if isinstance(held, Holding) and _is_asked(held, lost.found):
                return (yield from self._let_go(held, lost.found))
            return self._lost(lost.found)

    def _let_go(self, held: Holding, found: Register) -> Plan[Turn]:
        """We were asked for it: put what is done, and that nobody works for it."""
        try:
            register = (yield from self.put(_let(evolve(held, register=found)), held.put_at)).register
        except Lost as lost:
            return self._lost(lost.found)
        _LOG.info("%s: let go, for a runner with less to do", self.part.register, extra=self.part.fields)
        return Turn(Watching(register.version), self.look)

    def _lost(self, found: Register) -> Turn:
        """Somebody else has put something; or we ourselves have, and were not told, or it was purged."""
        position, _ = read(found)
        if position.holder in {"", self.holder} and position.stop is None:
            return Turn(Watching(), 0.0)
        _LOG.info("%s: another runner has taken it over", self.part.register, extra=self.part.fields)
        return Turn(Watching(found.version), self.look)

    def release(self, memory: Memory) -> Plan[None]:
        """Put what has been done, and let go."""
        if isinstance(memory, Holding):
            try:
                yield from self.put(_let(memory), memory.put_at)
            except Lost as lost:
                if _is_asked(memory, lost.found):
                    yield from self._let_go(memory, lost.found)

    def _watch(self, watching: Watching) -> Plan[Turn]:
        register = yield from ReadRegister(self.part.tenant_id, self.part.register)
        position, _ = read(register)
        if position.inline:
            raise SchemaMismatch(f"{self.part.register} is kept inline: a runner needs another version")
        if position.superseded or (position.stop is not None and watching.version is not None):
            return Turn(Watching(register.version), self.look)
        if position.holder in {"", self.holder}:
            return (yield from self._take(register))
        if watching.asks and watching.holder == position.holder and not position.asked:
            return (yield from self._ask(watching, register))
        return (yield from self._look_on(watching, register, position))

    def _look_on(self, watching: Watching, register: Register, position: Position) -> Plan[Turn]:
        """Another works for it: watch whether anything comes of that."""
        seen = evolve(watching, version=register.version, holder=position.holder, troubles=0)
        if seen.asks and watching.holder == position.holder:
            seen = evolve(seen, rest=self.pace.rest(watching.rest))
        else:
            seen = evolve(seen, asks=False, rest=0.0)
        wait = min(self.look, seen.rest or self.look)
        if watching.version != register.version:
            return Turn(evolve(seen, since=None), wait)
        now = yield from Clock()
        if watching.since is None:
            tail = yield from ReadTail(self.part.tenant_id)
            waits = position.asked or tail.settled > position.checkpoint or not position.caught_up
            return Turn(evolve(seen, since=now if waits else None), wait)
        if now - watching.since < self.pace.lease:
            return Turn(seen, wait)
        return (yield from self._take(register))

    def _ask(self, watching: Watching, register: Register) -> Plan[Turn]:
        """Ask who holds it to let it go."""
        for _ in range(_TRIES):
            position, state = read(register)
            if position.holder != watching.holder or position.asked:
                break
            answer = yield from PutRegister(register, written(evolve(position, asked=True), state))
            if isinstance(answer, Success):
                register = answer.unwrap()
                break
            register = answer.failure().found  # one that is busy puts all the time
        rest = self.pace.rest(watching.rest)
        return Turn(evolve(watching, version=register.version, since=None, rest=rest, troubles=0), rest)

    def _take(self, register: Register) -> Plan[Turn]:
        position, state = read(register)
        if not register.exists:
            position = yield from self._first()
        mine = evolve(position, holder=self.holder, asked=False, stop=None)
        follower = self.part.follower
        folded = None
        if isinstance(follower, Projection):
            if not register.exists:
                mine = evolve(mine, fingerprint=fingerprint(follower))
                state = encoded(follower, follower.initial)
            folded = decoded(follower, mine.fingerprint, state)
        taken = yield from self.swapped(register, written(mine, state))
        now = yield from Clock()
        _LOG.info("%s: taken, at checkpoint %d", self.part.register, mine.checkpoint, extra=self.part.fields)
        return Turn(Holding(register=taken, kept=mine, put_at=now, position=mine, state=folded), 0.0)

    def _first(self) -> Plan[Position]:
        """Where it begins for which there is no register yet."""
        follower = self.part.follower
        if not isinstance(follower, Projection):
            yield from other_partitions(self.part)
        if not isinstance(follower, Reactor):
            return Position()
        if (before := (yield from superseded(self.part))) is not None:
            return before
        if follower.from_now_on:
            return Position(checkpoint=(yield from ReadTail(self.part.tenant_id)).settled, caught_up=True)
        return Position()


def _let(held: Holding) -> Holding:
    """Nobody is to work for it."""
    return evolve(held, position=evolve(held.position, holder=""))


def _is_asked(held: Holding, found: Register) -> bool:
    """Whether nothing was put into it but that somebody asks for it."""
    position, _ = read(found)
    return position.asked and evolve(position, asked=False) == held.kept
