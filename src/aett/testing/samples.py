"""Samples: a small domain of ships and voyages, made to hold every kind of attribute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias
from uuid import UUID

from attrs import frozen

from aett.core.conflict import ConflictDetector, commutes, conflicts_if
from aett.core.topic import Topic
from aett.core.topic_map import TopicMap


class Currency(Enum):
    """What a price is paid in."""

    EURO = "EUR"
    YEN = "JPY"


@frozen
class Passenger:
    """Who travels."""

    name: str
    born: date | None = None


@Topic("sample.announced")
@frozen
class Announced:
    """A voyage will be made."""

    voyage: UUID
    ship: str
    leaves: datetime


@Topic("sample.booked")
@frozen
class Booked:
    """A seat is taken."""

    seat: int
    passenger: Passenger


@Topic("sample.priced")
@frozen
class Priced:
    """A seat costs so much."""

    price: Decimal
    currency: Currency = Currency.EURO


@Topic("sample.loaded")
@frozen
class Loaded:
    """Freight came on board."""

    weights: tuple[float, ...]
    manifest: Mapping[str, int]


@Topic("sample.photographed")
@frozen
class Photographed:
    """A picture was taken."""

    image: bytes


@Topic("sample.noted")
@frozen
class Noted:
    """Somebody wrote something down."""

    text: str
    urgent: bool = False
    tags: tuple[str, ...] = ()


@Topic("sample.refund")
@frozen
class Refund:
    """A command: give the price of a seat back."""

    seat: int
    reason: str


@Topic("sample.forgotten")
@frozen
class Forgotten:
    """An event that is in no topic map."""

    text: str


SampleEvent: TypeAlias = Announced | Booked | Priced | Loaded | Photographed | Noted


def same_seat(one: Booked, other: Booked) -> bool:
    """Whether two bookings want the same seat."""
    return one.seat == other.seat


TOPICS: Final = TopicMap(SampleEvent, Refund)
CONFLICTS: Final = ConflictDetector(
    conflicts_if(Booked, Booked, same_seat),
    commutes(Loaded, Loaded),
    commutes(Noted, Noted),
    commutes(Noted, Booked),
    commutes(Photographed, Noted),
)

START: Final = datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=UTC)
"""When nothing else is said, commits are stamped from here on."""


def at(seconds: float) -> datetime:
    """So many seconds after `START`."""
    return START + timedelta(seconds=seconds)
