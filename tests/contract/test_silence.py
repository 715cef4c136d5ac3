"""A network that goes silent, and servers that are started again: on every engine that speaks to a server."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import aiomysql
import asyncpg
import pytest
from tests.contract.leaving import commit
from tests.contract.test_lending import At, place_of
from tests.servers.relay import Relay, relayed

from aett import StorageUnavailable
from aett.adapters.lending.freshness import IDLE
from aett.testing.samples import TOPICS

ENGINES = ("postgresql", "mysql", "mongodb", "dynamodb", "s3")
PATIENCE = 20
"""Seconds within which what is prompt has happened, on however slow a machine; every timeout that is waited for
in vain is longer."""

LONG = 600


@pytest.fixture(params=ENGINES)
def through(request: pytest.FixtureRequest) -> Generator[tuple[At, Relay]]:
    """An engine at a place of its own, by way of a relay."""
    engine: str = request.param
    with place_of(engine, request.getfixturevalue(f"{engine}_url")) as at, relayed(at.url) as (url, relay):
        # A member of a replica set tells its own address, by which the relay would be passed by.
        yield At(engine, f"{url}?directConnection=true" if engine == "mongodb" else url, at.arguments), relay


def run(using: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(using(), 3 * PATIENCE)

    asyncio.run(bounded())
    gc.collect()


def test_a_task_is_cancelled_at_once_though_nobody_answers(through: tuple[At, Relay]) -> None:
    at, relay = through

    async def use() -> None:
        store: Any = at.made("AsyncCommitStore", topic_map=TOPICS, timeout=LONG)
        (await store.commit(commit(0))).unwrap()
        with relay.silenced():
            task = asyncio.create_task(store.commit(commit(1)))
            await asyncio.sleep(0.3)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=PATIENCE)
            assert done
            assert task.cancelled(), task
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await store.commit(commit(2))
        (await store.commit(commit(3))).unwrap()
        await store.close()

    run(use)


async def asyncpg_connection(url: str) -> Any:
    connect: Any = getattr(asyncpg, "connect")  # noqa: B009  # its type is partly unknown
    return await connect(url)


async def aiomysql_connection(url: str) -> Any:
    connect: Any = getattr(aiomysql, "connect")  # noqa: B009  # its type is partly unknown
    parts = urlsplit(url)
    return await connect(parts.hostname, parts.username, "", parts.path[1:], parts.port, autocommit=True)


@pytest.mark.parametrize(
    ("engine", "connect"), [("postgresql", asyncpg_connection), ("mysql", aiomysql_connection)]
)
def test_a_task_on_the_callers_connection_is_cancelled_at_once_though_nobody_answers(
    engine: str, connect: Any, request: pytest.FixtureRequest
) -> None:
    async def use(at: At, relay: Relay) -> None:
        connection = await connect(at.url)
        management = import_module(f"aett.adapters.{engine}").AsyncPersistenceManagement(
            connection, **at.arguments
        )
        await management.purge_stream("tenant", "stream")
        with relay.silenced():
            task = asyncio.create_task(management.purge_stream("tenant", "stream"))
            await asyncio.sleep(0.3)
            task.cancel()
            await asyncio.wait([task], timeout=PATIENCE)
            assert task.cancelled(), task

    with place_of(engine, request.getfixturevalue(f"{engine}_url")) as at, relayed(at.url) as (url, relay):
        run(lambda: use(At(engine, url, at.arguments), relay))


def test_awaited_nothing_is_waited_for_longer_than_the_timeout(through: tuple[At, Relay]) -> None:
    at, relay = through

    async def use() -> None:
        store: Any = at.made("AsyncCommitStore", topic_map=TOPICS, timeout=0.5)
        (await store.commit(commit(0))).unwrap()
        with relay.silenced():
            for number in (1, 2):  # with a connection that was open, and with a new one
                with pytest.raises(StorageUnavailable):
                    await store.commit(commit(number))
            await store.close()

    run(use)


@pytest.mark.usefixtures("unhurried")
def test_nothing_is_waited_for_longer_than_the_timeout(through: tuple[At, Relay]) -> None:
    at, relay = through
    store: Any = at.made("CommitStore", topic_map=TOPICS, timeout=0.5)
    store.commit(commit(0)).unwrap()
    with relay.silenced():
        for number in (1, 2):  # with a connection that was open, and with a new one
            begun = time.monotonic()
            with pytest.raises(StorageUnavailable):
                store.commit(commit(number))
            assert time.monotonic() - begun < PATIENCE
        store.close()
    gc.collect()


def test_connections_that_ended_while_they_were_idle_are_replaced(through: tuple[At, Relay]) -> None:
    at, relay = through
    store: Any = at.made("CommitStore", topic_map=TOPICS)
    everybody = threading.Barrier(4)

    def both(number: int) -> None:
        everybody.wait(PATIENCE)
        store.commit(commit(number)).unwrap()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(both, range(4)))
        time.sleep(1.5 * IDLE)
        relay.close_all()
        list(threads.map(both, range(4)))
    store.close()


def test_one_broken_connection_makes_the_idle_suspect(through: tuple[At, Relay]) -> None:
    at, relay = through
    store: Any = at.made("CommitStore", topic_map=TOPICS)
    failed = 0
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: store.commit(commit(number)).unwrap(), range(16)))
        relay.close_all()  # though they have just been in use
        for number in range(8):
            try:
                store.commit(commit(number)).unwrap()
            except StorageUnavailable:
                failed += 1
    store.close()
    assert failed <= 1


def test_awaited_connections_that_ended_are_replaced(through: tuple[At, Relay]) -> None:
    at, relay = through

    async def use() -> None:
        store: Any = at.made("AsyncCommitStore", topic_map=TOPICS)
        for _ in range(3):
            for answer in await asyncio.gather(*(store.commit(commit(number)) for number in range(4))):
                answer.unwrap()
            relay.close_all()
            await asyncio.sleep(0.2)
        await store.close()

    run(use)
