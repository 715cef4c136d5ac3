"""Racing: the races run by threads, by tasks and by processes, each bounded in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from typing import Any, TypeVar

from attrs import frozen

from aett.core.plan import Plan, Step, arun, run
from aett.ports.commit_store import AsyncCommitStore, CommitStore
from aett.testing.clients import PAGE_SIZE, Clients
from aett.testing.harness import Place
from aett.testing.processes import Processes, Talk
from aett.testing.races import TENANT, Append, Follower, Race, ReadLog, Rest, Written, judge, total, write
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
    """Threads; every other writer shares its store with the readers. Gives the number of refusals."""
    place = Performer(clients.one.commits)
    own = [Performer(clients.connect().commits) for _ in range(race.writers)]
    announced = _Announced()
    with ThreadPoolExecutor(race.writers + race.readers) as pool:
        reading = [pool.submit(run, announced.following(race), place) for _ in range(race.readers)]
        writing = [
            pool.submit(run, write(race, writer), own[writer] if writer % 2 else place)
            for writer in range(race.writers)
        ]
        with announced.when_over():
            written = [each.result() for each in writing]
            announced.total = total(written)
        seen = [each.result() for each in reading]
    return _judge(clients, race, written, seen)


def race_tasks(clients: Clients, race: Race) -> int:
    """Tasks; every other writer shares its store with the readers. Gives the number of refusals."""

    async def everybody() -> tuple[list[Written], list[list[int]]]:
        async with AsyncExitStack() as stack, asyncio.timeout(race.seconds + 2 * race.patience):
            stores = [_async_store(clients.place) for _ in range(race.writers + 1)]
            for store in stores:
                await stack.enter_async_context(store)
            own = [AsyncPerformer(store) for store in stores]
            announced = _Announced()
            async with asyncio.TaskGroup() as group:
                reading = [
                    group.create_task(arun(announced.following(race), own[-1])) for _ in range(race.readers)
                ]
                writing = [
                    group.create_task(arun(write(race, writer), own[writer if writer % 2 else -1]))
                    for writer in range(race.writers)
                ]
                written = await asyncio.gather(*writing)
                announced.total = total(written)
            return written, [each.result() for each in reading]

    written, seen = asyncio.run(everybody())
    return _judge(clients, race, written, seen)


class _Announced:
    """How many commits a race has come to, for its readers, once its writers have ended."""

    def __init__(self) -> None:
        self.total: int | None = None

    @contextmanager
    def when_over(self) -> Generator[None]:
        """The writers may have failed: readers then wait for nothing more."""
        try:
            yield
        finally:
            self.total = self.total or 0

    def following(self, race: Race) -> Plan[list[int]]:
        """A reader of the race."""
        return Follower(lambda: self.total, race.patience).follow()


def _async_store(place: Place) -> Any:
    return place.commit_store(topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=PAGE_SIZE)


def race_processes(clients: Clients, race: Race) -> int:
    """Processes, each reader in one of its own. Gives the number of refusals."""
    works: list[Callable[..., Any]] = [_write] * race.writers + [_follow] * race.readers
    writers, readers = range(race.writers), range(race.writers, race.writers + race.readers)
    with Processes([(work, clients.place, race, index) for index, work in enumerate(works)]) as processes:
        written = [processes.receive(index, race.seconds + race.patience) for index in writers]
        for index in readers:
            processes.send(index, total(written))
        seen = [processes.receive(index, 2 * race.patience) for index in readers]
    return _judge(clients, race, written, seen)


def _write(_: Talk, place: Place, race: Race, writer: int) -> Written:
    return _in_a_process(place, lambda perform: run(write(race, writer), perform))


def _follow(talk: Talk, place: Place, race: Race, _: int) -> list[int]:
    announced = _Announced()

    def expected() -> int | None:
        if announced.total is None and talk.is_spoken_to():
            announced.total = talk.listen()
        return announced.total

    return _in_a_process(place, lambda perform: run(Follower(expected, race.patience).follow(), perform))


def _in_a_process(place: Place, work: Callable[[Performer], A]) -> A:
    clients = Clients(place, Traits())
    try:
        return work(Performer(clients.one.commits))
    finally:
        clients.close()


def _judge(clients: Clients, race: Race, written: list[Written], seen: list[list[int]]) -> int:
    reader = clients.connect(page_size=256).commits
    streams = [list(reader.get(TENANT, race.stream(number))) for number in range(race.streams)]
    judge(race, written, seen, list(reader.get_from(TENANT)), streams)
    return sum(each.refusals for each in written)
