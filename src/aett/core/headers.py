"""Headers: JSON metadata of an event or a commit, copied and frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

import attrs

from aett.core.errors import InvalidCommit
from aett.core.restoring import restore

Headers: TypeAlias = Mapping[str, Any]

EMPTY: Final[Headers] = MappingProxyType({})


def freeze(headers: Headers) -> Headers:
    """A copy of its own, which the caller's later changes cannot reach.

    Raises `InvalidCommit` if the headers would not come back equal from JSON.
    """
    if not isinstance(headers, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidCommit(f"headers must be a mapping, not {type(headers).__name__}")
    if not headers:
        return EMPTY
    # What encodes is loaded when something is encoded: `import aett` is to be quick.
    import msgspec  # noqa: PLC0415

    plain = dict(headers)
    try:
        copy = msgspec.json.decode(msgspec.json.encode(plain))
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


def reduced(value: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The `__reduce__` of an attrs class with frozen headers: a proxy can be neither pickled nor copied."""
    cls: type[Any] = value.__class__
    fields: dict[str, Any] = {each.name: getattr(value, each.name) for each in attrs.fields(cls)}
    return _remade, (cls, fields | {"headers": dict(value.headers)})


def _remade(cls: type[Any], fields: dict[str, Any]) -> Any:
    return restore(cls, fields | {"headers": MappingProxyType(fields["headers"])})
