"""The async SQLite store, event loops and cancelled tasks: nothing is left locked, hung or leaked."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiosqlite
import pytest
from attrs import frozen
from tests.inside import performer_of

from aett import Head, StorageUnavailable, StoreClosed, Topic, TopicMap, UnsupportedServer
from aett.adapters.sql.statement import Statement
from aett.adapters.sqlite import (
    AsyncCommitStore,
    AsyncPersistenceManagement,
    CommitStore,
    PersistenceManagement,
)
from aett.core.commit import Commit


@Topic("sqlite.looped")
@frozen
class Looped:
    text: str


TOPICS = TopicMap(Looped)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
SLOW = Statement(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) SELECT count(*) FROM n",
    writes=True,
)
"""Keeps the writing connection busy for some tenths of a second."""


def a_commit(stream_id: str = "stream") -> Commit:
    return Head("tenant", stream_id).commit(Looped("x"), commit_id=uuid4(), stamp=NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "events.db"
    with PersistenceManagement(place) as management:
        management.initialize()
    return place


def driver_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if "_connection_worker_thread" in each.name]


def test_cancelling_every_task_amid_purges_leaves_nothing_locked(path: Path) -> None:
    with CommitStore(path, topic_map=TOPICS) as store:
        for number in range(200):
            store.commit(a_commit(f"s{number}")).unwrap()

    async def scenario() -> None:
        async with AsyncPersistenceManagement(path) as management, AsyncCommitStore(path, topic_map=TOPICS) as own:
            for moment in range(30):
                tasks = [asyncio.ensure_future(management.purge("tenant")) for _ in range(4)]
                await asyncio.sleep(0.0002 * moment)
                for each in asyncio.all_tasks() - {asyncio.current_task()}:
                    each.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                with CommitStore(path, topic_map=TOPICS, busy_timeout=5) as other:
                    other.commit(a_commit(f"other {moment}")).unwrap()
            await management.purge("tenant")
            (await own.commit(a_commit("last"))).unwrap()
            assert [each.stream_id async for each in own.get_from("tenant")] == ["last"]

    asyncio.run(scenario())


def test_one_store_serves_the_loops_of_several_threads_at_once(path: Path) -> None:
    store = AsyncCommitStore(path, topic_map=TOPICS)

    async def work(thread: int) -> None:
        commits = (store.commit(a_commit(f"{thread} {number}")) for number in range(20))
        for outcome in await asyncio.gather(*commits):
            outcome.unwrap()
        assert len([each async for each in store.get_from("tenant")]) >= 20

    async def closing() -> int:
        count = len([each async for each in store.get_from("tenant")])
        await store.close()
        return count

    with ThreadPoolExecutor(6) as pool:
        for each in [pool.submit(asyncio.run, work(thread)) for thread in range(6)]:
            each.result(timeout=60)
    assert asyncio.run(closing()) == 120


def in_a_loop_that_ends_too_soon(work: Callable[[], Awaitable[Any]]) -> None:
    """Starts it, and closes the loop without asking anybody."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(awaited(work))
    loop.run_until_complete(asyncio.sleep(0.05))
    assert not task.done()
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # it is on purpose
    loop.close()


async def awaited(work: Callable[[], Awaitable[Any]]) -> None:
    await work()


@pytest.mark.parametrize("place", ["a file", ":memory:"])
def test_a_loop_that_ends_with_work_in_flight_does_no_harm_to_the_next(path: Path, place: str) -> None:
    store = AsyncCommitStore(path if place == "a file" else place, topic_map=TOPICS)

    async def committed(stream_id: str) -> None:
        (await asyncio.wait_for(store.commit(a_commit(stream_id)), 20)).unwrap()

    async def listed() -> list[str]:
        return [each.stream_id async for each in store.get_from("tenant")]

    asyncio.run(committed("before"))
    in_a_loop_that_ends_too_soon(lambda: store._performer(SLOW))
    asyncio.run(committed("after"))
    assert asyncio.run(listed()) == ["before", "after"]
    asyncio.run(store.close())


def test_a_loop_that_ends_with_work_in_flight_does_not_hang_the_others(path: Path) -> None:
    store = AsyncCommitStore(path, topic_map=TOPICS)

    async def committed(stream_id: str) -> None:
        (await asyncio.wait_for(store.commit(a_commit(stream_id)), 20)).unwrap()

    asyncio.run(committed("before"))
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(in_a_loop_that_ends_too_soon, lambda: store._performer(SLOW))
        time.sleep(0.02)
        asyncio.run(committed("queued behind it"))
        ending.result(timeout=20)
    asyncio.run(store.close())


