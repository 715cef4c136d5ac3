"""Racing: the races run by threads, by tasks and by processes, each bounded in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from attrs import frozen

from aett.core.plan import Step, arun, run
from aett.ports.commit_store import AsyncCommitStore, CommitStore
from aett.testing.clients import PAGE_SIZE, Clients
from aett.testing.harness import Place
from aett.testing.processes import Processes, Tell
from aett.testing.races import TENANT, Append, Follower, Race, ReadLog, Rest, judge, write
from aett.testing.samples import CONFLICTS, TOPICS
from aett.testing.traits import Traits

A = TypeVar("A")


@frozen
class Performer:
    """Performs the steps of a race on a store."""

    store: CommitStore

    def __call__(self, step: Step[A], /) -> A:
        """Ask the store."""
        asked: Any = step
        answer: Any = None
        match asked:
            case Append(commit):
                answer = self.store.commit(commit)
            case ReadLog(after):
                answer = list(self.store.get_from(TENANT, after))
            case Rest(seconds):
                time.sleep(seconds)
            case _:
                raise TypeError(f"a race has no {type(step).__name__}")
        return answer  # type: ignore[no-any-return]  # the step says what it is


@frozen
class AsyncPerformer:
    """Performs the steps of a race on an async store."""

    store: AsyncCommitStore

    async def __call__(self, step: Step[A], /) -> A:
        """Ask the store."""
        asked: Any = step
        answer: Any = None
        match asked:
            case Append(commit):
                answer = await self.store.commit(commit)
            case ReadLog(after):
                answer = [each async for each in self.store.get_from(TENANT, after)]
            case Rest(seconds):
                await asyncio.sleep(seconds)
            case _:
                raise TypeError(f"a race has no {type(step).__name__}")
        return answer  # type: ignore[no-any-return]  # the step says what it is


def race_threads(clients: Clients, race: Race) -> int:
    """Threads; every other writer shares its store with the reader. Gives the number of refusals."""
    place = Performer(clients.one.commits)
    own = [Performer(clients.connect().commits) for _ in range(race.writers)]
    follower = Follower(race.total, race.seconds)
    with ThreadPoolExecutor(race.writers + 1) as pool:
        reading = pool.submit(run, follower.follow(), place)
        writing = [
            pool.submit(run, write(race, writer), own[writer] if writer % 2 else place)
            for writer in range(race.writers)
        ]
        refusals = sum(each.result() for each in writing)
        seen = reading.result()
    _judge(clients, race, seen)
    return refusals


def race_tasks(clients: Clients, race: Race) -> int:
    """Tasks; every other writer shares its store with the reader. Gives the number of refusals."""

    async def everybody() -> tuple[list[int], int]:
        async with AsyncExitStack() as stack, asyncio.timeout(2 * race.seconds):
            stores = [_async_store(clients.place) for _ in range(race.writers + 1)]
            for store in stores:
                await stack.enter_async_context(store)
            own = [AsyncPerformer(store) for store in stores]
            follower = Follower(race.total, race.seconds)
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(arun(follower.follow(), own[-1]))
                writing = [
                    group.create_task(arun(write(race, writer), own[writer if writer % 2 else -1]))
                    for writer in range(race.writers)
                ]
            return reading.result(), sum(each.result() for each in writing)

    seen, refusals = asyncio.run(everybody())
    _judge(clients, race, seen)
    return refusals


def _async_store(place: Place) -> Any:
    return place.commit_store(topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=PAGE_SIZE)


def race_processes(clients: Clients, race: Race) -> int:
    """Processes, the reader in one of its own. Gives the number of refusals."""
    works: list[Callable[..., Any]] = [_write] * race.writers + [_follow]
    with Processes([(work, clients.place, race, index) for index, work in enumerate(works)]) as processes:
        *refusals, seen = processes.results(2 * race.seconds)
    _judge(clients, race, seen)
    return sum(refusals)


def _write(_: Tell, place: Place, race: Race, writer: int) -> int:
    return _in_a_process(place, lambda perform: run(write(race, writer), perform))


def _follow(_: Tell, place: Place, race: Race, __: int) -> list[int]:
    return _in_a_process(place, lambda perform: run(Follower(race.total, race.seconds).follow(), perform))


def _in_a_process(place: Place, work: Callable[[Performer], A]) -> A:
    clients = Clients(place, Traits())
    try:
        return work(Performer(clients.one.commits))
    finally:
        clients.close()


def _judge(clients: Clients, race: Race, seen: list[int]) -> None:
    reader = clients.connect(page_size=256).commits
    streams = [list(reader.get(TENANT, race.stream(number))) for number in range(race.streams)]
    judge(race, seen, list(reader.get_from(TENANT)), streams)
