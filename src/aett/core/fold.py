"""The fold: from a history to the state it leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, cast, get_args

import attrs
from attrs import frozen

from aett.core.outcome import Failure, Outcome, Result, Success
from aett.core.pristine import IMMUTABLE, is_unchanged, pristine

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)


@frozen
class Impossible:
    """What `evolve` fails with: this event cannot follow this state.

    revision: of the event that cannot follow; `fold` fills it in.
    """

    reason: str
    revision: int | None = None


class Stated(Protocol[S_co]):
    """What has a state that can be kept."""

    @property
    def name(self) -> str:
        """Keys snapshots and messages."""
        ...

    @property
    def initial(self) -> S_co:
        """The state before any event."""
        ...

    @property
    def state(self) -> Any:
        """The type of all states, or None for that of `initial`."""
        ...

    @property
    def version(self) -> int:
        """Of the fold: what was kept of another version is not read."""
        ...


class Evolves(Stated[S], Protocol[S, E_contra]):
    """What can be folded: an `Aggregate` or a `Saga`."""

    @property
    def evolve(self) -> Callable[[S, E_contra], Result[S, Impossible]]:
        """The state after an event."""
        ...


def a_state(source: Evolves[Any, Any], _attribute: Any, state: Any) -> None:
    """An attrs validator: the field holds a state to begin with, not a class."""
    if isinstance(state, type):
        raise TypeError(
            f"{source.name}: initial must be a state, as in initial={state.__name__}(), not the class itself"
        )


class _Initial:
    """The mark of a state that was not given: None may be a state."""


INITIAL: Any = _Initial()


def fold(
    source: Evolves[S, E], events: Iterable[E], *, state: S = INITIAL, revision: int = 0
) -> Outcome[S, Impossible]:
    """The state after these events.

    state, revision: where the events begin; by default before the first.
    Stops at the first event that cannot follow, and names its revision in the `Impossible`.
    Raises `TypeError`, naming the event, if `evolve` gives no `Result` or fails with anything else.
    """
    evolve = source.evolve
    current: S = source.initial if state is INITIAL else state
    shared = pristine(source) if current is source.initial else IMMUTABLE
    for event in events:
        revision += 1
        result = evolve(current, event)
        # The exact type is asked for because it is several times faster than `.bind` and its like.
        if type(result) is not Success:
            return Failure(_impossible(source.name, event, result, revision))
        after = cast("Any", result.unwrap())
        if after is None and source.initial is not None and not may_be_none(source.state):
            raise TypeError(f"{source.name}: evolve gave Success(None) for the {_at(event, revision)}")
        current = after  # pyright: ignore[reportAssignmentType]  # whatever it is, it may be S
    if shared is not IMMUTABLE and not is_unchanged(shared, source.initial):
        raise TypeError(
            f"{source.name}: evolve changed the initial state, which all streams share: it must give a new one"
        )
    return Success(current)


def may_be_none(state: Any) -> bool:
    """Whether the declared type of the states holds None."""
    return state in (Any, object, type(None)) or type(None) in get_args(state)


def _at(event: object, revision: int) -> str:
    return f"{type(event).__name__} at revision {revision}"


def _impossible(name: str, event: object, result: object, revision: int) -> Impossible:
    match result:
        case Failure(Impossible() as impossible):
            return attrs.evolve(impossible, revision=revision)
        case _:
            raise TypeError(
                f"{name}: evolve must give Success(state) or Failure(Impossible(...)),"
                f" but gave {type(result).__name__} for the {_at(event, revision)}: if that is no event of"
                f" {name}'s, two kinds share a stream, for all kinds of a tenant have their stream ids in common"
            )
