"""The state that all streams begin with: whether it can be changed, and whether it was."""

from __future__ import annotations

import copy
import weakref
from typing import Any, Final, Protocol

IMMUTABLE: Final[Any] = object()
"""Stands for an initial state that nobody can change."""

_kept: dict[int, Any] = {}


class Begins(Protocol):
    """What has an initial state."""

    @property
    def initial(self) -> Any:
        """The state before any event."""
        ...


def pristine(source: Begins) -> Any:
    """A copy of the initial state as it first was; `IMMUTABLE` if there is no need, or no way."""
    key = id(source)
    if key not in _kept:
        try:
            weakref.finalize(source, _kept.pop, key, None)
        except TypeError:  # of a class of the caller's that keeps no weak references
            return IMMUTABLE
        _kept[key] = _copied(source.initial)
    return _kept[key]


def is_unchanged(one: Any, other: Any) -> bool:
    """Whether two copies of a state are the same, also where the class does not say when they are equal."""
    return bool(one == other if _says(one, "__eq__") else _content(one) == _content(other))


def _says(state: Any, name: str) -> bool:
    """Whether the class has this method of its own, and not that of every object."""
    return getattr(state.__class__, name, None) is not getattr(object, name)


def _content(state: Any) -> dict[str, Any]:
    slots = [name for base in type(state).__mro__ for name in vars(base).get("__slots__", ())]
    return {**getattr(state, "__dict__", {}), **{name: getattr(state, name, None) for name in slots}}


def _copied(state: Any) -> Any:
    if _says(state, "__hash__"):
        try:
            hash(state)
        except TypeError:
            pass
        else:
            return IMMUTABLE  # who has a hash by content does not change
    elif not _content(state):
        return IMMUTABLE
    try:
        return copy.deepcopy(state)
    except Exception:  # noqa: BLE001  # a state may hold whatever it likes
        return IMMUTABLE
