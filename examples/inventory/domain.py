"""The domain: what can happen to an article, and what is decided. It knows no database and no web."""

from __future__ import annotations

from attrs import frozen

from aett import Aggregate, Failure, Impossible, Result, Success, Topic, TopicMap, accept


@Topic("inventory.received")
@frozen
class Received:
    """Pieces came in."""

    count: int


@Topic("inventory.sold")
@frozen
class Sold:
    """Pieces went out."""

    count: int


ArticleEvent = Received | Sold


@frozen
class Receive:
    """Take these in."""

    count: int


@frozen
class Sell:
    """Hand these out."""

    count: int


@frozen
class NotInStock:
    """So many are missing."""

    missing: int


def change(event: ArticleEvent) -> int:
    """By how many more there are."""
    match event:
        case Received(count):
            return count
        case Sold(count):
            return -count


def evolve(stock: int, event: ArticleEvent) -> Result[int, Impossible]:
    """The stock after an event."""
    return Success(stock + change(event))


def decide(stock: int, command: Receive | Sell) -> Result[tuple[ArticleEvent, ...], NotInStock]:
    """What a command causes."""
    match command:
        case Receive(count):
            return accept(Received(count))
        case Sell(count) if count > stock:
            return Failure(NotInStock(count - stock))
        case Sell(count):
            return accept(Sold(count))


ARTICLE = Aggregate(name="article", initial=0, evolve=evolve, decide=decide)
TOPICS = TopicMap(ArticleEvent)
