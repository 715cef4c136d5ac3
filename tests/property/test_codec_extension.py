"""Which changes of a type leave what was stored readable: the table of docs/codec.md, each row tried."""

from __future__ import annotations

import enum
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen

from aett import Topic, UnsupportedType
from aett.core.codec.codec import codec_for
from aett.core.codec.undecodable import Undecodable

PAGE = Path(__file__).parents[2] / "docs" / "codec.md"


def classes(*sources: str) -> tuple[Any, ...]:
    """Classes of one name may stand side by side, as before and after a change."""
    made: list[Any] = []
    for source in sources:
        space: dict[str, Any] = {"frozen": frozen, "Topic": Topic, "enum": enum, "UUID": UUID}
        exec(compile(source, "<a class>", "exec", dont_inherit=True), space)  # noqa: S102  # our own
        made.append(space)
    return tuple(made)


CARD = """
@frozen
class Card:
    number: str
"""
CASH = """
@frozen
class Cash:
    amount: int
"""
BANKNOTE = """
@Topic("banknote", formerly=("Cash",))
@frozen
class Banknote:
    amount: int
"""
UNNAMED = """
@frozen
class Banknote:
    amount: int
"""


def paid(attribute: str, more: str = "") -> str:
    return f"""
{more}
@frozen
class Paid:
    {attribute}
"""


def colour(members: str) -> str:
    return paid("by: Colour", f"class Colour(enum.Enum):\n    {members}\n")


COMPATIBLE = {
    "an attribute with a default is added": (paid("n: int"), paid("n: int; m: int = 7"), "Paid(1)", "Paid(1, 7)"),
    "`T` becomes `T | None`": (paid("n: int"), paid("n: int | None"), "Paid(1)", "Paid(1)"),
    "`int` becomes `float`": (paid("n: int"), paid("n: float"), "Paid(1)", "Paid(1.0)"),
    "a `list` becomes a `tuple` or a `set`, or the other way round": (
        paid("n: list[int]"), paid("n: tuple[int, ...]"), "Paid([1, 2])", "Paid((1, 2))",
    ),
    "a class joins a union": (
        paid("by: Card | None", CARD), paid("by: Card | Cash | None", CARD + CASH),
        "Paid(Card('1'))", "Paid(Card('1'))",
    ),
    "an attribute of a class becomes a union": (
        paid("by: Card", CARD), paid("by: Card | Cash", CARD + CASH), "Paid(Card('1'))", "Paid(Card('1'))",
    ),
    "a scalar joins a union, and only one member takes what is stored": (
        paid("by: str | None"), paid("by: str | UUID | None"), "Paid('a text')", "Paid('a text')",
    ),
    "a class in a union is renamed, and its topic says `formerly`": (
        paid("by: Card | Cash", CARD + CASH), paid("by: Card | Banknote", CARD + BANKNOTE),
        "Paid(Cash(5))", "Paid(Banknote(5))",
    ),
    "a class outside of unions is renamed": (
        paid("by: Cash", CASH), paid("by: Banknote", UNNAMED), "Paid(Cash(5))", "Paid(Banknote(5))",
    ),
    "a class gets its first subclass": (
        paid("by: Cash", CASH), paid("by: Cash", CASH + "@frozen\nclass Coins(Cash):\n    pieces: int\n"),
        "Paid(Cash(5))", "Paid(Cash(5))",
    ),
    "a member joins an `Enum`, whatever its value": (
        colour("RED = 'r'"), colour("RED = 'r'; DEEP = 7"), "Paid(Colour.RED)", "Paid(Colour.RED)",
    ),
    "the last member of another kind leaves an `Enum`": (
        colour("RED = 'r'; DEEP = 7"), colour("RED = 'r'"), "Paid(Colour.RED)", "Paid(Colour.RED)",
    ),
    "a member of an `Enum` is renamed, and keeps its value": (
        colour("RED = 'r'"), colour("CRIMSON = 'r'"), "Paid(Colour.RED)", "Paid(Colour.CRIMSON)",
    ),
}  # fmt: skip

INCOMPATIBLE = {
    "an attribute without a default is added": (paid("n: int"), paid("n: int; m: int"), "Paid(1)"),
    "an attribute is removed": (paid("n: int; m: int"), paid("n: int"), "Paid(1, 2)"),
    "an attribute is renamed": (paid("n: int"), paid("m: int"), "Paid(1)"),
    "an attribute gets another type": (paid("n: int"), paid("n: str"), "Paid(1)"),
    "`float` becomes `int`": (paid("n: float"), paid("n: int"), "Paid(1.5)"),
    "a scalar joins a union, and several members take what is stored": (
        paid("by: str | None"), paid("by: str | UUID | None"), "Paid(str(UUID(int=1)))",
    ),
    "a class in a union is renamed, and no topic says so": (
        paid("by: Card | Cash", CARD + CASH), paid("by: Card | Banknote", CARD + UNNAMED), "Paid(Cash(5))",
    ),
    "a member of an `Enum` that was stored is removed": (
        colour("RED = 'r'; BLUE = 'b'"), colour("BLUE = 'b'"), "Paid(Colour.RED)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", COMPATIBLE)
def test_what_was_stored_before_a_compatible_change_is_read(change: str) -> None:
    earlier, later, written, expected = COMPATIBLE[change]
    before, after = classes(earlier, later)
    raw = codec_for(before["Paid"]).encode(eval(written, before))  # noqa: S307  # our own
    read = codec_for(after["Paid"]).decode(raw)
    assert read == eval(expected, after)  # noqa: S307  # our own
    assert codec_for(after["Paid"]).decode(codec_for(after["Paid"]).encode(read)) == read


@pytest.mark.parametrize("change", INCOMPATIBLE)
def test_what_was_stored_before_another_change_is_told_to_need_an_upcast(change: str) -> None:
    earlier, later, written = INCOMPATIBLE[change]
    before, after = classes(earlier, later)
    raw = codec_for(before["Paid"]).encode(eval(written, before))  # noqa: S307  # our own
    with pytest.raises(Undecodable):
        codec_for(after["Paid"]).decode(raw)


def test_the_page_lists_just_these_changes() -> None:
    table = PAGE.read_text().partition("\n## What may change\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (read|upcast) \|$", table.replace("\\|", "|"), re.MULTILINE)
    assert dict(rows) == dict.fromkeys(COMPATIBLE, "read") | dict.fromkeys(INCOMPATIBLE, "upcast")


def test_an_enum_whose_names_and_values_contradict_each_other_is_refused() -> None:
    class Crossed(enum.Enum):
        RED = "BLUE"
        BLUE = "RED"

    with pytest.raises(UnsupportedType, match="one member's name and another's value"):
        codec_for(Crossed)


def test_tags_that_two_classes_have_had_are_refused() -> None:
    (space,) = classes(CASH + BANKNOTE)
    with pytest.raises(UnsupportedType, match="in one union would both be stored under the tag 'Cash'"):
        codec_for(space["Cash"] | space["Banknote"])
