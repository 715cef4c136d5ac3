"""Every interleaving: several plans on a small simulated engine, one round trip at a time, in every order.

Plans yield at each round trip, so this runs the real ones, not a model of them:

1. A state is the engine's content, and for each actor the answers that it has had so far. A generator cannot be
   copied; so an actor is its program, which makes the plan anew, and those answers, which bring it to where it
   stands, once for all states that share them. A program must do the same whenever it is answered the same.
2. From a state, each actor that waits for an answer can be next. Its step is performed on a copy of the engine,
   and so are the faults that the budget has left: it crashes before the step, the step is done but its reply
   lost, the step is done twice.
3. States are visited breadth first, each once: two orders that come to the same content and answers have one
   future. So the first schedule that breaks a law is a shortest one.
4. Where no actor waits any longer, the check asserts the laws on what is there and on what each was told.
5. Where there are too many states, `wander` follows schedules chosen at random instead, by a seed. Nothing comes
   back to where it was, so there each actor's plan goes on, and is not made anew.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Protocol, Self, TypeAlias

from attrs import evolve, field, frozen

from aett.core.errors import StorageUnavailable
from aett.core.plan import Plan, Step

Program = Callable[[], Plan[Any]]
"""Makes an actor's plan anew; it must do the same whenever it is answered the same."""


class Simulated(Protocol):
    """A small engine: a dict with its conditional writes."""

    def copy(self) -> Self:
        """Another of the same content."""
        ...

    def perform(self, step: Step[Any]) -> Any:
        """Do it, at once, and give the reply."""
        ...

    def key(self) -> Hashable:
        """Equal for equal contents."""
        ...


class Event(Enum):
    """What can happen to an actor's round trip."""

    STEP = "asks"
    CRASH = "crashes before"
    LOST = "loses the reply to"
    TWICE = "asks, unheard, and asks again"


class Crashed:
    """The result of an actor that never came back."""

    def __repr__(self) -> str:
        return "crashed"


CRASHED: Final = Crashed()

Check = Callable[[Any, Mapping[str, Any]], None]
"""Asserts the laws on the engine, once every actor has ended, and on the actors' results by their names."""


class Misbehaved(AssertionError):
    """A law was broken; the message lists the schedule that did it."""

    def __init__(self, reason: BaseException, schedule: Sequence[str]) -> None:
        self.schedule = tuple(schedule)
        lines = "\n".join(f"{number:3}. {line}" for number, line in enumerate(schedule, 1))
        super().__init__(f"{type(reason).__name__}: {reason}\nafter\n{lines}")


@frozen
class Budget:
    """How often, in one schedule, each fault may happen."""

    crashes: int = 0
    lost: int = 0
    twice: int = 0

    def spent(self, event: Event) -> Budget | None:
        """What is left after this; None if that is too little."""
        if event is Event.STEP:
            return self
        if event is Event.CRASH:
            return evolve(self, crashes=self.crashes - 1) if self.crashes else None
        if event is Event.LOST:
            return evolve(self, lost=self.lost - 1) if self.lost else None
        return evolve(self, twice=self.twice - 1) if self.twice else None


@frozen
class Explored:
    """What was visited: states, and ends of schedules."""

    states: int
    ends: int


_LOST: Final = object()


@frozen
class _Actor:
    answers: tuple[Any, ...] = ()
    told: tuple[str, ...] = ()
    step: Step[Any] | None = None
    result: Any = None
    plan: Plan[Any] | None = field(default=None, eq=False, repr=False)
    """What goes on, where nothing comes back to where it was."""

    def key(self) -> Hashable:
        return (self.told, self.step is None, self.result is CRASHED)


@frozen
class _Choice:
    """What may happen next: an event at the next step of an actor, and what it leaves of the budget."""

    name: str
    index: int
    event: Event
    step: Step[Any]
    left: Budget

    def __str__(self) -> str:
        return f"{self.name} {self.event.value} {self.step}"


@frozen
class _State:
    world: Any
    actors: tuple[_Actor, ...]
    budget: Budget
    came: _State | None = field(default=None, repr=False)
    choice: _Choice | None = None

    def key(self) -> Hashable:
        return (self.world.key(), tuple(actor.key() for actor in self.actors), self.budget)

    def schedule(self) -> list[str]:
        lines: list[str] = []
        state: _State | None = self
        while state is not None and state.choice is not None:
            lines.append(str(state.choice))
            state = state.came
        return lines[::-1]


_Heard: TypeAlias = tuple[str, tuple[str, ...]]
"""An actor's name, and what it was told."""


