"""Given, when, then: examples of a domain's behaviour, with no store and no I/O.

    given(ACCOUNT, Deposited(5)).when(Withdraw(2)).then(Withdrawn(2))
    given(ACCOUNT, Deposited(5)).when(Withdraw(7)).refused(InsufficientFunds(2))
    given(SHIPPING, Ordered("o")).when(Paid("o")).then(Ship("o"))

Each expectation raises `AssertionError` if it does not hold, saying what was expected and what came. What happened
and was let go without any expectation is a mistake: under pytest, that test fails (`aett_pytest`).
After Emmett's specifications of deciders. Needs neither pytest nor Hypothesis.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Final, Generic, NoReturn, Self, TypeVar, overload

from attrs import field, frozen

from aett.application.aggregate_plans import decision_of
from aett.application.saga_plans import reaction
from aett.core.aggregate import Aggregate
from aett.core.fold import Impossible, fold
from aett.core.outcome import Failure, Outcome, Result, Success
from aett.core.saga import Saga

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
M = TypeVar("M")
X = TypeVar("X")


@frozen
class Scene:
    """What is told when an expectation does not hold."""

    name: str
    given: tuple[object, ...]
    when: tuple[object, ...] = ()

    def fail(self, expected: str, came: str) -> NoReturn:
        """Say that an expectation does not hold: `AssertionError`."""
        raise AssertionError("\n".join([*self._told(), f"  expected {expected}", f"  but      {came}"]))

    def nothing_expected(self) -> str:
        """What to say if nothing was."""
        return "\n".join(
            [*self._told(), "  expected nothing: end it with .then(...), .refused(...) or .state(...)"]
        )

    def _told(self) -> list[str]:
        lines = [f"{self.name}:", _listed("given", self.given)]
        return [*lines, _listed("when", self.when)] if self.when else lines


class Unexpected:
    """Kept by what happened, until something is expected of it; remembers if it is let go before."""

    def __init__(self, scene: Scene) -> None:
        self._scene: Scene | None = scene
        self._test = _running_test()

    def told(self) -> None:
        """Something was expected."""
        self._scene = None

    def __del__(self) -> None:
        scene, self._scene = self._scene, None
        if scene is None or sys.is_finalizing():
            return
        unexpected.append((self._test, scene.nothing_expected()))


unexpected: Final[list[tuple[str, str]]] = []
"""What was let go without an expectation: the test in which it happened, and what to say of it."""


def _running_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]


def _listed(word: str, items: Sequence[object]) -> str:
    return f"  {word:<8} " + ("\n" + " " * 11).join(map(repr, items or ("nothing",)))


def _told(items: Sequence[object]) -> str:
    return ", ".join(map(repr, items)) or "nothing"


@frozen
class Outlook(Generic[S]):
    """Where a history leads; expectations can be chained."""

    _scene: Scene
    _folded: Outcome[S, Impossible]
    _expects: Unexpected | None = field(default=None, kw_only=True, alias="expects", eq=False, repr=False)

    def state(self, expected: S) -> Self:
        """Assert that this is the state."""
        self._expected()
        if (state := self._state("the state " + repr(expected))) != expected:
            self._scene.fail(f"the state {expected!r}", f"it is {state!r}")
        return self

    def impossible(self) -> Self:
        """Assert that an event cannot follow."""
        self._expected()
        if isinstance(self._folded, Success):
            self._scene.fail("an event that cannot follow", f"all can, up to {self._folded.unwrap()!r}")
        return self

    def _expected(self) -> None:
        if self._expects is not None:
            self._expects.told()

    def _state(self, expected: str) -> S:
        if isinstance(self._folded, Failure):
            impossible = self._folded.failure()
            self._scene.fail(expected, f"impossible: {impossible.reason} (revision {impossible.revision})")
        return self._folded.unwrap()


@frozen
class Then(Outlook[S], Generic[S, M, X]):
    """What a command decided, or an event caused."""

    _outcome: Result[tuple[M, ...], X]

    def then(self, *expected: M) -> Self:
        """Assert that just these came, in this order: an aggregate's events, a saga's commands."""
        self._expected()
        match self._outcome:
            case Success(came):
                if came != expected:
                    self._scene.fail(_told(expected), f"came {_told(came)}")
            case _:
                self._scene.fail(_told(expected), f"refused: {self._outcome.failure()!r}")
        self._state(f"{_told(expected)} to be possible")
        return self

    def refused(self, expected: X | type[X]) -> Self:
        """Assert that the command is refused with this rejection, or with one of this class."""
        self._expected()
        if isinstance(self._outcome, Success):
            self._scene.fail(f"refused: {expected!r}", f"came {_told(self._outcome.unwrap())}")
        came = self._outcome.failure()
        if came != expected and not (isinstance(expected, type) and isinstance(came, expected)):
            self._scene.fail(f"refused: {expected!r}", f"refused: {came!r}")
        return self


@frozen
class GivenAggregate(Outlook[S], Generic[S, C, E, X]):
    """An aggregate with a history."""

    _aggregate: Aggregate[S, C, E, X]

    def when(self, command: C) -> Then[S, E, X]:
        """Decide on a command. The events are folded too: the state is the one after them."""
        scene = Scene(self._scene.name, self._scene.given, (command,))
        state = self._state("a history that can be")
        match decision_of(self._aggregate, state, command):
            case Success(decision):
                after = fold(self._aggregate, decision.events, state=state, revision=len(scene.given))
                return Then(scene, after, Success(decision.events), expects=Unexpected(scene))
            case Failure(rejection):
                return Then(scene, Success(state), Failure(rejection), expects=Unexpected(scene))


@frozen
class GivenSaga(Outlook[S], Generic[S, E, C]):
    """A saga with a history."""

    _saga: Saga[S, E, C]

    def when(self, event: E) -> Then[S, C, Any]:
        """Let an event happen. `then` expects the commands that it causes."""
        scene = Scene(self._scene.name, self._scene.given, (event,))
        state = self._state("a history that can be")
        after = fold(self._saga, (event,), state=state, revision=len(scene.given))
        match after:
            case Success(reached):
                commands = reaction(self._saga, reached, event)
                return Then(scene, after, Success(commands), expects=Unexpected(scene))
            case Failure(impossible):
                return Then(scene, after, Failure(impossible), expects=Unexpected(scene))


@overload
def given(source: Aggregate[S, C, E, X], *events: E) -> GivenAggregate[S, C, E, X]: ...


@overload
def given(source: Saga[S, E, C], *events: E) -> GivenSaga[S, E, C]: ...


def given(source: Any, *events: Any) -> Any:
    """An aggregate, or a saga, to which these events have happened."""
    scene, folded = Scene(source.name, events), fold(source, events)
    kind: Any = GivenSaga if isinstance(source, Saga) else GivenAggregate
    return kind(scene, folded, source)
