"""MongoDB, DynamoDB and S3: beside the same requests, made once more by the bare client.

1. Commits are appended and read; every request is kept.
2. The place is emptied, and the same requests are made on it again, which are answered as they were; what is read
   is parsed into dictionaries.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib import import_module
from typing import Any, Final

from attrs import frozen

from aett import Commit
from aett.adapters.aws.call import Call, Calls
from aett.core.plan import Step
from aett.testing.samples import TOPICS
from benchmarks.appending import TENANT, chain
from benchmarks.case import Case, Sides
from benchmarks.places import Places

COMMITS: Final = 200
AT_ONCE: Final = 16


@frozen
class Served:
    """An engine at the URL of a server of ours, with everything named as it is by default."""

    engine: Any
    url: str

    def made(self, name: str, **settings: Any) -> Any:
        """A store."""
        return getattr(self.engine, name)(self.url, **settings)


class Kept:
    """What was asked of a store's performer."""

    def __init__(self, store: Any) -> None:
        self.steps, self._perform = list[Step[Any]](), store._performer  # noqa: SLF001  # ours
        store._performer = self  # noqa: SLF001  # ours

    def __call__(self, step: Step[Any]) -> Any:
        """Keep it, and perform it."""
        self.steps.append(step)
        return self._perform(step)

    def close(self) -> Any:
        """Close it."""
        return self._perform.close()


def _emptied(database: Served) -> None:
    with database.made("PersistenceManagement") as management:
        management.drop()
        management.initialize()


def _parsed(reply: Any) -> None:
    """The events in what was answered, as lists of dictionaries."""
    match reply:
        case {"Body": bytes(body)}:
            json.loads(body)
        case {"Items": [*items]} | {"Responses": [*items]}:
            for each in items:
                json.loads(each.get("Item", each)["events"]["S"])
        case [*documents]:
            for each in documents:
                json.loads(each["events"])
        case _:
            pass


# Blocking


def _work(database: Served, what: str, kept: list[Step[Any]] | None = None) -> float:
    """Commits a second; the place is empty before. kept: what is asked is added here."""
    _emptied(database)
    with database.made("CommitStore", topic_map=TOPICS) as store:
        commits, count = list(chain(COMMITS, stream="stream")), COMMITS
        store.head(TENANT, "open")
        if what == "read":
            _append(store, commits)
        asked = Kept(store) if kept is not None else None
        begin = time.perf_counter()
        if what == "append":
            _append(store, commits)
        else:
            count = sum(len(each.events) for each in store.get(TENANT, "stream"))
        took = time.perf_counter() - begin
        if kept is not None and asked is not None:
            kept.extend(asked.steps)
    return count / took


def _append(store: Any, commits: list[Commit]) -> None:
    for each in commits:
        store.commit(each).unwrap()


def _again(database: Served, what: str, kept: list[Step[Any]]) -> float:
    """The same requests; commits a second."""
    if what == "append":
        _emptied(database)
    with database.made("CommitStore", topic_map=TOPICS) as store, ThreadPoolExecutor(AT_ONCE) as threads:
        performer = store._performer  # noqa: SLF001  # ours
        store.head(TENANT, "open")
        with performer._lender.lent(alone=False) as client:  # noqa: SLF001  # ours

            def ask(step: Any) -> None:
                reply = performer._asked(client, step)  # noqa: SLF001  # ours
                if what == "read":
                    _parsed(reply)

            begin = time.perf_counter()
            for step in kept:
                if isinstance(step, Calls) and len(step.calls) > 1:
                    list(threads.map(ask, step.calls))
                elif isinstance(step, Calls):
                    ask(step.calls[0])
                else:
                    ask(step)
            return COMMITS / (time.perf_counter() - begin)


# Awaiting


@asynccontextmanager
async def _store(database: Served) -> AsyncGenerator[Any]:
    async with database.made("AsyncCommitStore", topic_map=TOPICS) as store:
        await store.head(TENANT, "open")
        yield store


async def _awaited_append(store: Any, commits: list[Commit]) -> None:
    for each in commits:
        (await store.commit(each)).unwrap()


def _async_work(database: Served, what: str) -> float:
    """Commits a second; the place is empty before."""
    _emptied(database)

    async def main() -> float:
        async with _store(database) as store:
            commits, count = list(chain(COMMITS, stream="stream")), COMMITS
            if what == "read":
                await _awaited_append(store, commits)
            begin = time.perf_counter()
            if what == "append":
                await _awaited_append(store, commits)
            else:
                count = sum([len(each.events) async for each in store.get(TENANT, "stream")])
            return count / (time.perf_counter() - begin)

    return asyncio.run(main())


def _async_again(database: Served, what: str, kept: list[Step[Any]]) -> float:
    """The same requests; commits a second."""
    if what == "append":
        _emptied(database)

    async def main() -> float:
        async with _store(database) as store:
            performer = store._performer  # noqa: SLF001  # ours
            async with performer._lender.lent(alone=False) as client:  # noqa: SLF001  # ours

                async def ask(step: Any) -> None:
                    reply = await performer._asked(client, step)  # noqa: SLF001  # ours
                    if what == "read":
                        _parsed(reply)

                begin = time.perf_counter()
                for step in kept:
                    calls: tuple[Call | Step[Any], ...] = step.calls if isinstance(step, Calls) else (step,)
                    if len(calls) == 1:
                        await ask(calls[0])
                    else:
                        await asyncio.gather(*map(ask, calls))
                return COMMITS / (time.perf_counter() - begin)

    return asyncio.run(main())


def _case(engine: str, face: str, what: str) -> Case:
    @contextmanager
    def begin(places: Places) -> Generator[Sides]:
        database = Served(import_module(f"aett.adapters.{engine}"), getattr(places, engine))
        kept = list[Step[Any]]()
        _work(database, what, kept)
        if face == "sync":
            yield Sides(partial(_work, database, what), partial(_again, database, what, kept))
        else:
            yield Sides(partial(_async_work, database, what), partial(_async_again, database, what, kept))

    return Case(name=f"{engine} {what}, {face}", against="same requests, bare client", begin=begin, target=0.8)


CASES = tuple(
    _case(engine, face, what)
    for engine in ("mongodb", "dynamodb", "s3")
    for what in ("append", "read")
    for face in ("sync", "async")
)