@frozen
class Interleavings:
    """Actors on an engine, and what must hold in the end."""

    actors: Mapping[str, Program]
    world: Simulated
    check: Check
    budget: Budget = Budget()
    _known: dict[_Heard, _Actor] = field(factory=dict[_Heard, _Actor], init=False, eq=False, repr=False)

    def explore(self, limit: int = 1_000_000) -> Explored:
        """Visit every state. `Misbehaved` with a shortest schedule; a `RuntimeError` if there are too many."""
        start = self._start(self._advanced(name, _Actor()) for name in self.actors)
        waiting, known, ends = deque([start]), {start.key()}, 0
        while waiting:
            state = waiting.popleft()
            choices = self._choices(state)
            if not choices:
                ends += 1
                self._checked(state)
            for each in (self._taken(state, choice) for choice in choices):
                if (key := each.key()) not in known:
                    known.add(key)
                    waiting.append(each)
            if len(known) > limit:
                raise RuntimeError(f"more than {limit} states: make the actors smaller, or wander at random")
        return Explored(len(known), ends)

    def wander(self, times: int, seed: int = 0) -> Explored:
        """Follow this many schedules, chosen at random. `Misbehaved` with the first that breaks a law."""
        chance, steps = random.Random(seed), 0  # noqa: S311  # a schedule is no secret
        for _ in range(times):
            state = self._start(map(_begun, self.actors.values()))
            while choices := self._choices(state):
                # Faults are rarer than steps, or most schedules would be spent on them at once.
                weights = [8 if each.left == state.budget else 1 for each in choices]
                (choice,) = chance.choices(choices, weights)
                state = self._taken(state, choice)
                steps += 1
            self._checked(state)
        return Explored(steps, times)

    def _start(self, actors: Iterable[_Actor]) -> _State:
        return _State(self.world.copy(), tuple(actors), self.budget)

    def _checked(self, state: _State) -> None:
        results = dict(zip(self.actors, (actor.result for actor in state.actors), strict=True))
        try:
            self.check(state.world, results)
        except Exception as reason:
            raise Misbehaved(reason, state.schedule()) from reason

    def _choices(self, state: _State) -> list[_Choice]:
        """What can happen next."""
        events = [(each, left) for each in Event if (left := state.budget.spent(each)) is not None]
        return [
            _Choice(name, index, event, actor.step, left)
            for index, (name, actor) in enumerate(zip(self.actors, state.actors, strict=True))
            if actor.step is not None
            for event, left in events
            if event is not Event.TWICE or _changes(state.world, actor.step)
        ]

    def _taken(self, state: _State, choice: _Choice) -> _State:
        """The state after it."""
        index, world = choice.index, state.world.copy()
        try:
            following = self._after(choice, state.actors[index], world)
        except Exception as reason:
            raise Misbehaved(reason, [*state.schedule(), str(choice)]) from reason
        actors = (*state.actors[:index], following, *state.actors[index + 1 :])
        return _State(world, actors, choice.left, state, choice)

    def _after(self, choice: _Choice, actor: _Actor, world: Simulated) -> _Actor:
        if choice.event is Event.CRASH:
            return evolve(actor, step=None, result=CRASHED)
        answer = world.perform(choice.step)
        if choice.event is Event.TWICE:
            answer = world.perform(choice.step)
        if choice.event is Event.LOST:
            answer = _LOST
        if actor.plan is not None:
            return _answered(actor, answer)
        told = "lost" if answer is _LOST else repr(answer)
        return self._advanced(choice.name, _Actor((*actor.answers, answer), (*actor.told, told)))

    def _advanced(self, name: str, actor: _Actor) -> _Actor:
        """The actor at its next step, or its end."""
        if (known := self._known.get((name, actor.told))) is None:
            known = self._known[name, actor.told] = _replayed(self.actors[name], actor)
        return known


def _changes(world: Simulated, step: Step[Any]) -> bool:
    """Whether it makes a difference that this is performed again."""
    once = world.copy()
    once.perform(step)
    return once.key() != world.key()


def _begun(program: Program) -> _Actor:
    """The actor at its first step, or its end; its plan goes on."""
    plan = program()
    try:
        return _Actor(step=next(plan), plan=plan)
    except StopIteration as end:
        return _Actor(result=end.value)


def _answered(actor: _Actor, answer: Any) -> _Actor:
    """The actor at its plan's next step, or its end."""
    plan = actor.plan
    assert plan is not None, "an actor whose plan has ended asks nothing"
    try:
        lost = answer is _LOST
        step = plan.throw(StorageUnavailable("the reply was lost")) if lost else plan.send(answer)
    except StopIteration as end:
        return evolve(actor, step=None, result=end.value)
    return evolve(actor, step=step)


def _replayed(program: Program, actor: _Actor) -> _Actor:
    """The actor at its next step, or its end: its plan is made anew and given all its answers."""
    again = _begun(program)
    for answer in actor.answers:
        again = _answered(again, answer)
    return evolve(again, answers=actor.answers, told=actor.told, plan=None)