def test_run_that_cancels_what_is_in_flight_leaves_the_store_usable(path: Path) -> None:
    store = AsyncCommitStore(path, topic_map=TOPICS)

    async def forgetful() -> None:
        tasks.append(asyncio.ensure_future(store._performer(SLOW)))
        await asyncio.sleep(0.05)

    async def scenario() -> None:
        (await asyncio.wait_for(store.commit(a_commit()), 20)).unwrap()
        await store.close()

    tasks: list[Any] = []
    asyncio.run(forgetful())
    asyncio.run(scenario())


def test_a_step_that_is_cancelled_before_it_has_begun_is_not_done(path: Path) -> None:
    async def scenario() -> None:
        async with AsyncCommitStore(path, topic_map=TOPICS) as store:
            slow = asyncio.ensure_future(store._performer(SLOW))
            await asyncio.sleep(0.05)
            queued = asyncio.ensure_future(store.commit(a_commit()))
            await asyncio.sleep(0.02)
            queued.cancel()
            await asyncio.gather(slow, queued, return_exceptions=True)
            await store._performer(Statement("SELECT 1", writes=True))  # whatever was before it has been done
            assert [each async for each in store.get_from("tenant")] == []

    asyncio.run(scenario())


def test_a_close_that_is_cancelled_leaks_no_thread(path: Path) -> None:
    before = len(driver_threads())

    async def scenario() -> None:
        for turn in range(20):
            store = AsyncCommitStore(path, topic_map=TOPICS)
            (await store.commit(a_commit(f"s{turn}"))).unwrap()
            assert [each async for each in store.get("tenant", "nobody")] == []
            task = asyncio.ensure_future(store.close())
            for _ in range(1 + turn % 3):  # a task that is cancelled before it begins closes nothing
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    asyncio.run(scenario())
    for _ in range(1000):  # a closed connection's thread is about to end
        if len(driver_threads()) > before:
            time.sleep(0.02)
    assert len(driver_threads()) == before


# Closed, and otherwise misused


def test_a_caller_s_connection_that_was_closed_is_said_to_be(path: Path) -> None:
    async def scenario() -> None:
        async with aiosqlite.connect(path, isolation_level=None) as mine:
            store = AsyncCommitStore(mine, topic_map=TOPICS)
            (await store.commit(a_commit())).unwrap()
        with pytest.raises(StoreClosed, match="caller's connection"):
            await store.commit(a_commit())

    asyncio.run(scenario())
    mine = sqlite3.connect(path, isolation_level=None)
    mine.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        CommitStore(mine, topic_map=TOPICS)


def test_a_caller_s_connection_closed_in_use_is_said_to_be(path: Path) -> None:
    mine = sqlite3.connect(path, isolation_level=None)
    store = CommitStore(mine, topic_map=TOPICS)
    mine.close()
    with pytest.raises(StoreClosed, match="closed"):
        store.commit(a_commit())


def test_an_error_of_the_caller_s_is_not_taken_for_a_closed_store(path: Path) -> None:
    surrogate = Statement("SELECT :text", {"text": "\ud800"})
    with CommitStore(path, topic_map=TOPICS) as store:
        with pytest.raises(UnicodeEncodeError):
            store._performer(surrogate)
        with pytest.raises(StorageUnavailable, match="binding"):
            store._performer(Statement("SELECT :missing"))

    async def scenario() -> None:
        async with AsyncCommitStore(path, topic_map=TOPICS) as awaiting:
            with pytest.raises(UnicodeEncodeError):
                await awaiting._performer(surrogate)
            with pytest.raises(StorageUnavailable, match="binding"):
                await awaiting._performer(Statement("SELECT :missing"))

    asyncio.run(scenario())


def test_a_connection_of_another_thread_is_said_to_need_a_setting(path: Path) -> None:
    mine = sqlite3.connect(path, isolation_level=None)
    store = CommitStore(mine, topic_map=TOPICS)
    with ThreadPoolExecutor(1) as pool, pytest.raises(UnsupportedServer, match="check_same_thread=False"):
        pool.submit(store.commit, a_commit()).result()
    mine.close()


def test_closed_loops_are_not_kept(path: Path) -> None:
    store = AsyncCommitStore(path, topic_map=TOPICS)
    performer: Any = performer_of(store)

    async def at_once() -> None:
        performer._drivers.clear()  # so that all wait for one to open it
        await asyncio.gather(*(store.commit(a_commit(f"{uuid4()}")) for _ in range(3)))

    opened = list[Any]()
    for _ in range(5):
        asyncio.run(at_once())
        opened += performer._drivers.values()
    assert len(performer._opening) == 1
    assert len(store._performer._loops) == 1  # type: ignore[attr-defined]  # looks inside
    asyncio.run(store.close())
    for each in opened:
        each.stop().result()
