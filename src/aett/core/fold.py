"""The fold: from a history to the state it leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, cast

import attrs
from attrs import frozen

from aett.core.outcome import Failure, Outcome, Result, Success

S = TypeVar("S")
E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)


@frozen
class Impossible:
    """What `evolve` fails with: this event cannot follow this state.

    revision: of the event that cannot follow; `fold` fills it in.
    """

    reason: str
    revision: int | None = None


class Evolves(Protocol[S, E_contra]):
    """What can be folded: an `Aggregate` or a `Saga`."""

    @property
    def name(self) -> str:
        """Keys snapshots and messages."""
        ...

    @property
    def initial(self) -> S:
        """The state before any event."""
        ...

    @property
    def evolve(self) -> Callable[[S, E_contra], Result[S, Impossible]]:
        """The state after an event."""
        ...

    @property
    def state(self) -> Any:
        """The type of all states, or None for that of `initial`."""
        ...

    @property
    def version(self) -> int:
        """Of the fold: snapshots of another version are misses."""
        ...


class _Initial:
    """The mark of a state that was not given: None may be a state."""


_INITIAL: Any = _Initial()


def fold(
    source: Evolves[S, E], events: Iterable[E], *, state: S = _INITIAL, revision: int = 0
) -> Outcome[S, Impossible]:
    """The state after these events.

    state, revision: where the events begin; by default before the first.
    Stops at the first event that cannot follow, and names its revision in the `Impossible`.
    Raises `TypeError`, naming the event, if `evolve` gives no `Result` or fails with anything else.
    """
    evolve = source.evolve
    current: S = source.initial if state is _INITIAL else state
    for event in events:
        revision += 1
        result = evolve(current, event)
        # The exact type is asked for because it is several times faster than `.bind` and its like.
        if type(result) is Success:
            current = cast("S", result.unwrap())
        else:
            return Failure(_impossible(source.name, event, result, revision))
    return Success(current)


def _impossible(name: str, event: object, result: object, revision: int) -> Impossible:
    match result:
        case Failure(Impossible() as impossible):
            return attrs.evolve(impossible, revision=revision)
        case _:
            raise TypeError(
                f"{name}: evolve must give Success(state) or Failure(Impossible(...)),"
                f" but gave {type(result).__name__} for the {type(event).__name__} at revision {revision}"
            )
