"""Working: what is done by whoever holds a follower (`turns`, steps 3 to 7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from aett.application.following.followers import Handler, Part, Reactor
from aett.application.following.kept import encoded
from aett.application.following.letters import letter_of, written_once
from aett.application.following.memory import Holding, Memory, Turn, Watching
from aett.application.following.pace import Pace
from aett.application.following.page import Page, page_of
from aett.application.following.position import Position, Stop, read, written
from aett.application.following.steps import Call, Clock, PutRegister, ReadLog, ReadRegister, Together
from aett.core.errors import InvalidRegister, StorageUnavailable, UnsupportedType
from aett.core.logs import logger
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan, Step
from aett.core.projection import Projection, project
from aett.core.recorded import Recorded
from aett.core.register import Overtaken, Register

_LOG: Final = logger("following")
_ENOUGH: Final = 256
"""So many events are tried at once, and then all."""
_POLLS: Final = 4
"""Between two looks at the register there are so many at the log, or more."""


class Lost(Exception):  # it never leaves a turn
    """Something was put into our register that we do not know of. held: what was to be put."""

    def __init__(self, overtaken: Overtaken, held: Holding | None = None) -> None:
        super().__init__()
        self.found = overtaken.found
        self.held = held


@frozen
class Working:
    """The plans of one part, for one runner: `holder` is its name, and nobody else's."""

    part: Part
    holder: str
    pace: Pace = field(factory=Pace)

    @property
    def look(self) -> float:
        """How long to wait until another's register is looked at again."""
        return self.pace.lease / 3

    def troubled(self, memory: Memory, error: Exception) -> Turn:
        """The storage has failed; it may pass."""
        troubles = memory.troubles + 1
        return Turn(evolve(memory, troubles=troubles), self.pace.after_failure(troubles), error)

    def work(self, held: Holding) -> Plan[Turn]:
        """One turn of its work; raises `Lost`."""
        follower, limit = self.part.follower, self.pace.batch
        stretch = yield from ReadLog(
            self.part.tenant_id, held.position.checkpoint, follower.topics, limit, shared=self.part.partitions > 1
        )
        page = page_of(self.part, held.position, stretch)
        held = evolve(held, troubles=0, rest=0.0 if stretch.commits else self.pace.rest(held.rest))
        match follower:
            case Projection():
                return (yield from self._project(follower, held, page))
            case Handler() if page.events:
                return (yield from self._handle(follower, held, page))
            case Reactor() if page.events:
                return (yield from self._react(follower, held, page))
            case _:
                return (yield from self._went_on(held, page))

    def _project(self, projection: Projection[Any, Any], held: Holding, page: Page) -> Plan[Turn]:
        try:
            state = project(projection, page.events, state=held.state)
        except Exception as error:  # noqa: BLE001  # of a function of the user's
            return (
                yield from self._stop(held, held.position, _blamed(projection, held.state, page.events), error)
            )
        held = evolve(held, state=state, events=held.events + len(page.events))
        try:
            return (yield from self._went_on(held, page))
        except (UnsupportedType, InvalidRegister) as error:
            at = page.events[-1] if page.events else None
            return (yield from self._stop(held, held.kept, at, _told_of(projection, error)))

    def _handle(self, handler: Handler[Any, Any], held: Holding, page: Page) -> Plan[Turn]:
        batch = page.events[: held.size]
        page = page.cut(len(batch))
        position = page.reached(held.position)
        try:
            answer = yield from _together(
                held.register, written(position), lambda: Call(handler.handle, tuple(batch))
            )
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # of a function of the user's
            return (yield from self._failed(held, batch, error))
        now = yield from Clock()
        held = evolve(held, position=position, failures=0, size=_grown(held.size))
        held = _as_put(held, _won(answer), now)
        return Turn(held, 0.0 if page.more else self.pace.poll, handled=batch)

    def _react(self, reactor: Reactor[Any], held: Holding, page: Page) -> Plan[Turn]:
        if held.unsure:
            held = yield from self.put(held, (yield from Clock()))
        for each in page.events:
            try:
                yield from Call(reactor.react, each)
            except Exception as error:  # noqa: BLE001  # of a function of the user's
                return (yield from self._failed(held, [each], error))
            held = evolve(held, position=held.position.beyond(each), events=held.events + 1, failures=0)
            now = yield from Clock()
            if now - held.put_at >= self.pace.lease / 3:
                held = yield from self._put_or_not(held, now)
        now = yield from Clock()
        held = yield from self._put_or_not(evolve(held, position=page.reached(held.position)), now)
        return Turn(held, 0.0 if page.more else self.pace.poll, handled=page.events)

    def _put_or_not(self, held: Holding, now: float) -> Plan[Holding]:
        """Put what was done; if the storage does not answer, go on: what was done is not to be done again."""
        try:
            return (yield from self.put(held, now))
        except StorageUnavailable as error:
            _LOG.warning("%s: %s: %s", self.part.register, type(error).__name__, error, extra=self.part.fields)
            return evolve(held, unsure=True)

    def _went_on(self, held: Holding, page: Page) -> Plan[Turn]:
        """Put the position, and the state, if it is time to."""
        held = evolve(held, position=page.reached(held.position))
        now = yield from Clock()
        if held.position == held.kept:
            if page.more:
                return Turn(held, 0.0)
            return Turn((yield from self._looked(held, now)), held.rest or self.pace.poll)
        if page.more:
            if held.events >= self.pace.every or now - held.put_at >= self.pace.seconds:
                held = yield from self.put(held, now)
            return Turn(held, 0.0, handled=page.events)
        due = held.put_at + (self.pace.pause if held.events else self.pace.seconds) - now
        if due <= 0 or not held.kept.caught_up:
            held = yield from self.put(held, now)
            due = self.pace.longest_poll
        return Turn(held, min(held.rest or self.pace.poll, due), handled=page.events)

    def _looked(self, held: Holding, now: float) -> Plan[Holding]:
        """One that rests has nothing to put, and so does not find out that it was asked, or overtaken."""
        if now - max(held.put_at, held.looked) < max(self.look, _POLLS * self.pace.longest_poll):
            return held
        found = yield from ReadRegister(self.part.tenant_id, self.part.register)
        if found.version != held.register.version:
            raise Lost(Overtaken(found), held)
        return evolve(held, looked=now)

    def _failed(self, held: Holding, batch: Sequence[Recorded[Any]], error: Exception) -> Plan[Turn]:
        """A function of the user's has failed for these events."""
        follower: Any = self.part.follower
        if isinstance(error, StorageUnavailable):  # it is nobody's fault, and may take long
            return self.troubled(held, error)
        if len(batch) > 1:
            self._told(batch[0], "failed among others, and is tried alone", error)
            return Turn(evolve(held, size=1, failures=0), self.pace.retry, error)
        failures = held.failures + 1
        if failures < follower.attempts:
            self._told(batch[0], f"failed, attempt {failures} of {follower.attempts}", error)
            return Turn(evolve(held, failures=failures), self.pace.after_failure(failures), error)
        if follower.dead_letters:
            return (yield from self._set_aside(held, batch[0], error))
        return (yield from self._stop(held, held.position, batch[0], error))

    def _set_aside(self, held: Holding, at: Recorded[Any], error: Exception) -> Plan[Turn]:
        """Write a dead letter, and go on."""
        letter, position = letter_of(self.part, at, error), held.position.beyond(at)
        payload = written(position)
        if isinstance(self.part.follower, Handler):
            answer = yield from _together(held.register, payload, lambda: written_once(self.part, at, letter))
        else:
            yield from written_once(self.part, at, letter)
            answer = yield from PutRegister(held.register, payload)
        register = _won(answer)
        self._told(at, "was set aside", error)
        now = yield from Clock()
        held = _as_put(evolve(held, position=position, failures=0), register, now)
        return Turn(held, 0.0, error)

    def _stop(self, held: Holding, position: Position, at: Recorded[Any] | None, error: Exception) -> Plan[Turn]:
        """Nobody is to work for it until somebody says so, or a runner is started anew."""
        checkpoint, index = (at.checkpoint, at.index) if at else (position.checkpoint, 0)
        stop = Stop(checkpoint, index, type(error).__name__, str(error))
        _LOG.error(
            "%s: stopped at checkpoint %d, index %d",
            self.part.register,
            checkpoint,
            index,
            exc_info=error,
            extra={**self.part.fields, "checkpoint": checkpoint, "index": index},
        )
        _, state = read(held.register)
        put = held.kept if isinstance(self.part.follower, Projection) else position
        register = yield from self.swapped(held.register, written(evolve(put, holder="", stop=stop), state))
        return Turn(Watching(register.version), self.look, error)

    def _told(self, at: Recorded[Any], what: str, error: Exception) -> None:
        _LOG.warning(
            "%s: checkpoint %d, index %d: %s: %s",
            self.part.register,
            at.checkpoint,
            at.index,
            what,
            type(error).__name__,
            exc_info=error,
            extra={**self.part.fields, "checkpoint": at.checkpoint, "index": at.index},
        )

    def put(self, held: Holding, now: float) -> Plan[Holding]:
        """Put what has been done."""
        follower = self.part.follower
        state = encoded(follower, held.state) if isinstance(follower, Projection) else b""
        answer = yield from PutRegister(held.register, written(held.position, state))
        return _as_put(held, _won(answer, held), now)

    def swapped(self, register: Register, payload: bytes) -> Plan[Register]:
        """Put this into it; raises `Lost`."""
        return _won((yield from PutRegister(register, payload)))


