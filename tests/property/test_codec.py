"""Laws of the codec: what is written is read again, and what is stored is read exactly or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import subprocess
import sys
import typing as t
import uuid
from collections import abc
from decimal import Decimal
from functools import cached_property

import attrs
import msgspec
import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from aett.core.codec import codec as codec_module
from aett.core.codec.codec import Codec, codec_for
from aett.core.codec.shape import Shape as CodecShape
from aett.core.codec.shape import fingerprint
from aett.core.codec.undecodable import Undecodable
from aett.core.errors import UnsupportedType

T = t.TypeVar("T")
UserId = t.NewType("UserId", int)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Mixed(enum.Enum):
    ONE = 1
    TWO = "two"
    PAIR = (1, 2)


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mood(enum.StrEnum):
    GLAD = "glad"
    SAD = "sad"


class Right(enum.Flag):
    READ = 1
    WRITE = 2


@frozen
class Deposited:
    amount: int
    note: str
    share: float


@frozen
class Scalars:
    yes: bool
    when: dt.datetime
    day: dt.date
    hour: dt.time
    span: dt.timedelta
    price: Decimal
    key: uuid.UUID
    raw: bytes
    colour: Colour
    level: Level
    mood: Mood
    word: t.Literal["a", "b", 1]
    maybe: int | None


@frozen
class Line:
    sku: str
    price: Decimal = Decimal("1.0")


@frozen
class Order:
    lines: tuple[Line, ...]
    pair: tuple[int, str]
    words: list[str]
    by_name: dict[str, Line]
    owner: UserId
    note: t.Annotated[str, "a note"]
    parent: Order | None = None


@frozen
class Collections:
    items: frozenset[int]
    some: set[str]
    row: abc.Sequence[int]
    table: abc.Mapping[str, float]
    chosen: abc.Set[Colour]
    by_int: dict[int, str]
    by_uuid: dict[uuid.UUID, int]
    by_enum: dict[Colour, int]
    by_name: dict[Mixed, int]
    by_flag: dict[Right, int]
    by_day: dict[dt.date, int]
    rows: list[list[tuple[int, ...]]]


@frozen
class Unions:
    subject: Line | Deposited | None
    value: int | str | dt.datetime | list[int] | None
    loose: int | str | float | None
    mixed: Mixed
    rights: Right
    either: t.Literal[Colour.RED] | int


@frozen
class Hidden:
    _secret: int
    named: int = field(alias="other")
    total: int = field(init=False)


def _increase(value: int) -> int:
    return value + 1


def _refuse(*_: object) -> None:
    raise ValueError("a rule of today")


def _no_tags() -> t.Any:
    return []


@frozen
class Ruled:
    amount: int = field(converter=_increase)
    positive: int = field(default=0, validator=attrs.validators.ge(0))
    tags: tuple[str, ...] = field(factory=_no_tags, converter=tuple)

    def __attrs_post_init__(self) -> None:
        if self.amount > 10**6:
            _refuse()


@frozen
class Defaulted:
    first: int
    second: int = 2
    third: list[int] = field(factory=list[int])
    fourth: int = field(default=attrs.Factory(lambda self: self.first * 10, takes_self=True))


@frozen
class Defaults:
    first: int
    second: int = 2
    third: list[int] = field(factory=list[int])


@frozen
class Box(t.Generic[T]):
    content: T


@frozen
class IntBox(Box[int]):
    label: str


@frozen
class Shape:
    name: str


@frozen
class Circle(Shape):
    radius: float


@frozen
class Square(Shape):
    side: int


@frozen
class Drawing:
    shapes: tuple[Shape, ...]


@define(eq=False)
class Faceless:
    value: int
    rest: list[int] = field(eq=False)


@frozen
class Overlooking:
    value: int
    rest: list[int] = field(eq=False)


@dataclasses.dataclass(frozen=True)
class Data:
    value: int
    rest: list[int] = dataclasses.field(default_factory=list[int])


class Point(t.NamedTuple):
    x: int
    y: int = 0


PLAIN: dict[str, t.Any] = {"anything": t.Any, "thing": object, "table": dict, "row": list}
Plain: t.Any = attrs.make_class("Plain", {name: field(type=type_) for name, type_ in PLAIN.items()}, frozen=True)


@frozen(cache_hash=True)
class Hashed:
    value: int


@frozen(cache_hash=True, slots=False)
class HashedInDict:
    value: int


@frozen
class Converted:
    value: int = field(converter=_increase)


@frozen
class Validated:
    value: int = field(validator=attrs.validators.ge(0))


@frozen
class Underscored:
    _value: int = field(alias="_value")


@frozen
class Oops(Exception):
    value: int


@frozen
class Cached:
    value: int

    @cached_property
    def double(self) -> int:
        return self.value * 2


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
integers = st.integers()
floats = st.floats(allow_nan=False, allow_infinity=False)
zones = st.one_of(st.none(), st.integers(-800, 800).map(lambda m: dt.timezone(dt.timedelta(minutes=m))))
moments = st.datetimes(timezones=zones)
decimals = st.decimals(allow_nan=False)
plain = st.recursive(
    st.none() | st.booleans() | integers | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
lines = st.builds(Line, texts, decimals)
deposits = st.builds(Deposited, integers, texts, floats)
scalars = st.builds(
    Scalars,
    yes=st.booleans(),
    when=moments,
    day=st.dates(),
    hour=st.times(),
    span=st.timedeltas(),
    price=decimals,
    key=st.uuids(),
    raw=st.binary(max_size=8),
    colour=st.sampled_from(Colour),
    level=st.sampled_from(Level),
    mood=st.sampled_from(Mood),
    word=st.sampled_from(["a", "b", 1]),
    maybe=st.none() | integers,
)
rows = st.lists(integers, max_size=3).map(tuple)
orders = st.recursive(
    st.none(),
    lambda parent: st.builds(
        Order,
        st.lists(lines, max_size=3).map(tuple),
        st.tuples(integers, texts),
        st.lists(texts, max_size=3),
        st.dictionaries(texts, lines, max_size=2),
        integers.map(UserId),
        texts,
        parent,
    ),
    max_leaves=3,
).filter(lambda order: order is not None)
collections = st.builds(
    Collections,
    st.frozensets(integers, max_size=3),
    st.sets(texts, max_size=3),
    rows,
    st.dictionaries(texts, floats, max_size=3),
    st.frozensets(st.sampled_from(Colour)),
    st.dictionaries(integers, texts, max_size=3),
    st.dictionaries(st.uuids(), integers, max_size=3),
    st.dictionaries(st.sampled_from(Colour), integers),
    st.dictionaries(st.sampled_from(Mixed), integers),
    st.dictionaries(st.sampled_from([Right.READ, Right.READ | Right.WRITE, Right(0)]), integers),
    st.dictionaries(st.dates(), integers, max_size=3),
    st.lists(st.lists(rows, max_size=2), max_size=2),
)
unions = st.builds(
    Unions,
    st.none() | lines | deposits,
    st.none() | integers | texts | moments | st.lists(integers, max_size=2),
    st.none() | integers | texts | floats,
    st.sampled_from(Mixed),
    st.sampled_from([Right.READ, Right.READ | Right.WRITE, Right(0)]),
    st.just(Colour.RED) | integers,
)
shapes = st.builds(Shape, texts) | st.builds(Circle, texts, floats) | st.builds(Square, texts, integers)
VALUES: list[tuple[t.Any, st.SearchStrategy[t.Any]]] = [
    (Deposited, deposits),
    (Scalars, scalars),
    (Order, orders),
    (Collections, collections),
    (Unions, unions),
    (Line | Deposited, lines | deposits),
    (Box[int], st.builds(Box, integers)),
    (Box[Line | None], st.builds(Box, lines | st.none())),
    (IntBox, st.builds(IntBox, integers, texts)),
    (Drawing, st.builds(Drawing, st.lists(shapes, max_size=3).map(tuple))),
    (Shape, shapes),
    (Overlooking, st.builds(Overlooking, integers, st.lists(integers))),
    (Data, st.builds(Data, integers, st.lists(integers))),
    (Point, st.builds(Point, integers, integers)),
    (
        Plain,
        st.builds(Plain, plain, plain, st.dictionaries(texts, plain, max_size=2), st.lists(plain, max_size=2)),
    ),
    (Hashed, st.builds(Hashed, integers)),
    (UserId, integers),
    (int, integers),
    (tuple[int, ...], rows),
    (int | None, integers | st.none()),
    (dict[str, list[Line]], st.dictionaries(texts, st.lists(lines, max_size=2), max_size=2)),
]
some_value: st.SearchStrategy[tuple[t.Any, t.Any]] = st.one_of(
    [st.tuples(st.just(type_), values) for type_, values in VALUES]
)
NATIVE = [Deposited, Order, Defaults, int, tuple[int, ...], int | None, Box[int], IntBox, Data]
STRICT = [
    HashedInDict,
    Converted,
    Validated,
    Underscored,
    Cached,
    Collections,
    Unions,
    Hidden,
    Ruled,
    Defaulted,
    Drawing,
    Point,
    Hashed,
    Line | Deposited,
]


def stored(body: object) -> bytes:
    return json.dumps(body).encode()


@given(some_value)
def test_what_is_written_is_read_again_equal_and_of_the_same_class(case: tuple[t.Any, t.Any]) -> None:
    type_, value = case
    codec = codec_for(type_)
    raw = codec.encode(value)
    read = codec.decode(raw)
    assert (read, type(read)) == (value, type(value))
    assert codec.decode(memoryview(raw)) == codec.decode(msgspec.Raw(raw)) == value


@given(some_value)
def test_blanks_and_upcast_bodies_are_read_alike(case: tuple[t.Any, t.Any]) -> None:
    type_, value = case
    codec = codec_for(type_)
    raw = codec.encode(value)
    assert codec.decode(b"  " + raw + b"\n") == value
    assert codec.from_builtins(msgspec.json.decode(raw)) == value


@pytest.mark.parametrize("type_", NATIVE)
def test_what_msgspec_supports_wholly_is_read_natively(type_: t.Any) -> None:
    assert codec_for(type_).shape.native


@pytest.mark.parametrize("type_", STRICT)
def test_what_msgspec_would_read_otherwise_is_read_strictly(type_: t.Any) -> None:
    assert not codec_for(type_).shape.native


def test_a_domain_of_plain_classes_does_not_import_cattrs() -> None:
    code = (
        "import sys, attrs; from aett.core.codec.codec import codec_for\n"
        "@attrs.frozen\nclass Deposited: amount: int\n"
        "codec_for(Deposited).encode(Deposited(1)); sys.exit('cattrs' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code.


COERCIONS = [
    (bool, "no"),
    (bool, 1),
    (int, True),
    (int, 5.9),
    (int, 5.0),
    (int, "5"),
    (int, None),
    (float, "1.5"),
    (float, True),
    (float, None),
    (float, 2**60 + 1),
    (str, 5),
    (str, None),
    (bytes, 5),
    (Decimal, 1.5),
    (Decimal, 1),
    (dt.datetime, 0),
    (dt.date, 0),
    (dt.timedelta, 5),
    (uuid.UUID, 5),
    (Colour, "green"),
    (Level, 1.0),
    (Level, True),
    (Right, "READ"),
    (Right, -1),
    (Right, 64),
    (t.Literal[1, "a"], True),
    (t.Literal[1, "a"], 1.0),
    (list[str], "abc"),
    (tuple[str, ...], "abc"),
    (set[str], "abc"),
    (set[int], [1, 1]),
    (list[int], {"1": 1}),
    (tuple[int, str], [1]),
    (tuple[int, str], [1, "a", 2]),
    (dict[int, int], {"1": 1, "01": 2}),
    (dict[int, int], {"1.0": 1}),
    (dict[str, int], [["a", 1]]),
    (type(None), 0),
    (int | str, 1.5),
    (int | None, "1"),
]


@pytest.mark.parametrize(("type_", "body"), COERCIONS)
@pytest.mark.parametrize("nested", [False, True])
def test_reading_never_coerces(type_: t.Any, body: object, nested: bool) -> None:  # noqa: FBT001 - a parameter of pytest.
    codec = codec_for(Box[type_] if nested else type_)
    body = {"content": body} if nested else body
    with pytest.raises(Undecodable):
        codec.decode(stored(body))
    with pytest.raises(Undecodable):
        codec.from_builtins(body)


@pytest.mark.parametrize("type_", [float, Box[float], float | None, dict[str, float]])
def test_an_int_in_place_of_a_float_becomes_a_float(type_: t.Any) -> None:
    codec = codec_for(type_)
    body = {"content": 3} if "Box" in repr(type_) or "dict" in repr(type_) else 3
    assert "3.0" in repr(codec.decode(stored(body)))
    assert "3.0" in repr(codec.from_builtins(body))


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        (Deposited, {"amount": 1, "note": "", "share": 1.0, "extra": 1}),
        (Box[Deposited], {"content": {"amount": 1, "note": "", "share": 1.0, "extra": 1}}),
        (Box[tuple[Line, ...]], {"content": [{"sku": "a", "extra": None}]}),
        (Ruled, {"amount": 1, "extra": 1}),
        (Drawing, {"shapes": [{"$type": "Square", "name": "", "side": 1, "extra": 1}]}),
        (Line | Deposited, {"$type": "Line", "sku": "", "extra": 1}),
        (Point, {"x": 1, "extra": 1}),
        (Data, {"value": 1, "extra": 1}),
        (Hidden, {"_secret": 1, "named": 1, "total": 1, "extra": 1}),
    ],
)
def test_an_unknown_key_is_refused_and_named(type_: t.Any, body: object) -> None:
    with pytest.raises(Undecodable, match=r"'extra'.*raise the topic's version and give an upcast"):
        codec_for(type_).decode(stored(body))


def test_a_missing_key_takes_the_default() -> None:
    assert codec_for(Defaulted).decode(b'{"first": 4}') == Defaulted(4)
    assert codec_for(Defaults).decode(b'{"first": 4}') == Defaults(4)
    assert codec_for(Data).decode(b'{"value": 4}') == Data(4)
    assert codec_for(Point).decode(b'{"x": 4}') == Point(4)
    assert codec_for(Ruled).decode(b'{"amount": 4}').tags == ()


def test_a_missing_key_without_a_default_is_named() -> None:
    for type_ in (Defaulted, Defaults):
        with pytest.raises(Undecodable, match="first"):
            codec_for(type_).decode(b"{}")
    with pytest.raises(Undecodable, match=r"content\.first"):
        codec_for(Box[Defaulted]).decode(b'{"content":{}}')


def test_rules_of_today_do_not_touch_history() -> None:
    read = codec_for(Ruled).decode(b'{"amount":2000000,"positive":-5,"tags":["a"]}')
    assert (read.amount, read.positive, read.tags) == (2000000, -5, ("a",))


def test_attributes_are_stored_by_name_hidden_ones_too() -> None:
    value = lying(Hidden)(secret=1, other=2)
    object.__setattr__(value, "total", 3)
    raw = codec_for(Hidden).encode(value)
    assert raw == b'{"_secret":1,"named":2,"total":3}'
    assert codec_for(Hidden).decode(raw) == value
    with pytest.raises(UnsupportedType, match="total"):
        codec_for(Hidden).encode(lying(Hidden)(secret=1, other=2))


def test_a_hash_kept_in_the_instance_and_a_cached_property_do_no_harm() -> None:
    assert hash(codec_for(Hashed).decode(b'{"value":1}')) == hash(Hashed(1))
    assert hash(codec_for(HashedInDict).decode(b'{"value":1}')) == hash(HashedInDict(1))
    value = Cached(2)
    assert value.double == 4
    assert codec_for(Cached).encode(value) == b'{"value":2}'


def lying(cls: t.Any) -> t.Any:
    """The class, for calls that no type checker would let pass."""
    return cls


class Dateless(dt.tzinfo):
    """A zone that, like Europe/Paris, tells no offset without a date."""

    def utcoffset(self, _: dt.datetime | None) -> None:
        return None

    def dst(self, _: dt.datetime | None) -> None:
        return None

    def tzname(self, _: dt.datetime | None) -> None:
        return None


bare_dict: t.Any = dict
odd = dt.timezone(dt.timedelta(seconds=3601))
LIES: list[tuple[t.Any, t.Any, str]] = [
    (Deposited, lying(Deposited)("5", "", 1.0), "Deposited.amount"),
    (Deposited, Deposited(bool(1), "", 1.0), "Deposited.amount"),
    (Deposited, Deposited(1, "", float("nan")), "Deposited.share"),
    (Deposited, Deposited(1, "", float("inf")), "Deposited.share"),
    (Deposited, Deposited(1, "\ud800", 1.0), "Deposited.note"),
    (Deposited, Deposited(1, "", 2**60 + 1), "Deposited.share"),
    (Deposited, Line("a"), "Deposited"),
    (float | None, float("nan"), "not a finite one"),
    (Box[dt.datetime], Box(dt.datetime(2024, 1, 1, tzinfo=odd)), "Box.*content"),
    (Box[dt.time], Box(dt.time(1, 2, tzinfo=Dateless())), "Box.*content"),
    (Box[list[int]], Box((1, 2)), "Box.*content: tuple"),
    (Box[list[str]], Box("ab"), "Box.*content"),
    (Box[frozenset[int]], Box({1}), "Box.*content: set"),
    (Box[abc.Sequence[int]], Box([1]), "Box.*content: list"),
    (Box[tuple[int, int]], Box((1, 2, 3)), "Box.*content"),
    (Box[tuple[int, ...]], Box(Point(1, 2)), "Box.*content: Point"),
    (Box[t.Any], Box((1,)), "Box.*content: tuple"),
    (Box[t.Any], Box({1: 2}), "Box.*content"),
    (Box[t.Any], Box(Line("a")), "Box.*content: Line"),
    (Box[t.Any], Box([1, {"a": object()}]), r"Box.*content\[1\]\['a'\]"),
    (Box[bare_dict], Box({"a": dt.date(2024, 1, 1)}), r"Box.*content\['a'\]: date"),
    (Box[Decimal], Box(Decimal("sNaN")), "Box.*content"),
    (Box[Mixed], Box("ONE"), "Box.*content"),
    (Drawing, lying(Drawing)((Line("a"),)), "shapes"),
    (Line | Deposited, Circle("a", 1.0), "Circle is none of"),
    (Overlooking, lying(Overlooking)(1, (2,)), "Overlooking.rest: tuple"),
    (Faceless, lying(Faceless)(1, (2,)), "Faceless.rest: tuple"),
]


@pytest.mark.parametrize(("type_", "value", "message"), LIES)
def test_what_would_not_come_back_equal_is_refused_before_it_is_written(
    type_: t.Any, value: t.Any, message: str
) -> None:
    with pytest.raises(UnsupportedType, match=message):
        codec_for(type_).encode(value)


def test_a_class_without_equality_is_compared_attribute_by_attribute() -> None:
    read = codec_for(Faceless).decode(codec_for(Faceless).encode(Faceless(1, [2])))
    assert (read.value, read.rest) == (1, [2])


def test_a_value_that_holds_itself_is_refused() -> None:
    knot: list[t.Any] = []
    knot.append(knot)
    with pytest.raises(UnsupportedType):
        codec_for(Box[t.Any]).encode(Box(knot))


def test_a_time_that_comes_twice_is_written() -> None:
    zoneinfo = pytest.importorskip("zoneinfo")
    try:
        zone = zoneinfo.ZoneInfo("Europe/Paris")
    except zoneinfo.ZoneInfoNotFoundError:
        pytest.skip("this machine has no time zones")
    for fold in (0, 1):
        moment = dt.datetime(2024, 10, 27, 2, 30, tzinfo=zone, fold=fold)
        read = codec_for(dt.datetime).decode(codec_for(dt.datetime).encode(moment))
        assert read.utcoffset() == moment.utcoffset()


def test_a_subclass_is_tagged_and_the_class_itself_is_not() -> None:
    raw = codec_for(Drawing).encode(Drawing((Shape("a"), Square("b", 2))))
    assert raw == b'{"shapes":[{"name":"a"},{"$type":"Square","name":"b","side":2}]}'


def test_a_subclass_made_later_is_refused() -> None:
    @frozen
    class Animal:
        name: str

    codec = codec_for(Box[tuple[Animal, ...]])

    @frozen
    class Dog(Animal):
        pass

    with pytest.raises(UnsupportedType, match="Dog"):
        codec.encode(Box((Dog("rex"),)))


def made(**attributes: t.Any) -> t.Any:
    return attrs.make_class("Made", {name: field(type=type_) for name, type_ in attributes.items()}, frozen=True)


class Opaque:
    pass


@frozen
class Endless:
    itself: Endless


UNSUPPORTED: list[tuple[t.Any, str]] = [
    (made(it=complex), "Made.it: complex"),
    (made(it=type), "Made.it: type"),
    (made(it=Opaque), "Made.it: Opaque"),
    (made(it=abc.Callable[[], int]), "Made.it: .*Callable"),
    (made(it=list[complex]), "Made.it: complex"),
    (made(it=dict[float, int]), "Made.it: float as the key"),
    (made(it=T), "Made.it: ~T"),
    (made(it=list[int] | list[str]), "Made.it: .*'list'"),
    (Box, "Box.content: ~T"),
    (made(it="Nowhere"), "Made.it: 'Nowhere' cannot be resolved"),
    (Endless, "Endless: no value of it has an end"),
    (Oops, "Oops: no value of it can be made"),
    (complex, "complex"),
    (Opaque, "Opaque"),
]


@pytest.mark.parametrize(("type_", "message"), UNSUPPORTED)
def test_a_type_that_cannot_be_stored_is_refused_when_the_codec_is_made(type_: t.Any, message: str) -> None:
    with pytest.raises(UnsupportedType, match=message):
        codec_for(type_)


def is_read_or_refused(codec: Codec[t.Any], raw: bytes) -> None:
    try:
        value = codec.decode(raw)
    except Undecodable:
        return
    assert codec.decode(codec.encode(value)) == value


any_type = st.sampled_from([type_ for type_, _ in VALUES])


@given(any_type, st.binary(max_size=40))
def test_hostile_bytes_give_a_value_or_undecodable(type_: t.Any, raw: bytes) -> None:
    is_read_or_refused(codec_for(type_), raw)


@given(any_type, plain)
def test_any_json_gives_a_value_or_undecodable(type_: t.Any, body: object) -> None:
    is_read_or_refused(codec_for(type_), stored(body))
    is_read_or_refused(codec_for(Box[type_]), stored({"content": body}))


@given(some_value, st.data())
def test_mutated_json_gives_a_value_or_undecodable(case: tuple[t.Any, t.Any], data: st.DataObject) -> None:
    raw = bytearray(codec_for(case[0]).encode(case[1]))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw)))
        raw[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b'"', b"0", b"[", b"null"])
        )
    is_read_or_refused(codec_for(case[0]), bytes(raw))


@given(some_value, st.data())
def test_replaced_parts_give_a_value_or_undecodable(case: tuple[t.Any, t.Any], data: st.DataObject) -> None:
    body: t.Any = json.loads(codec_for(case[0]).encode(case[1]))
    keys: list[str] = sorted(body) if hasattr(body, "keys") else []
    if keys:
        body[data.draw(st.sampled_from(keys))] = data.draw(plain)
    is_read_or_refused(codec_for(case[0]), stored(body))


@pytest.mark.parametrize("type_", [Order, Plain, t.Any, list, Line | Deposited])
@pytest.mark.parametrize("unit", [b"[", b'{"parent":', b'{"anything":'])
def test_deep_nesting_is_undecodable(type_: t.Any, unit: bytes) -> None:
    with pytest.raises(Undecodable):
        codec_for(type_).decode(unit * 100_000)


def text_of(**attributes: t.Any) -> str:
    return codec_for(made(**attributes)).shape.text


def test_classes_of_one_shape_have_one_fingerprint() -> None:
    inner = attrs.make_class("Inner", {"x": attrs.field(type=int)}, frozen=True)
    other = attrs.make_class("Other", {"x": attrs.field(type=int)}, frozen=True)
    assert text_of(a=int, b=inner) == text_of(b=other, a=int)
    assert len(fingerprint(text_of(a=int))) == 16


def test_every_change_of_shape_changes_the_fingerprint() -> None:
    many: t.Any = tuple
    inner: list[t.Any] = [
        made(**{name: type_})
        for name, type_ in (("x", int), ("y", int), ("x", str), ("x", int | None), ("x", list[int]))
    ]
    texts = [text_of(a=each) for each in inner] + [text_of(a=many[each, ...]) for each in inner]
    texts += [text_of(), text_of(a=int), text_of(b=int), text_of(a=int, b=int), text_of(a=float)]
    texts += [
        text_of(a=Colour),
        text_of(a=Mixed),
        text_of(a=Right),
        text_of(a=t.Literal[1]),
        text_of(a=t.Literal["1"]),
    ]
    texts += [
        text_of(a=Shape),
        text_of(a=Line | Deposited),
        text_of(a=Line | Deposited | None),
        text_of(a=str | dt.date),
    ]
    assert len({fingerprint(text) for text in texts}) == len(texts)


def test_a_native_reader_that_fails_its_proof_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    @frozen
    class Trusted:
        _amount: int
        rest: int = 1

    def trusting(_: object) -> CodecShape:
        return CodecShape("", native=True)

    monkeypatch.setattr(codec_module, "shape_of", trusting)
    codec = codec_for(Trusted)
    assert not codec.shape.native
    assert codec.decode(codec.encode(Trusted(1))) == Trusted(1)


def test_a_codec_is_made_once() -> None:
    assert codec_for(Order) is codec_for(Order)
    assert codec_for(Line | Deposited) is codec_for(t.Union[Deposited, Line])  # noqa: UP007 - the other spelling.
