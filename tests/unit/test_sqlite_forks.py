"""SQLite and processes that fork: a child begins with locks and connections of its own."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiosqlite
import pytest
from attrs import frozen
from tests.inside import performer_of

from aett import Head, StoreClosed, Topic, TopicMap
from aett.adapters.sqlite import AsyncCommitStore, CommitStore, PersistenceManagement
from aett.core.commit import Commit

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]


@Topic("sqlite.forked")
@frozen
class Forked:
    text: str


TOPICS = TopicMap(Forked)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
SECONDS = 60


def a_commit(stream_id: str = "stream") -> Commit:
    return Head("tenant", stream_id).commit(Forked("x"), commit_id=uuid4(), stamp=NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "events.db"
    with PersistenceManagement(place) as management:
        management.initialize()
    return place


@pytest.fixture
def store(path: Path) -> Iterator[CommitStore]:
    with CommitStore(path, topic_map=TOPICS) as opened:
        yield opened


class Child:
    """A forked process that does some work; what it said when it had done, or the name of the error."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._answer, answering = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            try:
                said = str(work())
            except BaseException as error:  # noqa: BLE001  # whatever it is, it is the answer
                said = f"{type(error).__name__}: {error}"
            os.write(answering, said.encode())
            os._exit(0)
        os.close(answering)

    def said(self) -> str:
        ready, _, _ = select.select([self._answer], [], [], SECONDS)
        said = os.read(self._answer, 10_000).decode() if ready else "it hung"
        os.close(self._answer)
        # Who hung says where: pytest has a traceback written when a process is aborted.
        os.kill(self._process, signal.SIGKILL if ready else signal.SIGABRT)
        os.waitpid(self._process, 0)
        return said


def lent(store: CommitStore) -> Any:
    """What a step uses; the store's own business."""
    return performer_of(store)._connections.lent(writes=True)


def test_a_child_forked_amid_writers_writes_at_once(path: Path) -> None:
    ended = threading.Event()

    def write(number: int) -> None:
        turn = 0
        while not ended.is_set():
            turn += 1
            busy.commit(a_commit(f"{number} {turn}")).unwrap()

    with CommitStore(path, topic_map=TOPICS, busy_timeout=600) as busy:
        writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for each in writers:
            each.start()
        try:
            said = [
                Child(lambda turn=turn: busy.commit(a_commit(f"child {turn}")).unwrap().stream_id).said()  # type: ignore[misc]  # a default binds it
                for turn in range(10)
            ]
        finally:
            ended.set()
            for each in writers:
                each.join()
        assert said == [f"child {turn}" for turn in range(10)]
        assert set(said) <= {each.stream_id for each in busy.get_from("tenant")}


def test_a_fork_waits_for_the_transaction_of_another_thread(store: CommitStore) -> None:
    begun = threading.Event()

    def slowly() -> None:
        with lent(store) as connection:
            connection.execute("BEGIN IMMEDIATE")
            begun.set()
            time.sleep(0.3)
            connection.execute("COMMIT")

    thread = threading.Thread(target=slowly)
    thread.start()
    begun.wait()
    assert Child(lambda: store.commit(a_commit()).unwrap().checkpoint).said() == "1"
    thread.join()
    store.commit(a_commit("parent")).unwrap()


def test_nothing_that_a_child_commits_is_lost_when_its_parent_closes_the_store(path: Path) -> None:
    """L6: SQLite would remove the log under a child that had left an inherited connection open."""
    store = CommitStore(path, topic_map=TOPICS)
    store.commit(a_commit("parent")).unwrap()
    closed, closing_it = os.pipe()
    begun, beginning = os.pipe()

    def work() -> str:
        store.commit(a_commit("child 1")).unwrap()
        os.write(beginning, b"x")
        os.read(closed, 1)
        store.commit(a_commit("child 2")).unwrap()
        return "done"

    child = Child(work)
    os.read(begun, 1)
    store.close()
    os.write(closing_it, b"x")
    assert child.said() == "done"
    with CommitStore(path, topic_map=TOPICS) as reader:
        assert [each.stream_id for each in reader.get_from("tenant")] == ["parent", "child 1", "child 2"]
    for each in (closed, closing_it, begun, beginning):
        os.close(each)


def test_a_parent_goes_on_with_its_own_connection(store: CommitStore) -> None:
    for number in range(3):
        store.commit(a_commit(f"parent {number}")).unwrap()
        assert Child(lambda: len(list(store.get_from("tenant")))).said() == str(number + 1)


def test_a_child_of_a_child_has_its_own_too(store: CommitStore) -> None:
    store.commit(a_commit("parent")).unwrap()

    def work() -> str:
        store.commit(a_commit("child")).unwrap()
        return Child(lambda: store.commit(a_commit("grandchild")).unwrap().checkpoint).said()

    assert Child(work).said() == "3"


