"""The check that declared pairs commute: it passes what does, and finds what does not."""

from __future__ import annotations

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


def test_a_pair_of_which_the_second_is_impossible_in_either_order_passes() -> None:
    check_commutes(BOOK, ConflictDetector(commutes(Booked, Booked)), EVENTS)


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
