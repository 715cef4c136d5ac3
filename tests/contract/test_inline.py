"""Handlers and projections in the transaction of the commit itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen

from aett import (
    Aggregate,
    AsyncDefaultAggregateRepository,
    DefaultAggregateRepository,
    Failure,
    Followers,
    Handler,
    Head,
    Impossible,
    Projection,
    Reactor,
    Recorded,
    Register,
    Result,
    Runner,
    SchemaMismatch,
    StorageUnavailable,
    Success,
    Topic,
    TopicMap,
    accept,
    async_inline,
    inline,
)
from aett.adapters import memory, postgresql, sqlite
from aett.testing.samples import START


@Topic("added")
@frozen
class Added:
    by: int


@Topic("other")
@frozen
class Other:
    pass


TOPICS = TopicMap(Added, Other)
SUM = Projection[int, Added](
    name="sum", topics=Added, initial=0, project=lambda state, each: state + each.event.by
)


def handle(batch: Sequence[Recorded[Added]], tx: Any) -> None:
    for each in batch:
        tx.registers().put(Register(each.tenant_id, f"seen/{each.id}"), b"x").unwrap()


SEEN = Handler[Added, Any](name="seen", topics=Added, handle=handle)


@frozen
class Place:
    """A database."""

    engine: Any
    where: Any
    settings: dict[str, Any]

    def made(self, name: str, **more: Any) -> Any:
        return getattr(self.engine, name)(self.where, **self.settings, **more)

    def begin(self) -> Any:
        return self.engine.transaction(self.where, **self.settings)

    def sum(self) -> int:
        with self.made("CommitStore", topic_map=TOPICS) as store, self.made("RegisterStore") as registers:
            return Followers("t", store=store, registers=registers).state(SUM).state

    def seen(self) -> int:
        with self.made("RegisterStore") as registers:
            return len(list(registers.names("t", "seen/")))


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mysql", "mssql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    match request.param:
        case "memory":
            place = Place(memory, memory.Memory(), {})
        case "sqlite":
            place = Place(sqlite, tmp_path / "events.db", {})
        case kind:
            url = request.getfixturevalue(f"{kind}_url")  # where there is no server, its driver may be missing
            place = Place(import_module(f"aett.adapters.{kind}"), url, {"table": f"t{uuid4().hex}"})
    with place.made("PersistenceManagement") as management:
        management.initialize()
        yield place
        management.drop()


def commit(store: Any, *events: object, stream: str | None = None) -> Any:
    head = Head("t", stream or uuid4().hex)
    return store.commit(head.commit(*events, commit_id=uuid4(), stamp=START))


def test_what_is_committed_is_seen_at_once_and_undone_together(place: Place) -> None:
    with place.begin() as tx:
        store = inline(tx, SUM, SEEN, topic_map=TOPICS)
        commit(store, Added(1), Other(), Added(2)).unwrap()
        commit(store, Other()).unwrap()
    assert (place.sum(), place.seen()) == (3, 2)
    with place.begin() as tx:
        commit(inline(tx, SUM, SEEN, topic_map=TOPICS), Added(10)).unwrap()
        tx.rollback()
    assert (place.sum(), place.seen()) == (3, 2)


def test_a_commit_that_is_refused_or_there_already_is_not_seen(place: Place) -> None:
    made = Head("t", "s").commit(Added(1), commit_id=uuid4(), stamp=START)
    for _ in range(2):
        with place.begin() as tx:
            inline(tx, SUM, SEEN, topic_map=TOPICS).commit(made)
    with place.begin() as tx:
        assert isinstance(commit(inline(tx, SUM, SEEN, topic_map=TOPICS), Added(5), stream="s"), Failure)
    assert (place.sum(), place.seen()) == (1, 1)


def test_what_is_imported_is_seen_commit_by_commit(place: Place) -> None:
    first = Head("t", "s").commit(Added(1), commit_id=uuid4(), stamp=START)
    second = Head.after(first).commit(Added(2), Other(), commit_id=uuid4(), stamp=START)
    with place.begin() as tx:
        store = inline(tx, SUM, SEEN, topic_map=TOPICS)
        outcomes = store.commit_all([first, first, second])
        assert [isinstance(each, Success) for each in outcomes] == [True, False, True]
    assert (place.sum(), place.seen()) == (3, 2)


def test_writers_side_by_side_lose_nothing(place: Place) -> None:
    def write(number: int) -> None:
        left = 10
        while left:
            # Transactions that meet may be told to begin again, for one, by MySQL's deadlocks.
            with suppress(StorageUnavailable):
                with place.begin() as tx:
                    commit(inline(tx, SUM, SEEN, topic_map=TOPICS), Added(number)).unwrap()
                left -= 1

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(write, number) for number in range(1, 5)]:
            each.result()
    assert (place.sum(), place.seen()) == (100, 40)


def evolve(state: int, event: Added) -> Result[int, Impossible]:
    return Success(state + event.by)


def decide(_: int, command: int) -> Result[tuple[Added, ...], str]:
    return accept(Added(command))


ADDING = Aggregate[int, int, Added, str](name="adding", initial=0, evolve=evolve, decide=decide)


def test_repositories_work_on_it_as_they_are(place: Place) -> None:
    for _ in range(2):
        with place.begin() as tx:
            repository = DefaultAggregateRepository("t", store=inline(tx, SUM, SEEN, topic_map=TOPICS))
            repository.execute(ADDING, "s", 4).unwrap()
    assert (place.sum(), place.seen()) == (8, 2)


def test_inline_and_a_runner_do_not_keep_the_same(tmp_path: Path) -> None:
    place = Place(sqlite, tmp_path / "events.db", {})
    with place.made("PersistenceManagement") as management:
        management.initialize()
    with place.begin() as tx:
        commit(inline(tx, SUM, topic_map=TOPICS), Added(1)).unwrap()
    with place.made("CommitStore", topic_map=TOPICS) as store, place.made("RegisterStore") as registers:
        other = Projection[int, Added](name="other", topics=Added, initial=0, project=SUM.project)
        followers = Followers("t", store=store, registers=registers)
        with Runner(SUM, other, tenants=["t"], store=store, registers=registers) as runner:
            followers.wait_for(other, 1)
            told: Callable[[], list[Any]] = lambda: [each.trouble for each in runner.status()]  # noqa: E731
            while not any(isinstance(each, SchemaMismatch) for each in told()):
                pass
        with place.begin() as tx, pytest.raises(SchemaMismatch, match="is kept by a runner"):
            commit(inline(tx, other, topic_map=TOPICS), Added(1))
        reactor: Any = Reactor[Added](name="r", topics=Added, react=lambda _: None)
        with place.begin() as tx, pytest.raises(TypeError, match="not a Reactor"):
            inline(tx, reactor, topic_map=TOPICS)


def test_awaited_it_is_the_same(postgresql_url: str) -> None:
    async def handle_awaiting(batch: Sequence[Recorded[Added]], tx: Any) -> None:
        for each in batch:
            (await tx.registers().put(Register(each.tenant_id, f"seen/{each.id}"), b"x")).unwrap()

    seen = Handler[Added, Any](name="seen", topics=Added, handle=handle_awaiting)
    table = f"t{uuid4().hex}"
    place = Place(postgresql, postgresql_url, {"table": table})

    async def tasks() -> None:
        async def write(stream: str) -> None:
            for _ in range(5):
                async with postgresql.async_transaction(postgresql_url, table=table) as tx:
                    store = async_inline(tx, SUM, seen, topic_map=TOPICS)
                    repository = AsyncDefaultAggregateRepository("t", store=store)
                    (await repository.execute(ADDING, stream, 1)).unwrap()

        await asyncio.gather(*(write(stream) for stream in "abc"))

    with place.made("PersistenceManagement") as management:
        management.initialize()
        asyncio.run(tasks())
        assert (place.sum(), place.seen()) == (15, 15)
        management.drop()
