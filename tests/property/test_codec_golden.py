"""What earlier versions have stored, a line for each kind of type: every later version reads it. It only grows.

A line of `stored.tsv` is the name of a kind, a tab, and JSON. A kind may have several: the last is what is written
today.
"""

from __future__ import annotations

import datetime as dt
import enum
import typing as t
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from attrs import frozen

from aett.core.codec.codec import codec_for

STORED = Path(__file__).with_name("stored.tsv")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.Enum):
    SMALL = 1
    LARGE = "large"


class Level(enum.IntEnum):
    LOW = 1


class Right(enum.Flag):
    READ = 1
    WRITE = 2


@frozen
class Card:
    number: str


@frozen
class Cash:
    amount: int


@frozen
class Coins(Cash):
    pieces: int


class Row(t.NamedTuple):
    n: int


A = t.TypeVar("A")


@frozen
class Box(t.Generic[A]):
    content: A


@frozen
class Tree:
    name: str
    below: tuple[Tree, ...] = ()


EAST = dt.timezone(dt.timedelta(hours=5, minutes=45))
KINDS: dict[str, tuple[t.Any, t.Any]] = {
    "bool": (bool, True),
    "int": (int, -(2**62)),
    "float": (float, 0.1),
    "str": (str, "é\u2028😀"),
    "bytes": (bytes, b"\xff\x00"),
    "None": (type(None), None),
    "Decimal": (Decimal, Decimal("1.50")),
    "UUID": (UUID, UUID(int=7)),
    "datetime": (dt.datetime, dt.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=EAST)),
    "date": (dt.date, dt.date(2024, 2, 29)),
    "time": (dt.time, dt.time(1, 2, 3, 4)),
    "timedelta": (dt.timedelta, dt.timedelta(days=-1, microseconds=1)),
    "Enum by value": (Colour, Colour.RED),
    "Enum by name": (Size, Size.LARGE),
    "IntEnum": (Level, Level.LOW),
    "Flag": (Right, Right.READ | Right.WRITE),
    "Literal": (t.Literal["a", 1], "a"),
    "list": (list[int], [1, 2]),
    "tuple": (tuple[int, ...], (1, 2)),
    "tuple of two": (tuple[int, str], (1, "b")),
    "frozenset": (frozenset[int], frozenset({1})),
    "dict by int": (dict[int, str], {1: "a"}),
    "dict by UUID": (dict[UUID, int], {UUID(int=7): 1}),
    "a class": (Card, Card("1")),
    "a NamedTuple": (Row, Row(1)),
    "a generic class": (Box[dict[str, int]], Box({"a": 1})),
    "a class that holds itself": (Tree, Tree("a", (Tree("b"),))),
    "a subclass": (Cash, Coins(5, 2)),
    "its base": (Cash, Cash(5)),
    "a union told apart by JSON": (int | str | None, "a"),
    "a union of classes": (Card | Cash | None, Cash(5)),
    "a union of texts": (str | UUID, UUID(int=7)),
    "Any": (t.Any, {"a": [1, None, "b"]}),
}
LINES = [
    (kind, stored) for kind, _, stored in (line.partition("\t") for line in STORED.read_text().strip().split("\n"))
]


@pytest.mark.parametrize(("kind", "stored"), LINES)
def test_what_was_ever_stored_is_read(kind: str, stored: str) -> None:
    type_, value = KINDS[kind]
    read = codec_for(type_).decode(stored.encode())
    assert (type(read), read) == (type(value), value)


def test_each_kind_is_written_as_its_last_line_says() -> None:
    assert {kind: codec_for(type_).encode(value).decode() for kind, (type_, value) in KINDS.items()} == dict(LINES)
