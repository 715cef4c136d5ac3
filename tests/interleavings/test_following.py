"""Two runners of one projection beside two writers, on MongoDB's, DynamoDB's and S3's plans, in every order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import pytest
from attrs import evolve, frozen
from tests.interleavings import test_dynamodb, test_mongodb, test_s3
from tests.interleavings.actors import TENANT, Kind, Wrote, read, visited, writer
from tests.interleavings.test_registers import KINDS as CELLS
from tests.simulated.dynamodb import SimulatedDynamo
from tests.simulated.mongodb import SimulatedMongo
from tests.simulated.s3 import SimulatedS3

from aett import Commit, Overtaken, Pace, Projection, Recorded, Register, Success, Tail
from aett.application.following.followers import Part
from aett.application.following.memory import Memory, Turn, Watching
from aett.application.following.position import read as position_of
from aett.application.following.position import written
from aett.application.following.steps import Clock, PutRegister, ReadLog, ReadRegister, ReadTail, Stretch
from aett.application.following.turns import Turns
from aett.core.outcome import Outcome
from aett.core.plan import Plan, Step, run
from aett.testing.interleaving import Budget, Interleavings
from aett.testing.samples import Noted

NAME = "projection/p/1"
# Each look at the clock is a second later, and a lease is shorter: whoever watches takes over at once.
PACE = Pace(lease=0.5, batch=1, every=1, seconds=0.1, pause=0.1)


def texts(state: tuple[str, ...], recorded: Recorded[Noted]) -> tuple[str, ...]:
    return (*state, recorded.event.text)


PROJECTION = Projection[tuple[str, ...], Noted](
    name="p", topics=Noted, initial=(), state=tuple[str, ...], project=texts
)


@frozen
class On:
    """An engine's commits and registers, simulated."""

    kind: Kind
    cells: Any
    world: Callable[[], Any]

    def actors(self) -> dict[str, Callable[[], Plan[Any]]]:
        """Two runners and two writers."""
        return {
            "A": self.runner(1, 3),
            "B": self.runner(2, 3),
            "V": writer(self.kind, "V", "r", 1),
            "W": writer(self.kind, "W", "s", 2, 3),
        }

    def log(self, commits: Any, read_log: ReadLog) -> Plan[list[Commit]]:
        """The next commits."""
        tenant_id, checkpoint, limit = read_log.tenant_id, read_log.checkpoint, read_log.limit
        found: list[Commit] = yield from read(
            commits.get_from(tenant_id, checkpoint, topics=read_log.topics, limit=limit)
        )
        return found

    def put(self, registers: Any, register: Register, payload: bytes) -> Plan[Outcome[Register, Overtaken]]:
        """Put it."""
        plan: Plan[Outcome[Register, Overtaken]] = registers.put(register, payload)
        return (yield from plan)

    def turn(  # noqa: C901  # a reply to each step
        self, mark: int, turns: Turns, memory: Memory, seconds: count[int]
    ) -> Plan[Turn]:
        """A runner's turn, its steps performed by the engine's plans."""
        commits: Any = self.kind.commits(f"runner {mark}")
        registers: Any = self.cells.registers(mark)

        def performed(step: Step[Any]) -> Plan[Any]:
            match step:
                case ReadLog():
                    found: list[Commit] = yield from self.log(commits, step)
                    return Stretch(found, more=len(found) == step.limit)
                case ReadTail(tenant_id):
                    tail: Plan[Tail] = commits.tail(tenant_id)
                    return (yield from tail)
                case ReadRegister(tenant_id, name):
                    found_there: Plan[Register] = registers.get(tenant_id, name)
                    return (yield from found_there)
                case PutRegister(register, payload):
                    return (yield from self.put(registers, register, payload))
                case Clock():
                    return float(next(seconds))
                case _:
                    raise TypeError(step)

        plan = turns.turn(memory)
        try:
            step = next(plan)
            while True:
                try:
                    answer = yield from performed(step)
                except Exception as error:  # noqa: BLE001  # the turn decides
                    step = plan.throw(error)
                else:
                    step = plan.send(answer)
        except StopIteration as end:
            turn: Turn = end.value
            return turn

    def runner(self, mark: int, times: int) -> Callable[[], Plan[int]]:
        """So many turns."""

        def program() -> Plan[int]:
            turns, memory = Turns(Part(PROJECTION, TENANT), f"runner {mark}", PACE), Watching()
            seconds: count[int] = count()
            last: Memory = memory
            for _ in range(times):
                if mark == 2 and isinstance(last, Watching):  # it has less to do than the other
                    last = evolve(last, asks=True)
                last = (yield from self.turn(mark, turns, last, seconds)).memory
            return times

        return program

    def check(self, world: Any, results: Mapping[str, Any]) -> None:
        """Whoever comes afterwards folds it to the end; what was put before was a fold of the log's beginning."""
        log: list[Commit] = run(read(self.kind.commits("checker").get_from(TENANT, 0)), world)
        wanted = [each.events[0].body.text for each in log]  # type: ignore[attr-defined]  # they are notes
        for result in results.values():
            if isinstance(result, Wrote):
                written = [each.events[0].body.text for each in result.acknowledged]  # type: ignore[attr-defined]
                assert set(written) <= set(wanted), "L6: a commit was lost"
        kept: Register = run(self.cells.registers(8).get(TENANT, NAME), world)
        self._is_fold(kept, log)
        run(self.runner(9, 12)(), world)
        last: Register = run(self.cells.registers(8).get(TENANT, NAME), world)
        self._is_fold(last, log)
        position, _ = position_of(last)
        assert position.checkpoint == (log[-1].checkpoint if log else 0), "it did not come to the end"

    @staticmethod
    def _is_fold(kept: Register, log: list[Commit]) -> None:
        position, state = position_of(kept)
        if kept.exists:
            upto = [each for each in log if (each.checkpoint or 0) <= position.checkpoint]
            told = ",".join(f'"{each.events[0].body.text}"' for each in upto)  # type: ignore[attr-defined]
            assert state == f"[{told}]".encode(), f"at {position.checkpoint} of {len(log)} it is {state!r}"


