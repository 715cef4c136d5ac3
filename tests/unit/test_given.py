"""Given, when, then: what it accepts, and what it says when an expectation does not hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from aett.core.aggregate import Aggregate
from aett.core.fold import Impossible
from aett.core.outcome import Failure, Result, Success, accept
from aett.core.saga import Saga
from aett.testing import given


@frozen
class Deposited:
    amount: int


@frozen
class Withdrawn:
    amount: int


@frozen
class Deposit:
    amount: int


@frozen
class Withdraw:
    amount: int


@frozen
class InsufficientFunds:
    missing: int


@frozen
class Remind:
    amount: int


def evolve(balance: int, event: Deposited | Withdrawn) -> Result[int, Impossible]:
    match event:
        case Deposited(amount):
            return Success(balance + amount)
        case Withdrawn(amount) if amount > balance:
            return Failure(Impossible("overdrawn"))
        case Withdrawn(amount):
            return Success(balance - amount)


def decide(
    balance: int, command: Deposit | Withdraw
) -> Result[tuple[Deposited | Withdrawn, ...], InsufficientFunds]:
    match command:
        case Deposit(0):
            return accept()
        case Deposit(amount):
            return accept(Deposited(amount))
        case Withdraw(13):
            return accept(Withdrawn(10**6))
        case Withdraw(amount) if amount > balance:
            return Failure(InsufficientFunds(amount - balance))
        case Withdraw(amount):
            return accept(Withdrawn(amount))


def react(balance: int, event: Deposited | Withdrawn) -> tuple[Remind, ...]:
    match event:
        case Deposited():
            return ()
        case Withdrawn():
            return (Remind(balance),) if balance == 0 else ()


ACCOUNT = Aggregate(name="account", initial=0, evolve=evolve, decide=decide)
REMINDER = Saga(name="reminder", initial=0, evolve=evolve, react=react)


def test_a_command_causes_events_and_a_state() -> None:
    given(ACCOUNT, Deposited(5)).when(Withdraw(2)).then(Withdrawn(2)).state(3)


def test_a_command_may_cause_nothing() -> None:
    given(ACCOUNT, Deposited(5)).when(Deposit(0)).then().state(5)


def test_a_command_is_refused_with_a_rejection_or_one_of_a_class() -> None:
    given(ACCOUNT, Deposited(5)).when(Withdraw(7)).refused(InsufficientFunds(2)).state(5)
    given(ACCOUNT).when(Withdraw(7)).refused(InsufficientFunds)


def test_a_history_has_a_state() -> None:
    given(ACCOUNT).state(0)
    given(ACCOUNT, Deposited(5), Withdrawn(1)).state(4)
    given(REMINDER, Deposited(5), Withdrawn(1)).state(4)


def test_a_history_may_be_impossible() -> None:
    given(ACCOUNT, Withdrawn(1)).impossible()
    given(REMINDER, Withdrawn(1)).impossible()


def test_decided_events_may_be_impossible() -> None:
    given(ACCOUNT).when(Withdraw(13)).impossible()


def test_an_event_causes_a_sagas_commands() -> None:
    given(REMINDER, Deposited(5)).when(Withdrawn(5)).then(Remind(0)).state(0)
    given(REMINDER, Deposited(5)).when(Withdrawn(1)).then().state(4)
    given(REMINDER, Deposited(5)).when(Withdrawn(6)).impossible()


def test_other_events_than_expected_are_both_told() -> None:
    with pytest.raises(AssertionError) as failed:
        given(ACCOUNT, Deposited(5), Deposited(1)).when(Withdraw(2)).then(Withdrawn(3))
    assert str(failed.value).splitlines() == [
        "account:",
        "  given    Deposited(amount=5)",
        "           Deposited(amount=1)",
        "  when     Withdraw(amount=2)",
        "  expected Withdrawn(amount=3)",
        "  but      came Withdrawn(amount=2)",
    ]


def test_a_refusal_where_events_were_expected_is_told() -> None:
    with pytest.raises(AssertionError, match=r"but      refused: InsufficientFunds\(missing=2\)"):
        given(ACCOUNT).when(Withdraw(2)).then(Withdrawn(2))


def test_events_where_a_refusal_was_expected_are_told() -> None:
    with pytest.raises(AssertionError, match=r"expected refused: .*\n  but      came Deposited\(amount=2\)"):
        given(ACCOUNT).when(Deposit(2)).refused(InsufficientFunds(2))


def test_another_refusal_than_expected_is_told() -> None:
    with pytest.raises(AssertionError, match="missing=3"):
        given(ACCOUNT).when(Withdraw(3)).refused(InsufficientFunds(2))


def test_events_that_cannot_follow_are_not_what_was_expected() -> None:
    with pytest.raises(AssertionError, match=r"impossible: overdrawn \(revision 1\)"):
        given(ACCOUNT).when(Withdraw(13)).then(Withdrawn(10**6))


def test_another_state_than_expected_is_told() -> None:
    with pytest.raises(AssertionError, match="expected the state 2\n  but      it is 0"):
        given(ACCOUNT).state(2)


def test_a_history_that_cannot_be_is_told_before_the_command() -> None:
    with pytest.raises(AssertionError, match=r"impossible: overdrawn \(revision 2\)"):
        given(ACCOUNT, Deposited(1), Withdrawn(2)).when(Deposit(1))


def test_a_possible_history_is_not_impossible() -> None:
    with pytest.raises(AssertionError, match="expected an event that cannot follow"):
        given(ACCOUNT, Deposited(1)).impossible()


def test_a_decision_that_is_no_result_is_named() -> None:
    nothing: Any = None
    careless: Aggregate[int, int, Deposited | Withdrawn, object] = Aggregate(
        name="careless", initial=0, evolve=evolve, decide=lambda _, __: nothing
    )
    with pytest.raises(TypeError, match=r"careless: decide must give accept\(...\)"):
        given(careless).when(1)


def test_a_decision_that_a_repository_would_refuse_is_refused() -> None:
    events: Any = [Deposited(1)]
    listing: Aggregate[int, int, Deposited | Withdrawn, object] = Aggregate(
        name="listing", initial=0, evolve=evolve, decide=lambda _, __: Success(events)
    )
    with pytest.raises(TypeError, match=r"listing: decide must give accept\(...\)"):
        given(listing).when(1)


def test_given_needs_neither_pytest_nor_hypothesis() -> None:
    code = "import sys; from aett.testing import given; assert not {'pytest', 'hypothesis'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603  # our own code


def test_asking_for_what_is_not_there_is_an_attribute_error() -> None:
    import aett.testing  # noqa: PLC0415  # the module itself is asked

    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = aett.testing.nothing_like_it


def test_every_public_name_can_be_imported() -> None:
    import aett.testing  # noqa: PLC0415  # the module itself is asked

    assert list(aett.testing.__all__) == sorted(aett.testing.__all__)
    for name in aett.testing.__all__:
        assert getattr(aett.testing, name) is not None


# Nothing expected


FORGETFUL = """
from aett.testing import given
from test_given import ACCOUNT, REMINDER, Deposit, Deposited, Withdraw


