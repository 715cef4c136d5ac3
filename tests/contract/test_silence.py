"""A network that goes silent, and servers that are started again: on every engine that speaks to a server."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from typing import Any
from uuid import uuid4

import aiomysql
import asyncpg
import psycopg
import pymysql
import pytest
from tests.contract.leaving import commit
from tests.contract.test_lending import At, place_of
from tests.contract.test_mysql_server import known
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


def used(store: Any) -> None:
    """Once, however slow the machine is."""
    for _ in range(PATIENCE):
        with suppress(StorageUnavailable):
            store.commit(commit(0)).unwrap()
            return
    pytest.fail("the store is never there")


def gives_up(store: Any, relay: Relay) -> None:
    """When nobody answers, with a connection that was open, and with a new one; and it closes."""
    # Where nothing bounds it, it ends when there is an end to the silence.
    with ThreadPoolExecutor(1) as thread, relay.silenced():
        for number in (1, 2):
            with pytest.raises(StorageUnavailable):
                thread.submit(store.commit, commit(number)).result(PATIENCE)
        thread.submit(store.close).result(PATIENCE)


async def used_awaiting(store: Any) -> None:
    """The same, awaited."""
    for _ in range(PATIENCE):
        with suppress(StorageUnavailable):
            (await store.commit(commit(0))).unwrap()
            return
    pytest.fail("the store is never there")


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


def pymysql_connection(url: str) -> Any:
    settings: dict[str, Any] = {**known(url), "autocommit": False}
    return pymysql.connect(**settings)


async def asyncpg_connection(url: str) -> Any:
    connect: Any = getattr(asyncpg, "connect")  # noqa: B009  # its type is partly unknown
    return await connect(url)


async def aiomysql_connection(url: str) -> Any:
    connect: Any = getattr(aiomysql, "connect")  # noqa: B009  # its type is partly unknown
    return await connect(**known(url))


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


@contextmanager
def writing(at: At) -> Generator[None]:
    """Meanwhile somebody has a transaction open in which he has committed, so that a purge waits."""
    connect: Any = {"mysql": pymysql_connection, "postgresql": psycopg.connect}[at.engine]
    with closing(connect(at.url)) as connection:
        store: Any = import_module(f"aett.adapters.{at.engine}").CommitStore
        connection.cursor().execute("SELECT 1")  # both begin a transaction by it
        store(connection, topic_map=TOPICS, **at.arguments).commit(commit(0)).unwrap()
        yield


@pytest.mark.parametrize("whose", ["its own", "the caller's"])
@pytest.mark.parametrize(
    ("engine", "connect"), [("postgresql", asyncpg_connection), ("mysql", aiomysql_connection)]
)
def test_a_task_in_the_midst_of_a_transaction_is_cancelled_at_once_though_nobody_answers(
    engine: str, connect: Any, whose: str, request: pytest.FixtureRequest
) -> None:
    async def use(at: At, relay: Relay) -> None:
        given: Any = at.url if whose == "its own" else await connect(at.url)
        management = import_module(f"aett.adapters.{engine}").AsyncPersistenceManagement(given, **at.arguments)
        await management.purge_stream("tenant", "stream")
        with writing(At(engine, url, at.arguments)):
            task = asyncio.create_task(management.purge_stream("tenant", "stream"))
            await asyncio.sleep(0.5)
            with relay.silenced():
                task.cancel()
                await asyncio.wait([task], timeout=PATIENCE)
                assert task.cancelled(), task
                if whose == "the caller's":
                    given.close() if engine == "mysql" else given.terminate()

    url: str = request.getfixturevalue(f"{engine}_url")
    with place_of(engine, url) as at, relayed(at.url) as (by_relay, relay):
        run(lambda: use(At(engine, by_relay, at.arguments), relay))


def test_awaited_closing_does_not_wait_for_an_answer(through: tuple[At, Relay]) -> None:
    at, relay = through

    async def use() -> None:
        store: Any = at.made("AsyncCommitStore", topic_map=TOPICS, timeout=0.5)
        await used_awaiting(store)
        with relay.silenced():
            await asyncio.wait_for(store.close(), PATIENCE)

    run(use)


def test_awaited_nothing_is_waited_for_longer_than_the_timeout(through: tuple[At, Relay]) -> None:
    at, relay = through

    async def use() -> None:
        store: Any = at.made("AsyncCommitStore", topic_map=TOPICS, timeout=0.5)
        await used_awaiting(store)
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
    used(store)
    gives_up(store, relay)
    gc.collect()


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("through", ["dynamodb", "s3"], indirect=True)
def test_amazons_clients_begin_no_attempt_after_the_timeout(through: tuple[At, Relay]) -> None:
    at, relay = through
    store: Any = at.made("CommitStore", topic_map=TOPICS, timeout=0.5)
    used(store)
    with ThreadPoolExecutor(1) as thread, relay.silenced():
        before = relay.let_in
        with pytest.raises(StorageUnavailable):
            thread.submit(store.find, "tenant", "stream", uuid4()).result(PATIENCE)
        assert relay.let_in - before <= 1, "each attempt takes a connection; the first had one"
    store.close()


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
