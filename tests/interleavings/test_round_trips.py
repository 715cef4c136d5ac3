"""How many round trips appending and reading are: counted, on the plans of the engines that are no SQL."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import pytest
from attrs import field, frozen
from tests.interleavings import test_dynamodb, test_mongodb, test_s3
from tests.interleavings.actors import TENANT, Kind, read
from tests.simulated.dynamodb import SimulatedDynamo
from tests.simulated.mongodb import SimulatedMongo
from tests.simulated.s3 import SimulatedS3

from aett import MAX_REVISION, Head
from aett.adapters.store.commits import Commits
from aett.adapters.store.reading import Reading
from aett.adapters.store.record import Recorder
from aett.core.plan import Plan, Step, run
from aett.testing.samples import CONFLICTS, TOPICS, Noted, at

PAGE, COMMITS = 10, 25
"""So that there are three pages."""


@frozen
class Trips:
    """How many: of an append after the first; of a stream's page, of one of the log, of the head, of an id."""

    append: int
    page: int
    log_page: int
    head: int
    find: int


EXPECTED: Final = {
    "mongodb": (test_mongodb.KIND, SimulatedMongo, Trips(append=3, page=1, log_page=1, head=1, find=1)),
    # The log has the keys of its commits, and they are fetched together.
    "dynamodb": (test_dynamodb.KIND, SimulatedDynamo, Trips(append=2, page=1, log_page=2, head=1, find=2)),
    # A listing, and the page's objects together; the log's, by the objects that number them.
    "s3": (test_s3.KIND, SimulatedS3, Trips(append=3, page=2, log_page=3, head=3, find=2)),
}


@frozen
class Counting:
    """Performs on a simulated engine, and keeps what was asked."""

    world: Any
    steps: list[Step[Any]] = field(factory=list[Step[Any]])

    def __call__(self, step: Step[Any], /) -> Any:
        self.steps.append(step)
        return self.world(step)

    def trips(self, plan: Plan[Any]) -> int:
        before = len(self.steps)
        run(plan, self)
        return len(self.steps) - before

    def second(self, reading: Reading[Any]) -> int:
        """Of the second page: the first may have to look where the log ends."""
        first = run(reading.fetch(reading.start), self)
        return self.trips(reading.fetch(first.following))


@pytest.mark.parametrize("engine", EXPECTED)
def test_what_is_done_is_so_many_round_trips(engine: str) -> None:
    kind, world, expected = EXPECTED[engine]
    counting = Counting(world())
    commits = _small_pages(kind)
    head, appends = Head(TENANT, "s"), list[int]()
    for number in range(COMMITS):
        commit = head.commit(Noted("x"), commit_id=UUID(int=number + 1), stamp=at(number))
        appends.append(counting.trips(commits.commit(commit)))
        head = Head.after(commit)
    run(read(commits.get_from(TENANT, 0)), counting)  # where readers number what is stored, they have
    found = Trips(
        append=max(appends[1:]),
        page=counting.second(commits.get(TENANT, "s", 1, MAX_REVISION)),
        log_page=counting.second(commits.get_from(TENANT, 0)),
        head=counting.trips(commits.head(TENANT, "s")),
        find=counting.trips(commits.find(TENANT, "s", UUID(int=3))),
    )
    assert found == expected
    assert max(appends) == expected.append, f"{appends}: they grow with the stream"


def _small_pages(kind: Kind) -> Commits:
    return Commits(kind.commits("w").engine, Recorder(TOPICS), PAGE, CONFLICTS)
