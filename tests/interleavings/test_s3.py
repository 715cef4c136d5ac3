"""S3's plans keep the laws in every order of their round trips, with crashes and lost replies anywhere."""

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
    retried_late,
    visited,
    writer,
)
from tests.simulated.s3 import SimulatedS3

from aett.adapters.s3.engine import S3Engine
from aett.adapters.s3.keys import Space
from aett.adapters.s3.management import S3Management
from aett.testing.interleaving import Budget, Interleavings

SPACE = Space("b", "")


def kind_of(keys: int) -> Kind:
    """The engine with so many keys in a page of a listing."""

    def engine(nonce: Callable[[], bytes]) -> S3Engine:
        return S3Engine(SPACE, nonce=nonce, keys=keys)

    return Kind(engine, S3Management(SPACE, keys=keys), numbers_at_commit=False)


KIND = kind_of(1000)
A, B = commit_of("s", 1), commit_of("s", 2)


def check_retries(world: Any, results: Mapping[str, Any]) -> None:
    retried(KIND, world, results, {"A": A, "B": B})
    checker(KIND, "s", "r")(world, results)


FAULTS = pytest.mark.parametrize("fault", [Budget(crashes=1), Budget(lost=1), Budget(twice=1)], ids=str)
KEYS = pytest.mark.parametrize("keys", [1000, 1])


@FAULTS
def test_two_writers_on_one_stream_and_a_sequencer(fault: Budget) -> None:
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "s", 2), "R": reader(KIND, 1)}
    visited(Interleavings(actors, SimulatedS3(), check_retries, fault), many=fault == Budget(lost=1))


@pytest.mark.parametrize("fault", [Budget(), Budget(crashes=1), Budget(lost=1)], ids=str)
def test_two_writers_and_a_reader_from_the_log_s_end(fault: Budget) -> None:
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "r", 2), "R": backward_reader(KIND)}
    visited(Interleavings(actors, SimulatedS3(), checker(KIND, "s", "r"), fault), many=True)


@KEYS
@FAULTS
def test_two_writers_on_two_streams_and_a_sequencer(fault: Budget, keys: int) -> None:
    kind = kind_of(keys)
    actors = {"A": writer(kind, "A", "s", 1), "B": writer(kind, "B", "r", 2), "R": reader(kind, 1)}
    visited(Interleavings(actors, SimulatedS3(), checker(kind, "s", "r"), fault), many=fault == Budget(lost=1))


@KEYS
def test_a_stream_that_grows_under_two_sequencers(keys: int) -> None:
    kind = kind_of(keys)
    actors = {"A": writer(kind, "A", "s", 1, 2), "R": reader(kind, 1), "Q": reader(kind, 2)}
    visited(Interleavings(actors, SimulatedS3(), checker(kind, "s"), Budget(crashes=1)), many=True)


def test_a_retry_beside_the_first_try_and_a_sequencer() -> None:
    actors = {
        "A": writer(KIND, "A", "s", 1, repeats=True),
        "again": writer(KIND, "again", "s", 1, repeats=True),
        "R": reader(KIND, 2),
    }
    visited(Interleavings(actors, SimulatedS3(), checker(KIND, "s"), Budget(crashes=1)), many=True)


def test_a_retry_long_after_the_first_try() -> None:
    retried_late(KIND, SimulatedS3())


@KEYS
@pytest.mark.parametrize("fault", [Budget(), Budget(crashes=1)], ids=str)
def test_a_purge_beside_a_writer_and_a_sequencer(fault: Budget, keys: int) -> None:
    kind = kind_of(keys)
    actors = {"A": writer(kind, "A", "s", 1, 2), "P": purger(kind, "s"), "R": reader(kind, 1)}
    visited(Interleavings(actors, SimulatedS3(), checker(kind, "s", purged=True), fault), many=True)


@KEYS
@pytest.mark.parametrize("seed", range(3))
def test_at_random_beyond(seed: int, keys: int) -> None:
    kind = kind_of(keys)
    actors = {
        "A": writer(kind, "A", "s", 1, 3),
        "B": writer(kind, "B", "s", 2, 4),
        "C": writer(kind, "C", "r", 5, 6),
        "R": reader(kind, 2),
        "Q": reader(kind, 2),
        "P": purger(kind, "s"),
    }
    check = checker(kind, "s", "r", purged=True)
    Interleavings(actors, SimulatedS3(), check, Budget(crashes=2, lost=2, twice=2)).wander(60, seed)
