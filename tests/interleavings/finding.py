"""What the scheduler finds when a plan, or an engine, is broken on purpose."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from tests.interleavings.actors import Kind, checker

from aett.testing.interleaving import Budget, Interleavings, Misbehaved, Program, Simulated


def found(
    actors: Mapping[str, Program],
    law: str,
    *,
    kind: Kind,
    world: Simulated,
    fault: Budget = Budget(),  # noqa: B008  # frozen
    purged: bool = False,
) -> tuple[str, ...]:
    """A schedule that breaks this law: one of a hundred at random, or the first of all."""
    check = checker(kind, "s", "r", purged=purged)
    interleavings = Interleavings(actors, world, check, fault)
    try:
        interleavings.wander(100)
    except Misbehaved as misbehaved:
        if re.search(law, str(misbehaved)):
            return misbehaved.schedule
    with pytest.raises(Misbehaved, match=law) as caught:
        interleavings.explore()
    return caught.value.schedule
