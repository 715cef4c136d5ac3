"""Headers: JSON metadata of an event or a commit, copied and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

from aett.core.errors import InvalidCommit

Headers: TypeAlias = Mapping[str, Any]

EMPTY: Final[Headers] = MappingProxyType({})


def freeze(headers: Headers) -> Headers:
    """A copy of its own, which the caller's later changes cannot reach.

    Raises `InvalidCommit` if the headers would not come back equal from JSON.
    """
    if not headers:
        return EMPTY
    # What encodes is loaded when something is encoded: `import aett` is to be quick.
    from aett.core.header_json import copied  # noqa: PLC0415

    plain = dict(headers)
    try:
        copy = copied(plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidCommit(f"headers are not JSON: {error}") from error
    if not _same(copy, plain):
        raise InvalidCommit(
            f"headers would not come back equal from JSON (tuples, dates, NaN, keys that are no text?): {plain!r}"
        )
    return MappingProxyType(copy)


def _same(copy: Any, given: Any) -> bool:
    """Equal and of the same types: `1 == True` is not enough."""
    kind = cast("object", type(copy))
    if kind is not type(given):
        return False
    if kind is dict:
        return copy.keys() == given.keys() and all(_same(copy[key], given[key]) for key in copy)
    if kind is list:
        return len(copy) == len(given) and all(map(_same, copy, given))
    return bool(copy == given)
