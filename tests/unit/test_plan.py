"""Plans: run and arun drive a generator the same way, and a forgotten `yield from` is found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from attrs import frozen

from aett.core.plan import Plan, Step, arun, run

A = TypeVar("A")
T = TypeVar("T")


@frozen
class Ask(Step[int]):
    number: int


def perform(step: Step[A]) -> A:
    assert isinstance(step, Ask)
    if step.number < 0:
        raise LookupError(step.number)
    answer: Any = step.number * 2
    return answer  # type: ignore[no-any-return]  # a reply has the step's type


async def aperform(step: Step[A]) -> A:
    await asyncio.sleep(0)
    return perform(step)


def sync_way(plan: Plan[T]) -> T:
    return run(plan, perform)


def async_way(plan: Plan[T]) -> T:
    return asyncio.run(arun(plan, aperform))


ways = pytest.mark.parametrize("way", [sync_way, async_way])
Way = Callable[[Plan[Any]], Any]


@ways
def test_the_answers_reach_the_plan_and_its_value_the_caller(way: Way) -> None:
    def plan() -> Plan[tuple[int, int]]:
        one = yield from Ask(1)
        two = yield from Ask(one + 1)
        return one, two

    assert way(plan()) == (2, 6)


@ways
def test_an_error_of_performing_is_thrown_where_the_plan_asked(way: Way) -> None:
    def plan() -> Plan[str]:
        try:
            yield from Ask(-1)
        except LookupError as error:
            answer = yield from Ask(5)
            return f"{error} then {answer}"
        return "not thrown"

    assert way(plan()) == "-1 then 10"


@ways
def test_an_error_that_the_plan_does_not_catch_reaches_the_caller(way: Way) -> None:
    def plan() -> Plan[None]:
        yield from Ask(-2)

    with pytest.raises(LookupError, match="-2"):
        way(plan())


@ways
def test_a_plan_without_a_round_trip_gives_its_value(way: Way) -> None:
    def plan() -> Plan[int]:
        if False:  # a generator all the same
            yield from Ask(0)
        return 7

    assert way(plan()) == 7


def test_a_step_in_a_condition_hides_no_forgotten_yield_from() -> None:
    with pytest.raises(TypeError, match="yield from"):
        bool(Ask(1))


def test_a_plan_is_walked_with_scripted_answers() -> None:
    def plan() -> Plan[int]:
        one = yield from Ask(1)
        two = yield from Ask(one)
        return one + two

    walk = plan()
    assert next(walk) == Ask(1)
    assert walk.send(40) == Ask(40)
    with pytest.raises(StopIteration) as end:
        walk.send(2)
    assert end.value.value == 42
