"""Aggregates: a state folded from events, and decisions made on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from aett.core.fold import Impossible, a_state
from aett.core.outcome import Result

S = TypeVar("S")
E = TypeVar("E")
C_contra = TypeVar("C_contra", contravariant=True)
X_co = TypeVar("X_co", covariant=True)


@frozen(kw_only=True)
class Aggregate(Generic[S, C_contra, E, X_co]):
    """State `S`, commands `C`, events `E`, rejections `X`: two pure functions and where they start.

    name: keys snapshots and messages. It does not partition streams: identifiers carry their category.
    initial: the state of a stream without events.
    evolve: the state after an event. It fails, with `Impossible`, only for what cannot follow;
      business rules belong in `decide`, because rules change and history does not.
    decide: the events that a command causes, `accept()` for none, or a rejection of your own type.
    state: the type of all states, where it is more than that of `initial` (a union, say).
      Snapshots are read as this type.
    version: raise it when `evolve` changes its mind: older snapshots are then misses.
    """

    name: str
    initial: S = field(validator=a_state)
    evolve: Callable[[S, E], Result[S, Impossible]]
    decide: Callable[[S, C_contra], Result[tuple[E, ...], X_co]]
    state: Any = field(default=None)
    version: int = 1