ENGINES = {
    "mongodb": On(test_mongodb.KIND, CELLS["mongodb"], SimulatedMongo),
    "dynamodb": On(test_dynamodb.KIND, CELLS["dynamodb"], SimulatedDynamo),
    "s3": On(test_s3.KIND, CELLS["s3"], SimulatedS3),
}


@pytest.mark.parametrize("fault", [Budget(), Budget(crashes=1), Budget(lost=1)], ids=str)
@pytest.mark.parametrize("engine", ENGINES)
def test_two_runners_beside_two_writers(engine: str, fault: Budget) -> None:
    on = ENGINES[engine]
    visited(Interleavings(on.actors(), on.world(), on.check, fault), many=True)


def test_a_state_that_is_put_apart_from_its_position_is_found_out() -> None:
    """The classical fault: who dies in between leaves a state that holds what its position does not."""

    @frozen
    class Torn(On):
        def put(self, registers: Any, register: Register, payload: bytes) -> Plan[Outcome[Register, Overtaken]]:
            before, _ = position_of(register)
            after, state = position_of(register_with(register, payload))
            torn = written(evolve(after, checkpoint=before.checkpoint), state)
            answer = yield from super().put(registers, register, torn)
            if isinstance(answer, Success):
                answer = yield from super().put(registers, answer.unwrap(), payload)
            return answer

    on = ENGINES["mongodb"]
    torn = Torn(on.kind, on.cells, on.world)
    actors: dict[str, Callable[[], Plan[Any]]] = {"A": torn.runner(1, 3), "W": writer(on.kind, "W", "s", 1, 2)}
    with pytest.raises(AssertionError, match="it is"):
        Interleavings(actors, on.world(), torn.check, Budget(crashes=1)).explore()


def register_with(register: Register, payload: bytes) -> Register:
    return evolve(register, version=register.version or 1, payload=payload)
