"""A simulated engine is compared with its server: the same random requests are made of both.

1. The requests are the plans' own, at random, each made of both sides one after another; the keys are such as sort
   oddly or must be escaped.
2. What a server may choose is left out; every other answer must be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from aett.core.plan import Step
from aett.testing import Harness
from aett.testing.awaited import AwaitedCommitStore
from aett.testing.clients import Clients, opened

Performer: TypeAlias = Callable[[Step[Any]], Any]

Request: TypeAlias = Sequence[Any]
"""The name of a side's method, and its arguments."""


def compare(
    harness: Harness, requests: st.SearchStrategy[Request], sides: Callable[[Clients, int], tuple[Any, Any]]
) -> None:
    """Make random requests of the server's side and of the simulated one, at a fresh place for each example.

    sides: given the place's clients and how many a page may have.
    """

    # A request is slow: what fails is short enough to be read as it is.
    @settings(max_examples=settings().max_examples // 10, phases=[Phase.generate])
    @given(made=st.lists(requests, min_size=15, max_size=30), most=st.integers(1, 4))
    def answer_alike(made: list[Request], most: int) -> None:
        with opened(harness) as clients:
            server, simulated = sides(clients, most)
            for which, *arguments in made:
                theirs, ours = (getattr(side, which)(*arguments) for side in (server, simulated))
                assert theirs == ours, f"{which}{tuple(arguments)}: the server answers {theirs!r}, not {ours!r}"

    answer_alike()


def performer_of(commits: Any) -> Performer:
    """The driver's of this store, which the suite may have on a loop."""
    if isinstance(commits, AwaitedCommitStore):
        store: Any = commits.store
        return lambda step: commits.loop.wait(store._performer(step))
    performer: Performer = commits._performer
    return performer
