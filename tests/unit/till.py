"""A small domain for the repositories' tests: a till that takes money in and gives it out."""

from __future__ import annotations

from attrs import frozen

from aett import (
    Aggregate,
    ConflictDetector,
    Failure,
    Impossible,
    Result,
    Saga,
    Success,
    Topic,
    TopicMap,
    accept,
    commutes,
)


@Topic("till.paid_in")
@frozen
class PaidIn:
    amount: int


@Topic("till.paid_out")
@frozen
class PaidOut:
    amount: int


@Topic("till.notify")
@frozen
class Notify:
    text: str


Paid = PaidIn | PaidOut


@frozen
class Till:
    content: int = 0


@frozen
class TooLittle:
    missing: int


def evolve(till: Till, event: Paid) -> Result[Till, Impossible]:
    match event:
        case PaidIn(amount):
            return Success(Till(till.content + amount))
        case PaidOut(amount) if amount > till.content:
            return Failure(Impossible("a till holds no less than nothing"))
        case PaidOut(amount):
            return Success(Till(till.content - amount))


def decide(till: Till, change: int) -> Result[tuple[Paid, ...], TooLittle]:
    """Pay in, pay out if there is enough, and do nothing for 0."""
    if change == 0:
        return accept()
    if change > 0:
        return accept(PaidIn(change))
    if -change > till.content:
        return Failure(TooLittle(-change - till.content))
    return accept(PaidOut(-change))


def react(till: Till, event: Paid) -> tuple[Notify, ...]:
    match event:
        case PaidIn(amount):
            return (Notify(f"{amount} in"), Notify(f"{till.content} now"))
        case PaidOut():
            return ()


TILL = Aggregate(name="till", initial=Till(), evolve=evolve, decide=decide)
WATCH = Saga(name="watch", initial=Till(), evolve=evolve, react=react)
TOPICS = TopicMap(PaidIn, PaidOut, Notify)
CONFLICTS = ConflictDetector(commutes(PaidIn, PaidIn))
