"""Where two values differ, looked at attribute by attribute: `==` may be defined to overlook things."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from aett.core.codec.attributes import names
from aett.core.codec.choice import LEAVES
from aett.core.codec.undecodable import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MISSING = object()
_PLAIN = frozenset((str, int, bool, bytes, type(None)))
"""Those of which equal ones are the same in every respect."""
_TIMES = (dt.datetime, dt.time)
_class_of: Callable[[Any], Any] = type  # For the checkers, which find `type[Unknown]` in `type(value)`.


def difference(written: Any, read: Any) -> str | None:
    """The path and nature of the first difference between a value and what came back, if there is one."""
    cls = _class_of(written)
    if cls is not _class_of(read):
        return None if _is_same_scalar(written, read) else _told(written, read)
    if cls in _PLAIN and written == read:
        return None
    if (attributes := names(cls)) is not None:
        for name in attributes:
            if found := difference(getattr(written, name, _MISSING), getattr(read, name, _MISSING)):
                return f".{name}{found}"
        return None
    if (within := _WITHIN.get(cls)) is not None:
        return within(written, read)
    return None if _is_same_scalar(written, read) else _told(written, read)


def blamed(value: Any, write: Callable[[Any], object], failures: tuple[type[Exception], ...]) -> str:
    """The path within a value of the innermost part that cannot be written."""
    for path, part in _parts(value):
        try:
            write(part)
        except failures:
            return path + blamed(part, write, failures)
    return ""


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    cls = _class_of(value)
    if (attributes := names(cls)) is not None:
        yield from ((f".{name}", getattr(value, name, None)) for name in attributes)
    elif cls is dict:
        yield from ((f"[{shown(key)}]", part) for key, part in value.items())
    elif cls is list or cls is tuple:
        yield from ((f"[{index}]", part) for index, part in enumerate(value))


def _is_same_scalar(written: Any, read: Any) -> bool:
    if isinstance(written, _TIMES) and type(read) in _TIMES:
        return _on_the_clock(written) == _on_the_clock(read)
    # An int may stand for a float, and a scalar of a subclass for one of its base: they are equal.
    if type(written) is type(read) or _stands_for(written, read):
        try:
            return bool(written == read)
        except ArithmeticError:  # A signalling Decimal refuses to be compared.
            return False
    return False


def _on_the_clock(time: Any) -> tuple[Any, ...]:
    # `==` says no to a time that comes twice in its zone, and yes across zones.
    return type(time) is dt.time, time.replace(tzinfo=None), time.tzinfo is None, time.utcoffset()


def _stands_for(written: Any, read: Any) -> bool:
    # Inside a container or a class a subclass may say more than came back, so there types must match.
    return type(read) in LEAVES and (
        isinstance(written, type(read)) or (type(written) is int and type(read) is float)
    )


def _difference_in_sequences(written: Any, read: Any) -> str | None:
    if len(written) != len(read):
        return _told(written, read)
    for index, (one, other) in enumerate(zip(written, read, strict=True)):
        if found := difference(one, other):
            return f"[{index}]{found}"
    return None


def _difference_in_mappings(written: Any, read: Any) -> str | None:
    if written.keys() != read.keys():
        return _told(written, read)
    keys = {key: key for key in read}
    for key, one in written.items():
        if found := difference(key, keys[key]) or difference(one, read[key]):
            return f"[{shown(key)}]{found}"
    return None


def _difference_in_sets(written: Any, read: Any) -> str | None:
    if written != read:
        return _told(written, read)
    items = {item: item for item in read}
    return next((f"[]{found}" for item in written if (found := difference(item, items[item]))), None)


_WITHIN: dict[Any, Callable[[Any, Any], str | None]] = {
    list: _difference_in_sequences,
    tuple: _difference_in_sequences,
    dict: _difference_in_mappings,
    set: _difference_in_sets,
    frozenset: _difference_in_sets,
}


def _told(written: Any, read: Any) -> str:
    one, other = _name(written), _name(read)
    return f": {one} would come back as {f'another {other}' if one == other else other}"


def _name(value: Any) -> str:
    """Of its class: the value itself is the user's, and no message's."""
    if value is _MISSING:
        return "nothing at all"
    endless = type(value) is float and not math.isfinite(value)
    return "float (not a finite one)" if endless else type(value).__name__
