"""Followers, walked step by step with no store at all: two runners, a writer, and a crash at any step."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import attrs
from attrs import define, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from aett import Commit, Failure, Head, Success, Tail, Topic
from aett.application.following.followers import Follower, Handler, Reactor, parts
from aett.application.following.memory import Memory, Turn, Watching
from aett.application.following.pace import Pace
from aett.application.following.position import read
from aett.application.following.steps import (
    Call,
    Clock,
    PutRegister,
    ReadLog,
    ReadNames,
    ReadRegister,
    ReadTail,
    Stretch,
    Together,
)
from aett.application.following.turns import Turns
from aett.core.errors import StorageUnavailable
from aett.core.outcome import Outcome
from aett.core.plan import Plan, Step, run
from aett.core.projection import Projection
from aett.core.recorded import Recorded, recorded
from aett.core.register import Overtaken, Register
from aett.testing import profiles

TENANT = "t"
SPACE = UUID(int=7)


@Topic("added")
@frozen
class Added:
    by: int


@Topic("ignored")
@frozen
class Ignored:
    pass


class Fails(Exception):  # a function of the user's
    """For a while."""


@define
class World:
    """A log, registers, a table that handlers write to, and what reactors did."""

    log: list[Commit] = field(factory=list[Commit])
    heads: dict[str, Head] = field(factory=dict[str, Head])
    registers: dict[str, Register] = field(factory=dict[str, Register])
    table: list[Recorded[Added]] = field(factory=list[Recorded[Added]])
    reacted: list[Recorded[Added]] = field(factory=list[Recorded[Added]])
    now: float = 0.0
    failing: list[None] = field(factory=list[None])
    """A call fails for each of these."""

    def fails(self) -> None:
        self.now += 1.0
        if self.failing:
            self.failing.pop()
            raise Fails

    def handled(self, batch: Sequence[Recorded[Added]]) -> None:
        self.table.extend(batch)
        self.fails()

    def react(self, each: Recorded[Added]) -> None:
        self.fails()
        self.reacted.append(each)

    def write(self, stream: str, events: list[object]) -> None:
        head = self.heads.get(stream) or Head(TENANT, stream)
        number = len(self.log) + 1
        commit = head.commit(*events, commit_id=uuid5(SPACE, str(number)), stamp=datetime(2026, 1, 1, tzinfo=UTC))
        stored = attrs.evolve(commit, checkpoint=3 * number)  # with gaps
        self.log.append(stored)
        self.heads[stream] = Head.after(stored)

    def wanted(self) -> list[Recorded[Added]]:
        return [each for commit in self.log for each in recorded(commit) if type(each.event) is Added]

    def __call__(self, step: Step[Any], /) -> Any:  # noqa: C901, PLR0911  # a reply to each
        match step:
            case ReadLog(_, checkpoint, _, limit):
                after = [each for each in self.log if (each.checkpoint or 0) > checkpoint]
                return Stretch(after[:limit], more=len(after) >= limit)
            case ReadTail():
                newest = self.log[-1].checkpoint or 0 if self.log else 0
                return Tail(newest, newest)
            case ReadRegister(_, name):
                return self.registers.get(name, Register(TENANT, name))
            case ReadNames(_, prefix):
                return [name for name in self.registers if name.startswith(prefix)]
            case PutRegister(register, payload):
                found = self.registers.get(register.name, Register(TENANT, register.name))
                if found.version != register.version:
                    return Failure(Overtaken(found))
                put = attrs.evolve(found, version=found.version + 1, payload=payload)
                before, _ = read(found)
                assert read(put)[0].checkpoint >= before.checkpoint, "a position goes back"
                self.registers[register.name] = put
                return Success(put)
            case Call(function, argument):
                return function(argument, self) if isinstance(argument, tuple) else function(argument)
            case Together(plan):
                draft = copy.copy(self)
                draft.registers, draft.table = dict(self.registers), list(self.table)
                outcome = together(plan, draft)
                if isinstance(outcome, Success):
                    self.registers, self.table = draft.registers, draft.table
                return outcome
            case Clock():
                return self.now
            case _:
                raise TypeError(step)


def together(plan: Callable[[], Plan[Outcome[Any, Any]]], world: World) -> Outcome[Any, Any]:
    return run(plan(), world)


PACE = Pace(lease=9.0, batch=3, every=4, seconds=2.0, pause=1.0, poll=0.5, longest_poll=2.0, retry=0.1)


@define
class Runner:
    """One, in the midst of a turn of one part perhaps."""

    turns: Turns
    memory: Memory = field(factory=Watching)
    plan: Plan[Turn] | None = None
    step: Step[Any] | None = None

    def begin(self) -> None:
        if self.plan is None:
            self.plan = self.turns.turn(self.memory)
            self.step = next(self.plan)

    def ask(self, world: World) -> None:
        """It asks for the part for which another works."""
        if self.plan is None and isinstance(self.memory, Watching) and self.memory.holder:
            self.memory = attrs.evolve(self.memory, asks=True)
        self.finish(world)

    def stop(self, world: World) -> None:
        """It is told to stop, and begins anew."""
        if self.plan is None:
            run(self.turns.release(self.memory), world)
            self.memory = Watching()

    def crash(self, world: World, *, done: bool) -> None:
        """It dies; what it has asked for is done, or not."""
        if done:
            self.begin()
            assert self.step is not None
            with suppress(Fails):
                world(self.step)
        if self.plan is not None:
            self.plan.close()
        self.memory, self.plan = Watching(), None

    def advance(self, world: World) -> None:
        """One step further."""
        self.begin()
        assert self.step is not None
        answer, failed = None, None
        try:
            answer = world(self.step)
        except Fails as error:
            failed = error
        self._told(answer, failed)

    def lose(self, world: World, *, done: bool) -> None:
        """Its step is done, or not, and it is told that the storage did not answer."""
        self.begin()
        assert self.step is not None
        if done:
            with suppress(Fails):
                world(self.step)
        # Its own clock answers always.
        self._told(world.now, None if isinstance(self.step, Clock) else StorageUnavailable())

    def _told(self, answer: Any, failed: Exception | None) -> None:
        assert self.plan is not None
        try:
            self.step = self.plan.throw(failed) if failed else self.plan.send(answer)
        except StopIteration as end:
            self.memory, self.plan = end.value.memory, None

    def finish(self, world: World) -> None:
        """To the end of this turn."""
        self.advance(world)
        while self.plan is not None:
            self.advance(world)


def projection(_: World) -> Follower:
    return Projection[tuple[int, ...], Added](
        name="p",
        topics=Added,
        initial=(),
        state=tuple[int, ...],
        project=lambda state, each: (*state, each.event.by),
    )


def handler(_: World) -> Follower:
    return Handler[Added, World](
        name="h", topics=Added, handle=lambda batch, tx: tx.handled(batch), partitions=1, attempts=100_000
    )


def reactor(world: World) -> Follower:
    return Reactor[Added](name="r", topics=Added, react=world.react, attempts=100_000)


STREAMS = st.sampled_from(["a", "b", "c", "d"])
EVENTS = st.lists(st.one_of(st.builds(Added, st.integers(0, 9)), st.builds(Ignored)), min_size=1, max_size=4)
NUMBER = st.integers(0, 5)
ACTIONS = st.one_of(
    st.tuples(st.just("write"), STREAMS, EVENTS),
    st.tuples(st.just("advance"), NUMBER, st.integers(1, 12)),
    st.tuples(st.just("crash"), NUMBER, st.booleans()),
    st.tuples(st.just("lose"), NUMBER, st.booleans()),
    st.tuples(st.just("fail"), st.integers(1, 3), st.just(None)),
    st.tuples(st.just("ask"), NUMBER, st.just(None)),
    st.tuples(st.just("stop"), NUMBER, st.just(None)),
    st.tuples(st.just("overtake"), NUMBER, st.just(None)),
    st.tuples(st.just("tick"), st.sampled_from([0.5, 2.0, 10.0])),
)


def finish(world: World, runners: list[Runner]) -> None:
    """Let everything that there is be done."""
    for _ in range(200):
        for each in runners:
            each.finish(world)
        world.now += 1.0
        newest = world.log[-1].checkpoint if world.log else 0
        found = [read(world(ReadRegister(TENANT, each.turns.part.register)))[0] for each in runners]
        if all(each.caught_up and each.checkpoint == newest for each in found):
            return
    raise AssertionError("it does not come to an end")


def check(world: World, follower: Follower) -> None:
    wanted = world.wanted()
    match follower:
        case Projection():
            _, state = read(world.registers["projection/p/1"])
            assert state == str([each.event.by for each in wanted]).replace(" ", "").encode(), "not the fold"
        case Handler():
            assert Counter(each.id for each in world.table) == Counter(each.id for each in wanted), "not once"
            in_order(world.table)
        case Reactor():
            assert {each.id for each in world.reacted} == {each.id for each in wanted}, "not at least once"
            in_order(list({each.id: each for each in world.reacted}.values()))  # by when they came first


def in_order(events: list[Recorded[Added]]) -> None:
    for stream in "abcd":
        revisions = [each.revision for each in events if each.stream_id == stream]
        assert revisions == sorted(revisions), "a stream is out of order"


def act(world: World, runners: list[Runner], action: tuple[Any, ...]) -> None:
    """One action."""
    match action:
        case "write", stream, events:
            world.write(stream, events)
        case "advance", number, steps:
            for _ in range(steps):
                runners[int(number) % len(runners)].advance(world)
        case ("crash" | "lose") as what, number, done:
            getattr(runners[int(number) % len(runners)], what)(world, done=done)
        case ("ask" | "stop") as what, number, _:
            getattr(runners[int(number) % len(runners)], what)(world)
        case "overtake", number, _:
            for _ in range(3):  # it looks, sees that there is something to do, and that nothing comes of it
                runners[int(number) % len(runners)].finish(world)
                world.now += 10.0
        case "fail", times, _:
            world.failing[:] = [None] * times
        case "tick", seconds:
            world.now += seconds
        case _:
            raise AssertionError(action)


def walk(
    made: Callable[[World], Follower], actions: list[tuple[Any, ...]], *, batch: int, partitions: int
) -> None:
    world = World()
    follower = made(world)
    if not isinstance(follower, Projection):
        follower = attrs.evolve(follower, partitions=partitions)
    pace = attrs.evolve(PACE, batch=batch)
    runners = list[Runner](
        Runner(Turns(part, holder, pace)) for holder in "ABC" for part in parts(follower, TENANT)
    )
    for action in actions:
        act(world, runners, action)
    finish(world, [each for each in runners if each.turns.holder == "C"])  # the others are dead
    check(world, follower)


@settings(max_examples={"soak": 100_000}.get(profiles.chosen(), 1_000))  # they are quick
@given(
    st.sampled_from([projection, handler, reactor]),
    st.lists(ACTIONS, max_size=80),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_whatever_happens_states_are_the_fold_and_handlers_did_everything_once(
    made: Callable[[World], Follower], actions: list[tuple[Any, ...]], batch: int, partitions: int
) -> None:
    walk(made, actions, batch=batch, partitions=partitions)
