"""How the store makes a frozen value anew without asking it to justify itself a second time."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import attrs

T = TypeVar("T")

_set = object.__setattr__


@cache
def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in attrs.fields(cls))


def changed(value: T, name: str, content: Any) -> T:
    """The same attrs value with another content of one attribute, which is as it must be."""
    cls: type[Any] = value.__class__
    made = object.__new__(cls)
    for each in _names(cls):  # type: ignore[arg-type]  # classes have hashes
        _set(made, each, content if each == name else getattr(value, each))
    return made  # type: ignore[no-any-return]  # it is of the same class


def restore(cls: type[T], fields: dict[str, Any]) -> T:
    """An instance of an attrs class with exactly these attributes; no converter, validator or hook runs.

    Validators guard the making of new values. What is stored was valid when it was written,
    and stays readable when the rules change.
    """
    value = object.__new__(cls)
    for name, content in fields.items():
        _set(value, name, content)
    return value