def test_a_child_closes_a_store_that_its_parent_used(store: CommitStore) -> None:
    store.commit(a_commit()).unwrap()
    assert Child(store.close).said() == "None"
    store.commit(a_commit("after")).unwrap()


def test_memory_and_a_caller_s_connection_are_refused_in_a_child(path: Path) -> None:
    mine = sqlite3.connect(path, isolation_level=None)
    with closing(mine), CommitStore(mine, topic_map=TOPICS) as joined:
        with CommitStore(":memory:", topic_map=TOPICS) as memory:
            for store in (joined, memory):
                store.commit(a_commit()).unwrap()
                said = Child(lambda store=store: store.commit(a_commit("child"))).said()  # type: ignore[misc]  # a default binds it
                assert said.startswith(StoreClosed.__name__)
                assert "forked" in said
                assert Child(store.close).said() == "None"
                assert [each.stream_id for each in store.get_from("tenant")] == ["stream"]


def test_an_async_store_opens_anew_in_a_child(path: Path) -> None:
    store = AsyncCommitStore(path, topic_map=TOPICS)

    async def committed(stream_id: str) -> object:
        return (await store.commit(a_commit(stream_id))).unwrap().checkpoint

    async def listed() -> list[str]:
        return [each.stream_id async for each in store.get_from("tenant")]

    assert asyncio.run(committed("parent")) == 1
    assert Child(lambda: asyncio.run(committed("child"))).said() == "2"
    assert Child(lambda: asyncio.run(store.close())).said() == "None"
    assert asyncio.run(listed()) == ["parent", "child"]
    asyncio.run(store.close())


def test_nothing_that_an_async_child_commits_is_lost_when_its_parent_closes_the_store(path: Path) -> None:
    store = AsyncCommitStore(path, topic_map=TOPICS)
    closed, closing_it = os.pipe()
    begun, beginning = os.pipe()

    async def commit(stream_id: str) -> None:
        (await store.commit(a_commit(stream_id))).unwrap()

    asyncio.run(commit("parent"))

    def work() -> str:
        asyncio.run(commit("child 1"))
        os.write(beginning, b"x")
        os.read(closed, 1)
        asyncio.run(commit("child 2"))
        return "done"

    child = Child(work)
    os.read(begun, 1)
    asyncio.run(store.close())
    os.write(closing_it, b"x")
    assert child.said() == "done"
    with CommitStore(path, topic_map=TOPICS) as reader:
        assert [each.stream_id for each in reader.get_from("tenant")] == ["parent", "child 1", "child 2"]
    for each in (closed, closing_it, begun, beginning):
        os.close(each)


def test_async_memory_and_a_caller_s_aiosqlite_connection_are_refused_in_a_child(path: Path) -> None:
    async def scenario() -> None:
        async with aiosqlite.connect(path, isolation_level=None) as mine:
            async with AsyncCommitStore(mine, topic_map=TOPICS) as joined:
                async with AsyncCommitStore(":memory:", topic_map=TOPICS) as memory:
                    for store in (joined, memory):
                        (await store.commit(a_commit())).unwrap()
                        stores.append(store)
                    said.extend(await asyncio.to_thread(refusals))

    def refusals() -> list[str]:
        return [
            Child(lambda store=store: asyncio.run(committed(store))).said()  # type: ignore[misc]  # a default binds it
            for store in stores
        ]

    async def committed(store: AsyncCommitStore) -> object:
        return await store.commit(a_commit("child"))

    stores: list[AsyncCommitStore] = []
    said: list[str] = []
    asyncio.run(scenario())
    assert len(said) == 2
    assert all(each.startswith(StoreClosed.__name__) and "forked" in each for each in said), said


# Connections that are shared


def test_unrelated_connections_of_callers_do_not_wait_for_each_other() -> None:
    one, other = (
        sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, timeout=0) for _ in range(2)
    )
    with closing(one), closing(other):
        for each in (one, other):
            PersistenceManagement(each).initialize()
        busy, free = CommitStore(one, topic_map=TOPICS), CommitStore(other, topic_map=TOPICS)
        assert finished_meanwhile(busy, lambda: free.commit(a_commit()).unwrap())


def test_stores_on_one_connection_take_turns() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)) as mine:
        PersistenceManagement(mine).initialize()
        one, other = CommitStore(mine, topic_map=TOPICS), CommitStore(mine, topic_map=TOPICS)
        assert not finished_meanwhile(one, lambda: other.commit(a_commit()).unwrap())
        assert len(list(one.get_from("tenant"))) == 1


def finished_meanwhile(busy: CommitStore, work: Callable[[], object]) -> bool:
    """Whether the work is done while a store uses its connection."""
    done = threading.Event()

    def doing() -> None:
        work()
        done.set()

    thread = threading.Thread(target=doing)
    with lent(busy):
        thread.start()
        meanwhile = done.wait(0.5)
    thread.join(SECONDS)
    assert done.is_set()
    return meanwhile
