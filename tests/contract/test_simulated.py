"""The plans of S3, DynamoDB and MongoDB keep the laws on simulated engines.

A round trip costs nothing here: what is random is tried far more often, and the plans of S3 and DynamoDB are held
to the whole contract. For the state machine their answers are as short as can be, so that every boundary between
two of them is met. That the servers answer as these do is for `test_alike_s3.py`, `test_alike_dynamodb.py` and the
tests on servers to show.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any, Never

import pytest
from attrs import evolve, frozen
from tests.contract.served import LIMIT, ONE_BY_ONE
from tests.contract.stopped import Stopped
from tests.simulated.dynamodb import SimulatedDynamo
from tests.simulated.mongodb import SimulatedMongo
from tests.simulated.s3 import SimulatedS3

from aett.adapters.dynamodb.engine import DynamoEngine
from aett.adapters.dynamodb.management import DynamoManagement
from aett.adapters.dynamodb.registers import DynamoCells
from aett.adapters.dynamodb.snapshots import DynamoSnapshots
from aett.adapters.mongodb.engine import MongoEngine
from aett.adapters.mongodb.management import MongoManagement
from aett.adapters.mongodb.registers import MongoCells
from aett.adapters.mongodb.snapshots import MongoSnapshots
from aett.adapters.s3.engine import S3Engine
from aett.adapters.s3.keys import Space
from aett.adapters.s3.management import S3Management
from aett.adapters.s3.registers import S3Cells
from aett.adapters.s3.snapshots import S3Snapshots
from aett.adapters.store.blocking import (
    CommitStoreFace,
    PersistenceManagementFace,
    RegisterStoreFace,
    Shared,
    SnapshotStoreFace,
)
from aett.adapters.store.commits import Commits
from aett.adapters.store.engine import Engine
from aett.adapters.store.plans import ManagementPlans, SnapshotPlans
from aett.adapters.store.record import Recorder
from aett.adapters.store.registers import Cells, Registers
from aett.testing import Contract, Harness, Place, Traits, run_machine

TRAITS = evolve(ONE_BY_ONE, processes=False, waits=False)
SPACE = Space("b", "")
MOST = 2
"""Of what one answer of S3's or DynamoDB's holds."""


@frozen
class Kind:
    """An engine's plans, and the small engine that they run on."""

    world: Callable[[], Any]
    engine: Engine
    snapshots: SnapshotPlans
    cells: Cells
    management: ManagementPlans
    traits: Traits = TRAITS

    def __reduce__(self) -> Never:
        raise TypeError("what is simulated belongs to its process")

    @property
    def harness(self) -> Harness:
        """The plans under the suite."""
        return Harness("simulated", self.place, self.traits)

    @contextmanager
    def place(self) -> Generator[Place]:
        """A world of its own."""
        perform = one_at_a_time(self.world())
        yield Place(
            commit_store=partial(self._commit_store, perform),
            snapshot_store=lambda: SnapshotStoreFace(self.snapshots, Shared(perform, "SnapshotStore")),
            register_store=lambda: RegisterStoreFace(Registers(self.cells), Shared(perform, "RegisterStore")),
            persistence=lambda: PersistenceManagementFace(
                self.management, Shared(perform, "PersistenceManagement")
            ),
        )

    def _commit_store(
        self, perform: Any, *, topic_map: Any, conflict_detector: Any, page_size: int
    ) -> CommitStoreFace:
        plans = Commits(self.engine, Recorder(topic_map), page_size, conflict_detector)
        return CommitStoreFace(plans, Shared(perform, "CommitStore"))


def one_at_a_time(world: Any) -> Any:
    """Performs the steps of many threads, which the worlds do not know of."""
    turn = Lock()

    def perform(step: Any) -> Any:
        with turn:
            return world(step)

    return perform


def s3(keys: int) -> Kind:
    """S3, with so many keys in an answer."""
    return Kind(
        SimulatedS3,
        S3Engine(SPACE, LIMIT, keys=keys, entries=keys + 1),
        S3Snapshots(SPACE),
        S3Cells(SPACE, keys=keys),
        S3Management(SPACE, keys=keys, entries=keys + 1),
        evolve(TRAITS, numbers_at_commit=False),
    )


def dynamodb(most: int) -> Kind:
    """DynamoDB, with so many items in an answer."""
    return Kind(
        lambda: SimulatedDynamo(listed=None, most=most, remembers=True),
        DynamoEngine("t", LIMIT),
        DynamoSnapshots("t"),
        DynamoCells("t"),
        DynamoManagement("t"),
    )


S3 = s3(MOST)
DYNAMODB = dynamodb(MOST)
MONGODB = Kind(SimulatedMongo, MongoEngine(LIMIT), MongoSnapshots(), MongoCells(), MongoManagement())


@pytest.mark.parametrize("kind", [S3, DYNAMODB, MONGODB], ids=["s3", "dynamodb", "mongodb"])
def test_L1_to_L14_whatever_two_clients_do_they_see_the_model(kind: Kind) -> None:  # noqa: N802  # as the law is called
    run_machine(kind.harness)


class TestS3(Stopped, Contract):
    round_trips = 3

    @pytest.fixture
    def harness(self) -> Harness:
        return s3(100).harness


class TestDynamodb(Stopped, Contract):
    round_trips = 2

    @pytest.fixture
    def harness(self) -> Harness:
        return dynamodb(100).harness
