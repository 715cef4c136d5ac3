"""Commuting: whether events that were declared not to conflict really do not, under their own fold.

Needs the `testing` extra (Hypothesis).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from inspect import signature, unwrap
from typing import Any, TypeVar, get_type_hints

from hypothesis import given, note, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from aett.core.codec.annotations import bare, is_union
from aett.core.codec.choice import members
from aett.core.conflict import ConflictDetector
from aett.core.fold import Evolves, fold
from aett.core.outcome import Success
from aett.testing import profiles

S = TypeVar("S")
E = TypeVar("E")


def check_commutes(
    source: Evolves[S, E],
    conflict_detector: ConflictDetector,
    events: Mapping[Any, SearchStrategy[Any]] | None = None,
    *,
    how: settings | None = None,
) -> None:
    """Look for two events that do not conflict, although their order matters.

    From any state that can be reached, for each pair that the detector lets pass and of which each
    could happen alone: both orders are possible, and lead to equal states. (Events of which only one
    fits do conflict: whoever comes second is refused. `conflicts_if` tells which they are.)

    source: an aggregate or a saga. Histories are made of all events that the second parameter of its
      `evolve` is annotated with, and of those of the rules.
    events: strategies for event classes, both for the pairs and for the histories before them; a
      class that is not named here is made by `hypothesis.strategies.from_type`.
    Raises `AssertionError` with the shortest history and pair that it finds, and if for a pair of
    classes with a rule no two possible events that do not conflict were met: nothing would have been checked.
    """
    classes = [cls for rule in conflict_detector.rules for cls in (rule.uncommitted, rule.committed)]
    classes += _annotated(source.evolve)
    strategies: dict[Any, SearchStrategy[Any]] = {cls: st.from_type(cls) for cls in classes}
    strategies |= events or {}
    histories = st.lists(st.one_of(list(strategies.values())), max_size=8)
    pairs = dict.fromkeys((rule.uncommitted, rule.committed) for rule in conflict_detector.rules)
    for uncommitted, committed in pairs:
        met = _check_pair(
            source, conflict_detector, histories, (strategies[uncommitted], strategies[committed]), how
        )
        if not met:
            raise AssertionError(
                f"{source.name}: no {uncommitted.__qualname__} was met that does not conflict with a"
                f" {committed.__qualname__}: drop the rule, or give strategies that make such a pair"
            )


def _annotated(evolve: Any) -> list[type]:
    """The classes of events that a fold says it takes; none if it does not say."""
    function = unwrap(evolve.func if isinstance(evolve, partial) else evolve)
    try:
        hints = get_type_hints(function)
        names = list(signature(function).parameters)
    except (TypeError, ValueError, NameError):  # a class's instance, a builtin, a name that is not there any more
        return []
    if len(names) < 2:  # a state and an event
        return []
    events = bare(hints.get(names[1]))
    return [each for each in (members(events) if is_union(events) else (events,)) if _is_of_the_domain(each)]


def _is_of_the_domain(event: Any) -> bool:
    return isinstance(event, type) and event not in (object, type(None))


def _check_pair(
    source: Evolves[Any, Any],
    conflict_detector: ConflictDetector,
    histories: SearchStrategy[list[Any]],
    pair: tuple[SearchStrategy[Any], SearchStrategy[Any]],
    how: settings | None,
) -> int:
    met = 0

    @(how or settings(profiles.PROFILES[profiles.chosen()], database=None))
    @given(histories, *pair)
    def check(history: list[Any], uncommitted: Any, committed: Any) -> None:
        nonlocal met
        if conflict_detector.conflict(uncommitted, committed):
            return
        met += _check(source, history, uncommitted, committed)

    check()
    return met


def _check(source: Evolves[Any, Any], history: Sequence[Any], uncommitted: Any, committed: Any) -> bool:
    """Whether there was something to compare: an event that cannot happen would not have been written."""
    state, happened = source.initial, list[Any]()
    for event in history:  # What cannot follow does not happen.
        after = fold(source, (event,), state=state)
        if isinstance(after, Success):
            state = after.unwrap()
            happened.append(event)
    if not all(isinstance(fold(source, (each,), state=state), Success) for each in (uncommitted, committed)):
        return False
    one = fold(source, (committed, uncommitted), state=state)
    other = fold(source, (uncommitted, committed), state=state)
    reached = [each.unwrap() if isinstance(each, Success) else None for each in (one, other)]
    note(f"{source.name}: after {happened!r}")
    alike = isinstance(one, Success) and isinstance(other, Success) and reached[0] == reached[1]
    assert alike, (
        f"{source.name}: declared not to conflict, but their order matters."
        f"\n  after             {happened!r}"
        f"\n  first {committed!r}, then {uncommitted!r}:\n    {one!r}"
        f"\n  first {uncommitted!r}, then {committed!r}:\n    {other!r}"
    )
    return True
