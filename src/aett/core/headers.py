"""Headers: JSON metadata of an event or a commit, copied and frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

import attrs

from aett.core.errors import InvalidCommit
from aett.core.restoring import restore

Headers: TypeAlias = Mapping[str, Any]

EMPTY: Final[Headers] = MappingProxyType({})

_SHOWN: Final = 40
_PLAIN: Final = (str, int, float, bool, type(None))


def freeze(headers: Headers) -> Headers:
    """A copy of its own, which the caller's later changes cannot reach.

    Raises `InvalidCommit` if the headers would not come back equal from JSON.
    """
    if headers is EMPTY:
        return EMPTY
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
        raise InvalidCommit(f"headers are not JSON: {_blamed(plain)}") from error
    if not _same(copy, plain):
        raise InvalidCommit(f"headers would not come back equal from JSON: {_blamed(plain)}")
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


def _blamed(headers: Mapping[Any, Any]) -> str:
    """Which header, and what is wrong with its type: never what it holds, which may be a token."""
    try:
        return _fault(headers, "") or "some text or number within"
    except RecursionError:
        return "they are nested too deeply"


def _fault(value: Any, path: str) -> str | None:
    kind = cast("type[object]", type(value))
    if kind is dict:
        for key, part in value.items():
            if type(key) is not str:
                return f"{path or 'the mapping'} has a key of type {type(key).__name__}, which must be str"
            if found := _fault(part, f"{path}[{key[:_SHOWN]!r}]"):
                return found
    elif kind is list:
        return next(
            (found for index, part in enumerate(value) if (found := _fault(part, f"{path}[{index}]"))), None
        )
    elif kind is float and not isfinite(value):
        return f"{path} is not a finite number"
    elif kind not in _PLAIN:
        return f"{path} is of type {kind.__name__}"
    return None


def reduced(value: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The `__reduce__` of an attrs class with frozen headers: a proxy can be neither pickled nor copied."""
    cls: type[Any] = value.__class__
    fields: dict[str, Any] = {each.name: getattr(value, each.name) for each in attrs.fields(cls)}
    return _remade, (cls, fields | {"headers": dict(value.headers)})


def _remade(cls: type[Any], fields: dict[str, Any]) -> Any:
    return restore(cls, fields | {"headers": MappingProxyType(fields["headers"])})
