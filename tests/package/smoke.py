"""What somebody does first who has installed aett: it runs and is typed, in an environment with nothing else."""

from __future__ import annotations

from attrs import frozen

import aett
from aett import (
    Aggregate,
    DefaultAggregateRepository,
    Impossible,
    Result,
    Success,
    Topic,
    TopicMap,
    accept,
    connect,
)


@Topic("counted")
@frozen
class Counted:
    by: int


def evolve(total: int, event: Counted) -> Result[int, Impossible]:
    return Success(total + event.by)


def decide(total: int, by: int) -> Result[tuple[Counted, ...], str]:
    del total
    return accept(Counted(by))


COUNTER = Aggregate(name="counter", initial=0, evolve=evolve, decide=decide)


def counted(url: str) -> int:
    with connect(url, topic_map=TopicMap(Counted)) as stores:
        stores.management.initialize()
        counters = DefaultAggregateRepository("tenant", store=stores.commits)
        for by in (1, 2):
            counters.execute(COUNTER, "counter", by).unwrap()
        (first, second) = stores.commits.get("tenant", "counter")
        assert (first.bodies, second.bodies) == ((Counted(1),), (Counted(2),))
        return counters.get(COUNTER, "counter").unwrap().state


if __name__ == "__main__":
    for url in ("memory://", "sqlite:///smoke.db"):
        assert counted(url) == 3
    print(f"aett works, from {aett.__file__}")