def test_expects_nothing():
    given(ACCOUNT, Deposited(5)).when(Withdraw(2))


def test_expects_nothing_of_a_saga():
    given(REMINDER).when(Deposited(5))


def test_expects_nothing_of_one_of_two():
    given(ACCOUNT).when(Deposit(5)).state(5)
    kept = given(ACCOUNT).when(Deposit(7))


def test_expects_something():
    given(ACCOUNT, Deposited(5)).when(Deposit(2)).then(Deposited(2))
    given(ACCOUNT, Deposited(5)).when(Withdraw(7)).refused(object)
    given(ACCOUNT, Deposited(5)).when(Deposit(2)).state(7)
    given(ACCOUNT, Deposited(5)).state(5)
    given(ACCOUNT, Deposited(5))


def test_fails_for_a_reason_of_its_own():
    given(ACCOUNT).when(Deposit(5))
    raise ValueError("its own")


def test_comes_after_it():
    pass
"""


def test_a_test_that_expects_nothing_of_what_happened_fails(tmp_path: Path) -> None:
    (tmp_path / "test_forgetful.py").write_text(FORGETFUL)
    here = str(Path(__file__).parent)
    done = subprocess.run(  # our own
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "test_forgetful.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": here, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    told = done.stdout
    assert "4 failed, 2 passed" in told, told
    assert told.count("expected nothing: end it with .then(...), .refused(...) or .state(...)") >= 3
    assert "ValueError: its own" in told
    for name in ("test_expects_something", "test_comes_after_it"):
        assert f"FAILED test_forgetful.py::{name}" not in told
