"""Sagas: a state folded from events, and the commands that each event causes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from aett.core.fold import Impossible, a_state
from aett.core.outcome import Result

S = TypeVar("S")
E = TypeVar("E")
C_co = TypeVar("C_co", covariant=True)


@frozen(kw_only=True)
class Saga(Generic[S, E, C_co]):
    """State `S`, events `E`, commands `C`: a process that reacts to what happens.

    name, initial, evolve, state, version: as an `Aggregate`'s.
    react: the commands that an event causes; it sees the state after the event. They are stored
      with the event, in the same commit, and dispatched later, at least once.
    """

    name: str
    initial: S = field(validator=a_state)
    evolve: Callable[[S, E], Result[S, Impossible]]
    react: Callable[[S, E], tuple[C_co, ...]]
    state: Any = field(default=None)
    version: int = 1
