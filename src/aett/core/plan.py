"""Plans: every algorithm once, as a generator of round trips, for sync and async alike.

After psycopg 3, whose protocol operations are generators of which only the waiting differs.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, NoReturn, Protocol, TypeAlias, TypeVar

A = TypeVar("A")
T = TypeVar("T")


class Step(Generic[A]):
    """One atomic round trip, as an immutable value: what to send, and the type `A` of the reply.

    In a plan, `answer = yield from step` asks for it.
    """

    __slots__ = ()

    def __iter__(self) -> Generator[Step[A], A, A]:
        """Ask for this round trip."""
        return (yield self)

    def __bool__(self) -> NoReturn:
        """Refuse: whoever asks has forgotten `yield from`."""
        raise TypeError(f"a {type(self).__name__} has no truth value: write `yield from` before it")


Plan: TypeAlias = Generator[Step[Any], Any, T]


class Perform(Protocol):
    """Makes a step's round trip and gives the reply."""

    def __call__(self, step: Step[A], /) -> A:
        """Send what the step says, and read the reply."""
        ...


class AsyncPerform(Protocol):
    """Makes a step's round trip and gives the reply, awaiting it."""

    async def __call__(self, step: Step[A], /) -> A:
        """Send what the step says, and read the reply."""
        ...


def run(plan: Plan[T], perform: Perform) -> T:
    """The plan's result; an error of `perform` is thrown into the plan where it asked."""
    try:
        step = next(plan)
        while True:
            try:
                answer = perform(step)
            except BaseException as error:  # noqa: BLE001  # the plan decides; what it does not catch goes on
                step = plan.throw(error)
            else:
                step = plan.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's return value has no type here


async def arun(plan: Plan[T], perform: AsyncPerform) -> T:
    """The plan's result; an error of `perform` is thrown into the plan where it asked."""
    try:
        step = next(plan)
        while True:
            try:
                answer = await perform(step)
            except BaseException as error:  # noqa: BLE001  # the plan decides; what it does not catch goes on
                step = plan.throw(error)
            else:
                step = plan.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's return value has no type here
