"""What a new user gets wrong, and both type checkers tell: an ignore that is not needed is an error to them.

Nothing here is run.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from till import TILL, PaidIn, PaidOut, Till, decide, evolve

from aett import (
    Aggregate,
    AsyncDefaultAggregateRepository,
    ConflictDetector,
    DefaultAggregateRepository,
    Impossible,
    Result,
    Success,
    commutes,
)
from aett.adapters import memory
from aett.testing import given


def a_store_of_the_other_face(store: memory.CommitStore, awaited: memory.AsyncCommitStore) -> None:
    DefaultAggregateRepository("t", store=awaited)  # type: ignore[arg-type]
    AsyncDefaultAggregateRepository("t", store=store)  # type: ignore[arg-type]


def swapped_arguments(tills: DefaultAggregateRepository) -> None:
    tills.get("till-1", TILL)  # type: ignore[arg-type]
    tills.execute("till-1", TILL, 5)  # type: ignore[arg-type]


def what_was_not_unwrapped(tills: DefaultAggregateRepository) -> None:
    tills.save(TILL, tills.get(TILL, "till-1"), PaidIn(1))  # type: ignore[arg-type]


def events_in_a_list(tills: DefaultAggregateRepository) -> None:
    folded = tills.get(TILL, "till-1").unwrap()
    tills.save(TILL, folded, [PaidIn(1)])  # type: ignore[misc]


def a_command_of_another_aggregate(tills: DefaultAggregateRepository) -> None:
    tills.execute(TILL, "till-1", "five")  # type: ignore[misc]
    given(TILL).when("five")  # type: ignore[arg-type]


def numbers_that_are_none(tills: DefaultAggregateRepository) -> None:
    tills.execute(TILL, "t", 1, expected_revision="1")  # type: ignore[arg-type]


def classes_for_rules() -> None:
    ConflictDetector(PaidIn)  # type: ignore[arg-type]
    ConflictDetector([commutes(PaidIn, PaidIn)])  # type: ignore[arg-type]


def a_class_for_the_initial_state() -> None:
    Aggregate(name="till", initial=Till, evolve=evolve, decide=decide)  # type: ignore[arg-type]


def no_state(_: Till, __: PaidIn | PaidOut) -> Result[None, Impossible]:
    return Success(None)


def a_state_that_is_none() -> None:
    Aggregate(name="till", initial=Till(), evolve=no_state, decide=decide)  # type: ignore[arg-type]


def an_event_that_did_not_happen_to_it() -> None:
    given(TILL, "paid in")  # type: ignore[misc]
