"""How the store makes a frozen value anew without asking it to justify itself a second time."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")

_set = object.__setattr__


def restore(cls: type[T], fields: dict[str, Any]) -> T:
    """An instance of an attrs class with exactly these attributes; no converter, validator or hook runs.

    Validators guard the making of new values. What is stored was valid when it was written,
    and stays readable when the rules change.
    """
    value = object.__new__(cls)
    for name, content in fields.items():
        _set(value, name, content)
    return value
