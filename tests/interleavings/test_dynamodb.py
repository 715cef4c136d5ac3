"""DynamoDB's plans keep the laws in every order of their round trips, with crashes and lost replies anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.interleavings.actors import (
    Kind,
    backward_reader,
    checker,
    commit_of,
    purger,
    reader,
    retried,
    visited,
    writer,
)
from tests.simulated.dynamodb import SimulatedDynamo

from aett.adapters.dynamodb.engine import DynamoEngine
from aett.adapters.dynamodb.management import DynamoManagement
from aett.testing.interleaving import Budget, Interleavings


def _engine(nonce: Callable[[], bytes]) -> DynamoEngine:
    return DynamoEngine("t", patience=(), nonce=nonce)


KIND = Kind(_engine, DynamoManagement("t"))
A, B = commit_of("s", 1), commit_of("s", 2)


def check_retries(world: Any, results: Mapping[str, Any]) -> None:
    retried(KIND, world, results, {"A": A, "B": B})
    checker(KIND, "s", "r")(world, results)


@pytest.mark.parametrize(
    ("fault", "remembers"),
    [(Budget(crashes=2), False), (Budget(lost=1), False), (Budget(twice=1), False), (Budget(twice=1), True)],
    ids=str,
)
def test_two_writers_on_one_stream_and_a_reader(fault: Budget, *, remembers: bool) -> None:
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "s", 2), "R": reader(KIND, 1)}
    explored = Interleavings(actors, SimulatedDynamo(remembers=remembers), check_retries, fault).explore()
    assert explored.ends > 10


@pytest.mark.parametrize("fault", [Budget(crashes=1), Budget(lost=1), Budget(twice=1)], ids=str)
def test_two_writers_on_two_streams_and_a_reader(fault: Budget) -> None:
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "r", 2), "R": reader(KIND, 1)}
    Interleavings(actors, SimulatedDynamo(), checker(KIND, "s", "r"), fault).explore()


@pytest.mark.parametrize("fault", [Budget(), Budget(crashes=1), Budget(lost=1)], ids=str)
def test_two_writers_and_a_reader_from_the_log_s_end(fault: Budget) -> None:
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "r", 2), "R": backward_reader(KIND)}
    visited(Interleavings(actors, SimulatedDynamo(), checker(KIND, "s", "r"), fault), many=fault != Budget())


def test_a_tenant_is_listed_whoever_writes_first_and_dies() -> None:
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "r", 2)}
    Interleavings(actors, SimulatedDynamo(listed=None), checker(KIND, "s", "r"), Budget(crashes=2)).explore()


def test_a_retry_beside_the_first_try() -> None:
    actors = {
        "A": writer(KIND, "A", "s", 1, repeats=True),
        "again": writer(KIND, "again", "s", 1, repeats=True),
        "R": reader(KIND, 1),
    }
    Interleavings(actors, SimulatedDynamo(), checker(KIND, "s"), Budget(crashes=1, twice=1)).explore()


@pytest.mark.parametrize("fault", [Budget(), Budget(crashes=1)], ids=str)
def test_a_purge_beside_a_writer_and_a_reader(fault: Budget) -> None:
    actors = {"A": writer(KIND, "A", "s", 1, 2), "P": purger(KIND, "s"), "R": reader(KIND, 1)}
    interleavings = Interleavings(actors, SimulatedDynamo(), checker(KIND, "s", purged=True), fault)
    visited(interleavings, many=fault != Budget())


@pytest.mark.parametrize("seed", range(4))
def test_at_random_beyond(seed: int) -> None:
    actors = {
        "A": writer(KIND, "A", "s", 1, 3),
        "B": writer(KIND, "B", "s", 2, 4),
        "C": writer(KIND, "C", "r", 5, 6),
        "R": reader(KIND, 3),
        "P": purger(KIND, "s"),
    }
    check = checker(KIND, "s", "r", purged=True)
    Interleavings(actors, SimulatedDynamo(), check, Budget(crashes=2, lost=2, twice=2)).wander(100, seed)
