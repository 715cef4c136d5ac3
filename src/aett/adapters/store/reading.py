"""Reading by pages: nothing is held between two pages, and memory is bounded by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeAlias, TypeVar

from attrs import frozen

from aett.core.plan import Plan

T_co = TypeVar("T_co", covariant=True)

PAGE_SIZE: Final = 256
"""Commits read at once, unless a store is told otherwise."""

Cursor: TypeAlias = Any
"""Where a page begins; each engine's own."""


@frozen
class Fetched(Generic[T_co]):
    """What one page held, and where the next one begins: None after the last."""

    items: Sequence[T_co]
    following: Cursor | None


@frozen
class Reading(Generic[T_co]):
    """A read that has not begun: its first cursor, and the plan of a page at a cursor."""

    start: Cursor
    fetch: Callable[[Cursor], Plan[Fetched[T_co]]]