def _together(
    register: Register, payload: bytes, then: Callable[[], Step[Any] | Plan[Any]]
) -> Plan[Outcome[Register, Overtaken]]:
    """Put it, and, if it was not overtaken, do this, in one transaction."""

    def together() -> Plan[Outcome[Register, Overtaken]]:
        answer = yield from PutRegister(register, payload)
        if isinstance(answer, Success):
            yield from then()
        return answer

    return (yield from Together(together))


def _as_put(held: Holding, register: Register, now: float) -> Holding:
    """What has been done is put."""
    return evolve(held, register=register, kept=held.position, put_at=now, events=0, unsure=False)


def _won(answer: Outcome[Register, Overtaken], held: Holding | None = None) -> Register:
    """The register as it is now; raises `Lost` if it was overtaken. held: what was to be put."""
    if isinstance(answer, Failure):
        raise Lost(answer.failure(), held)
    return answer.unwrap()


def _told_of(projection: Projection[Any, Any], error: Exception) -> Exception:
    """Why a state cannot be kept; one that is too large belongs elsewhere."""
    if isinstance(error, InvalidRegister):
        return InvalidRegister(
            f"{projection.name}: its state is too large; keep it in tables, by a Handler: {error}"
        )
    return error


def _grown(size: int | None) -> int | None:
    """After a failure events are tried one by one, then by more and more."""
    return None if size is None or size >= _ENOUGH else 2 * size


def _blamed(projection: Projection[Any, Any], state: Any, events: Sequence[Recorded[Any]]) -> Recorded[Any] | None:
    """The event for which the projection fails."""
    for each in events:
        try:
            state = project(projection, [each], state=state)
        except Exception:  # noqa: BLE001  # it has been told
            return each
    return None
