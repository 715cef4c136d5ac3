"""Strategies: what Hypothesis writes into a store, chosen to be as awkward as the laws allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, TypeAlias
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from aett.core.commit import EventMessage
from aett.core.identifier import MAX_STREAM_BYTES, MAX_TENANT_BYTES
from aett.testing.samples import (
    START,
    Announced,
    Booked,
    Currency,
    Loaded,
    Noted,
    Passenger,
    Photographed,
    Priced,
    Refund,
    at,
)

Names: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Some tenants and some streams, which each of the tenants may have."""

AWKWARD: Final = (
    *("a", "A", "a ", " a", "a\t", "a\n", "ab", "b", "bc", "c", "1", "01", "0", "null", "None", "x" * 64),
    *("a:b", "a/b", "a#b", "a%b", "a_b", "a.b", "a|b", "a,b", "a+b", "a&b=c", "/", ":", "%", "_", "*", ".", ".."),
    *("a'b", 'a"b', "a`b", "a\\", "a\\'b", "%2F", "%s", "$1", "?", "{}", "../a", "\x01", "\x7f", "\ufeffa"),
    *("'; DROP TABLE commits; --", "' OR '1'='1", "a' --", "a\u200b", "e\u0301", "\u00e9", "ss", "\u00df"),
    *(
        "I",
        "i",
        "\u0130",
        "\u0131",
        "\u212a",
        "k",
        "\uff41",
        "\U0001f6a2",
        "\U0001f1eb\U0001f1f7",
        "\ufffd",
        "\uffff",
    ),
)
"""Identifiers that some engine has confused, folded, trimmed, split or run."""

CONFUSABLE: Final[tuple[tuple[str, str], ...]] = (
    *(("a", "A"), ("a", "a "), ("a", " a"), ("a", "ab"), ("a%", "ab"), ("a_", "ab"), ("a", "a\\"), ("a", "a\x01")),
    *(("\u00e9", "e\u0301"), ("ss", "\u00df"), ("i", "\u0130"), ("k", "\u212a"), ("a", "\uff41"), ("1", "01")),
    *(("a/b", "a"), ("a:b", "a"), ("a#b", "a"), ("a", "a\u200b"), ("\U0001f6a2", "\U0001f6a3"), ("a\n", "a")),
)
"""Pairs that look or sort alike, or are a prefix or a pattern of each other."""

_LIKE_A: Final = tuple({each: None for pair in CONFUSABLE if "a" in pair for each in pair if each != "a"})

_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_NAME: Final = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def identifiers(limit: int) -> SearchStrategy[str]:
    """Identifiers of at most so many bytes in UTF-8, and of just as many."""
    free = st.text(_NAME, min_size=1, max_size=limit).filter(lambda each: len(each.encode()) <= limit)
    awkward = [each for each in AWKWARD if len(each.encode()) <= limit]
    return st.one_of(st.sampled_from(awkward), free, st.sampled_from(["x" * limit, "\u00e9" * (limit // 2)]))


def tenants() -> SearchStrategy[str]:
    """Identifiers of tenants."""
    return identifiers(MAX_TENANT_BYTES)


def streams() -> SearchStrategy[str]:
    """Identifiers of streams."""
    return identifiers(MAX_STREAM_BYTES)


def names() -> SearchStrategy[Names]:
    """Two tenants and three streams, often easy to confuse."""
    pairs = st.sampled_from(CONFUSABLE)
    alike = st.one_of(
        st.tuples(pairs, st.just("unlike")).map(lambda each: (*each[0], each[1])),
        st.lists(st.sampled_from(_LIKE_A), min_size=2, max_size=2, unique=True).map(lambda each: ("a", *each)),
    )
    two = st.one_of(pairs, st.lists(tenants(), min_size=2, max_size=2, unique=True).map(tuple))
    three = st.one_of(alike, st.lists(streams(), min_size=3, max_size=3, unique=True).map(tuple))
    joined = st.just((("a", "ab"), ("bc", "c", "b")))
    return st.one_of(joined, st.tuples(pairs, alike), st.tuples(two, three))


_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_NEAR: Final = [at(seconds) for seconds in (-1, 0, 0.000001, 0.001, 0.5, 1, 2, 60)]


def instants() -> SearchStrategy[datetime]:
    """Any instant, in UTC."""
    return st.datetimes(timezones=st.just(UTC)).map(lambda each: each.replace(fold=0))


def near() -> SearchStrategy[datetime]:
    """Instants near `START`, so that they are equal, go back and differ by a microsecond."""
    return st.sampled_from(_NEAR)


def stamps() -> SearchStrategy[datetime]:
    """Instants of the whole calendar, many of them near `START`."""
    edges = [_FIRST, _LAST, datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), datetime(1970, 1, 1, tzinfo=UTC)]
    return st.one_of(
        near(),
        near(),
        st.sampled_from(edges),
        instants(),
    )


def bounds() -> SearchStrategy[datetime]:
    """Times to read to: as stamps, and in zones where they leave the calendar of UTC."""
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    edges = [moment.replace(tzinfo=zone) for moment in (_FIRST, _LAST) for zone in (east, west)]
    return st.one_of(
        near(),
        near(),
        stamps(),
        st.sampled_from(edges),
        st.sampled_from([START.astimezone(east), START.astimezone(west)]),
    )


def headers() -> SearchStrategy[dict[str, Any]]:
    """JSON objects."""
    scalars = (
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
    )
    json: SearchStrategy[Any] = st.recursive(
        scalars | _TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
        max_leaves=4,
    )
    return st.dictionaries(_TEXT, json, max_size=3)


def bookings() -> SearchStrategy[Booked]:
    """Bookings of few seats, so that some conflict."""
    people = st.builds(Passenger, _TEXT, st.none() | st.dates())
    return st.builds(Booked, st.integers(1, 2), people)


def notes() -> SearchStrategy[Noted]:
    """Notes of any text."""
    return st.builds(Noted, _TEXT, st.booleans(), st.lists(_TEXT, max_size=2).map(tuple))


def events() -> SearchStrategy[object]:
    """Sample events of every class."""
    prices = st.decimals(allow_nan=False, allow_infinity=False)
    floats = st.floats(allow_nan=False, allow_infinity=False)
    whole = st.integers(-(2**63), 2**63 - 1)
    return st.one_of(
        notes(),
        bookings(),
        st.builds(Announced, st.uuids(), _TEXT, instants()),
        st.builds(Priced, prices, st.sampled_from(Currency)),
        st.builds(Loaded, st.lists(floats, max_size=3).map(tuple), st.dictionaries(_TEXT, whole, max_size=2)),
        st.builds(Photographed, st.binary(max_size=30)),
    )


def batches() -> SearchStrategy[tuple[EventMessage, ...]]:
    """The events of one commit: 1 to 5, some with headers; often of classes that do not conflict."""
    harmless = st.builds(EventMessage, notes() | bookings())
    anything = st.builds(EventMessage, events(), headers())
    return st.one_of(
        st.lists(harmless, min_size=1, max_size=5).map(tuple),
        st.lists(anything, min_size=1, max_size=5).map(tuple),
    )


def commands() -> SearchStrategy[tuple[Refund, ...]]:
    """Commands that a saga might store with its events."""
    one = st.builds(Refund, st.integers(1, 9), _TEXT)
    return st.one_of(st.just(()), st.lists(one, max_size=2).map(tuple))


def ids() -> SearchStrategy[UUID]:
    """Commit ids."""
    return st.uuids()
