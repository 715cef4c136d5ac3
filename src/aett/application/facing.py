"""Faces: whether stores are blocking or awaited, asked before anything is done with them."""

from __future__ import annotations

import inspect

_METHODS = ("commit", "add", "put")
"""One of each port, by which it is told."""


def blocking_stores(whose: str, *stores: object) -> None:
    """Refuse async stores: `TypeError`. whose: a repository, a runner."""
    for store in stores:
        if _is_awaited(store):
            raise TypeError(f"{type(store).__name__} is an async store, for {whose} whose name begins with Async")


def awaiting_stores(whose: str, *stores: object) -> None:
    """Refuse sync stores: `TypeError`."""
    for store in stores:
        if _is_awaited(store) is False:
            raise TypeError(
                f"{type(store).__name__} is a sync store, for {whose} whose name does not begin with Async"
            )


def _is_awaited(store: object) -> bool | None:
    """Whether a store is awaited; None if nothing tells, as of a double of the caller's, or of none."""
    methods = (getattr(store, name, None) for name in _METHODS)
    if any(map(inspect.iscoroutinefunction, methods)) or hasattr(type(store), "__aenter__"):
        return True
    return False if hasattr(type(store), "__enter__") else None
