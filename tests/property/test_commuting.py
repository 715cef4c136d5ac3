"""The check that declared pairs commute: it passes what does, and finds what does not."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from attrs import frozen
from hypothesis import settings
from hypothesis import strategies as st

from aett.core.aggregate import Aggregate
from aett.core.conflict import ConflictDetector, commutes, conflicts_if
from aett.core.fold import Impossible
from aett.core.outcome import Failure, Result, Success, accept
from aett.testing import check_commutes


@frozen
class Deposited:
    amount: int


@frozen
class Doubled:
    pass


@frozen
class Booked:
    seat: int
    name: str


@frozen
class Book:
    balance: int = 0
    seats: frozenset[tuple[int, str]] = frozenset()
    last: str = ""


Event = Deposited | Doubled | Booked


def evolve(book: Book, event: Event) -> Result[Book, Impossible]:
    match event:
        case Deposited(amount):
            return Success(attrs.evolve(book, balance=book.balance + amount))
        case Doubled():
            return Success(attrs.evolve(book, balance=2 * book.balance))
        case Booked(seat, name):
            if any(taken == seat for taken, _ in book.seats):
                return Failure(Impossible("taken"))
            return Success(attrs.evolve(book, seats=book.seats | {(seat, name)}))


def remember(book: Book, event: Event) -> Result[Book, Impossible]:
    return evolve(book, event).map(lambda after: attrs.evolve(after, last=type(event).__name__))


BOOK: Aggregate[Book, object, Event, object] = Aggregate(
    name="book", initial=Book(), evolve=evolve, decide=lambda _, __: accept()
)
REMEMBERING = attrs.evolve(BOOK, name="remembering", evolve=remember)
EVENTS = {Booked: st.builds(Booked, st.integers(1, 3), st.sampled_from("ab"))}


def same_seat(one: Booked, other: Booked) -> bool:
    return one.seat == other.seat


def test_pairs_that_commute_pass() -> None:
    detector = ConflictDetector(
        commutes(Deposited, Deposited), commutes(Deposited, Booked), conflicts_if(Booked, Booked, same_seat)
    )
    check_commutes(BOOK, detector, EVENTS)


def test_a_pair_that_commutes_only_where_nothing_is_refused_is_found() -> None:
    with pytest.raises(AssertionError, match="their order matters"):
        check_commutes(BOOK, ConflictDetector(commutes(Booked, Booked)), EVENTS)


@frozen
class Withdrawn:
    amount: int


def overdrawn(balance: int, event: Deposited | Withdrawn) -> Result[int, Impossible]:
    match event:
        case Deposited(amount):
            return Success(balance + amount)
        case Withdrawn(amount) if amount > balance:
            return Failure(Impossible("overdrawn"))
        case Withdrawn(amount):
            return Success(balance - amount)


def test_two_withdrawals_commute_only_where_there_is_enough_for_both() -> None:
    """The history needs an event that no rule names."""
    account: Aggregate[int, object, Deposited | Withdrawn, object] = Aggregate(
        name="account", initial=0, evolve=overdrawn, decide=lambda _, __: accept()
    )
    amounts = st.integers(1, 9)
    events = {Withdrawn: st.builds(Withdrawn, amounts), Deposited: st.builds(Deposited, amounts)}
    with pytest.raises(AssertionError, match=r"(?s)after +\[Deposited\(amount=.*overdrawn"):
        check_commutes(account, ConflictDetector(commutes(Withdrawn, Withdrawn)), events)


def test_histories_have_every_event_of_the_fold() -> None:
    """Two deposits commute, unless the book was opened by an event that no rule names."""

    @frozen
    class Frozen:
        pass

    def freezing(book: tuple[bool, str], event: Deposited | Frozen) -> Result[tuple[bool, str], Impossible]:
        match event:
            case Frozen():
                return Success((True, book[1]))
            case Deposited(amount):
                return Success((book[0], str(amount) if book[0] else ""))

    source: Aggregate[tuple[bool, str], object, object, object] = Aggregate(
        name="freezing", initial=(False, ""), evolve=local(freezing, Frozen), decide=lambda _, __: accept()
    )
    with pytest.raises(AssertionError, match="Frozen"):
        check_commutes(source, ConflictDetector(commutes(Deposited, Deposited)))


def local(function: Any, cls: type) -> Any:
    """A function whose annotation names a class of a test's."""
    function.__annotations__["event"] = Deposited | cls
    return function


def test_a_wrongly_declared_pair_is_found_with_an_example() -> None:
    with pytest.raises(AssertionError, match=r"book: declared not to conflict, but their order matters") as found:
        check_commutes(BOOK, ConflictDetector(commutes(Deposited, Doubled)))
    for part in ("first Deposited(amount=", "then Doubled()", "first Doubled(), then Deposited(amount="):
        assert part in str(found.value)


def test_the_aggregates_own_fold_decides() -> None:
    with pytest.raises(AssertionError, match="remembering: declared not to conflict"):
        check_commutes(REMEMBERING, ConflictDetector(commutes(Deposited, Booked)), EVENTS)


def test_a_predicate_that_is_too_narrow_is_found() -> None:
    def never(_: Doubled, __: Deposited) -> bool:
        return False

    with pytest.raises(AssertionError, match="their order matters"):
        check_commutes(BOOK, ConflictDetector(conflicts_if(Doubled, Deposited, never)))


def test_a_pair_that_could_not_be_checked_is_an_error() -> None:
    def always(_: Booked, __: Booked) -> bool:
        return True

    with pytest.raises(AssertionError, match="no Booked was met that does not conflict with a Booked"):
        check_commutes(BOOK, ConflictDetector(conflicts_if(Booked, Booked, always)), EVENTS)


def test_settings_can_be_given() -> None:
    check_commutes(
        BOOK, ConflictDetector(commutes(Deposited, Deposited)), how=settings(max_examples=5, database=None)
    )
