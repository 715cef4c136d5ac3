"""Projections: a state folded from a tenant's whole log, as an aggregate's is from one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from aett.core import identifier
from aett.core.fold import INITIAL, a_state, may_be_none
from aett.core.number import at_least_one
from aett.core.pristine import IMMUTABLE, is_unchanged, pristine
from aett.core.recorded import Recorded
from aett.core.topic_map import TopicMap

S = TypeVar("S")
E = TypeVar("E")


def topics_of(topics: Any) -> TopicMap:
    """An attrs converter: a topic map, or the classes, or unions of them, of which one is made."""
    if isinstance(topics, TopicMap):
        return topics
    return TopicMap(*topics) if isinstance(topics, (tuple, list, set, frozenset)) else TopicMap(topics)


@frozen(kw_only=True)
class Projection(Generic[S, E]):
    """State `S` folded from events `E` of a tenant's log, by a pure function. Who keeps it is a runner.

    name: of its register; 1 to 100 bytes, without a slash.
    topics: the events that it wants, a `TopicMap` or their class or union; it sees no others.
    initial: the state before any event.
    project: the state after an event. It must not fail: what has happened has happened.
    state: the type of all states, where it is more than that of `initial` (a union, say).
    version: raise it when `project` changes its mind, or the state its shape: it is then folded anew, beside the
      version of before.
    """

    name: str = field(validator=identifier.follower)
    topics: TopicMap = field(converter=topics_of)
    initial: S = field(validator=a_state)
    project: Callable[[S, Recorded[E]], S]
    state: Any = field(default=None)
    version: int = field(default=1, validator=at_least_one)


def project(projection: Projection[S, E], events: Iterable[Recorded[E]], *, state: S = INITIAL) -> S:
    """The state after these events, which begin at a state; by default before the first.

    Raises `TypeError`, naming the event, if `project` gives nothing, or changes the initial state.
    """
    function = projection.project
    current: S = projection.initial if state is INITIAL else state
    shared = pristine(projection) if current is projection.initial else IMMUTABLE
    for each in events:
        current = function(current, each)
        if current is None and projection.initial is not None and not may_be_none(projection.state):
            raise TypeError(f"{projection.name}: project gave None for the {_at(each)}")
    if shared is not IMMUTABLE and not is_unchanged(shared, projection.initial):
        raise TypeError(f"{projection.name}: project changed the initial state: it must give a new one")
    return current


def _at(recorded: Recorded[Any]) -> str:
    return f"{type(recorded.event).__name__} at checkpoint {recorded.checkpoint}, index {recorded.index}"
