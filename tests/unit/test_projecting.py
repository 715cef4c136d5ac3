"""Examples of projections, for users' tests."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from aett import Projection, Recorded, Topic
from aett.testing import happened, projected
from aett.testing.given import unexpected


@Topic("deposited")
@frozen
class Deposited:
    amount: int


@Topic("renamed")
@frozen
class Renamed:
    name: str


def balance(state: dict[str, int], recorded: Recorded[Deposited]) -> dict[str, int]:
    before = state.get(recorded.stream_id, 0)
    return {**state, recorded.stream_id: before + recorded.event.amount * recorded.revision}


BALANCES = Projection[dict[str, int], Deposited](
    name="balances", topics=Deposited, initial={}, state=dict[str, int], project=balance
)


def test_a_history_leads_to_a_state() -> None:
    projected(BALANCES).state({})
    projected(
        BALANCES,
        happened(Deposited(5), stream_id="ann"),
        happened(Deposited(7), stream_id="bob"),
        happened(Deposited(1), stream_id="ann"),
    ).state({"ann": 7, "bob": 7})


def test_what_it_does_not_want_it_does_not_see() -> None:
    renamed: Any = Renamed("x")
    projected(BALANCES, Deposited(5), renamed, Deposited(1)).state({"stream": 8})


def test_another_state_is_told() -> None:
    with pytest.raises(AssertionError, match=r"balances:(.|\n)*Deposited(.|\n)*expected the state \{\}") as told:
        projected(BALANCES, Deposited(5)).state({})
    assert "it is {'stream': 5}" in str(told.value)


def test_a_projection_that_changes_its_initial_state_is_refused() -> None:
    def changed(state: list[int], recorded: Recorded[Deposited]) -> list[int]:
        state.append(recorded.event.amount)
        return state

    wrong = Projection[list[int], Deposited](
        name="wrong", topics=Deposited, initial=[], state=list[int], project=changed
    )
    with pytest.raises(TypeError, match="wrong: project changed the initial state"):
        projected(wrong, Deposited(1))


def test_an_example_without_an_expectation_is_a_mistake() -> None:
    before = len(unexpected)
    projected(BALANCES, Deposited(5))
    (_, told) = unexpected.pop()
    assert "nothing" in told
    assert len(unexpected) == before
