"""Followers on every engine, by both faces: what they make of a log that is written meanwhile."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar, cast
from uuid import UUID, uuid4

import pytest
import sqlalchemy
from attrs import frozen
from tests.contract.local import of_memory, of_sqlite
from tests.contract.served import harness as served
from tests.contract.test_s3 import harness as on_s3

from aett import (
    AsyncFollowers,
    AsyncRunner,
    Followers,
    Handler,
    Head,
    Pace,
    Projection,
    Reactor,
    Recorded,
    Register,
    Runner,
    Tenants,
)
from aett.adapters import postgresql
from aett.testing import Harness
from aett.testing.clients import opened
from aett.testing.laws.making import make, notes
from aett.testing.samples import CONFLICTS, TOPICS, Booked, Noted, Passenger

PACE = Pace(lease=3.0, batch=7, every=20, seconds=0.1, pause=0.02, longest_poll=0.05, discovery=0.1)
STREAMS = 4


@frozen
class Told:
    """What a projection remembers: of each stream how many notes, and the revision of the last."""

    notes: dict[str, int]
    last: dict[str, int]


def told(state: Told, recorded: Recorded[Noted]) -> Told:
    stream, revision = recorded.stream_id, recorded.revision
    assert state.last.get(stream, 0) < revision, "out of order"
    return Told({**state.notes, stream: state.notes.get(stream, 0) + 1}, {**state.last, stream: revision})


PROJECTION = Projection[Told, Noted](name="told", topics=Noted, initial=Told({}, {}), project=told)


def done(recorded: Recorded[Noted]) -> Register:
    """The register that says that this event was handled; nothing is in it before."""
    return Register(recorded.tenant_id, f"done/{recorded.id}")


def handle(batch: Sequence[Recorded[Noted]], tx: Any) -> None:
    for each in batch:
        tx.registers().put(done(each), b"x").unwrap()


async def handle_awaiting(batch: Sequence[Recorded[Noted]], tx: Any) -> None:
    for each in batch:
        (await tx.registers().put(done(each), b"x")).unwrap()


def handler(function: Callable[..., Any]) -> Handler[Noted, Any]:
    return Handler[Noted, Any](name="done", topics=Noted, handle=function, partitions=2)


def commits_of(stream: str, count: int) -> Generator[Any, Any, None]:
    """Commits one after the other; each is sent back as it was stored."""
    head = Head("t", stream)
    for number in range(count):
        events: list[Any] = [
            *notes(f"{number}"),
            *([Booked(number, Passenger("p"))] if number % 3 else notes("b")),
        ]
        head = Head.after((yield make(head, *events, commit_id=uuid4())))


def expected(log: Sequence[Any]) -> tuple[Counter[str], list[UUID]]:
    found = [
        Recorded[Any](commit, index)
        for commit in log
        for index, event in enumerate(commit.bodies)
        if isinstance(event, Noted)
    ]
    return Counter(each.stream_id for each in found), [each.id for each in found]


class Following:
    """Tests of runners; a subclass says by its fixture `harness` on which engine."""

    count: ClassVar[int] = 30
    transactions: ClassVar[bool] = True

    @pytest.fixture
    def harness(self) -> Harness:
        raise NotImplementedError

    def test_two_runners_beside_writers_do_everything(self, harness: Harness) -> None:
        with opened(harness) as clients:
            place: Any = clients.place
            if place.awaited:
                state, reacted, names, log = asyncio.run(self._awaiting(place))
            else:
                state, reacted, names, log = self._blocking(place)
        streams, ids = expected(log)
        assert state.state.notes == streams, "not the fold of the log"
        assert state.caught_up
        assert set(reacted) == set(ids), "not at least once"
        if self.transactions:
            assert sorted(names) == sorted(f"done/{each}" for each in ids), "not exactly once"

    def _followers(self, reacted: list[UUID], function: Callable[..., Any]) -> list[Any]:
        reactor = Reactor[Noted](name="told", topics=Noted, react=lambda each: reacted.append(each.id))
        return [PROJECTION, reactor, *([handler(function)] if self.transactions else [])]

    def _blocking(self, place: Any) -> Any:
        reacted = list[UUID]()
        followers = self._followers(reacted, handle)
        begin = place.transaction if self.transactions else None
        with ExitStack() as stack:
            store = stack.enter_context(
                place.commit_store(topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=5)
            )
            registers = stack.enter_context(place.register_store())

            def write(number: int) -> None:
                plan = commits_of(f"s{number}", self.count)
                commit = next(plan)
                while commit is not None:
                    stored = store.commit(commit).unwrap()
                    commit = next_of(plan, stored)

            def made() -> Runner:
                return Runner(
                    *followers, tenants=Tenants.ALL, store=store, registers=registers, begin=begin, pace=PACE
                )

            with ThreadPoolExecutor(STREAMS) as pool, made():
                writing = [pool.submit(write, number) for number in range(STREAMS)]
                with made():
                    writing[0].result()
                for each in writing:
                    each.result()
                seen = Followers("t", store=store, registers=registers)
                newest = list(store.get_from("t"))[-1].checkpoint
                for follower in followers:
                    seen.wait_for(follower, newest, timeout=60)
                    assert not seen.lag(follower).is_behind
            return seen.state(PROJECTION), reacted, list(registers.names("t", "done/")), list(store.get_from("t"))

    async def _awaiting(self, place: Any) -> Any:
        reacted = list[UUID]()
        followers = self._followers(reacted, handle_awaiting)
        begin = place.transaction if self.transactions else None
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(
                place.commit_store(topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=5)
            )
            registers = await stack.enter_async_context(place.register_store())

            async def write(number: int) -> None:
                plan = commits_of(f"s{number}", self.count)
                commit = next(plan)
                while commit is not None:
                    commit = next_of(plan, (await store.commit(commit)).unwrap())

            def made() -> AsyncRunner:
                return AsyncRunner(
                    *followers, tenants=Tenants.ALL, store=store, registers=registers, begin=begin, pace=PACE
                )

            async with made():
                writing = [asyncio.create_task(write(number)) for number in range(STREAMS)]
                async with made():
                    await writing[0]
                await asyncio.gather(*writing)
                seen = AsyncFollowers("t", store=store, registers=registers)
                newest = [each async for each in store.get_from("t")][-1].checkpoint
                for follower in followers:
                    await seen.wait_for(follower, newest, timeout=60)
                    assert not (await seen.lag(follower)).is_behind
            names = [each async for each in registers.names("t", "done/")]
            return await seen.state(PROJECTION), reacted, names, [each async for each in store.get_from("t")]


def next_of(plan: Generator[Any, Any, None], stored: Any) -> Any:
    try:
        return plan.send(stored)
    except StopIteration:
        return None


class TestMemory(Following):
    awaited: ClassVar[bool] = False

    @pytest.fixture
    def harness(self) -> Harness:
        return of_memory(awaited=self.awaited)


class TestAsyncMemory(TestMemory):
    awaited = True


class TestSqlite(Following):
    awaited: ClassVar[bool] = False

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return of_sqlite(tmp_path / "events.db", awaited=self.awaited)


class TestAsyncSqlite(TestSqlite):
    awaited = True


class TestPostgresql(Following):
    awaited: ClassVar[bool] = False

    @pytest.fixture
    def harness(self, postgresql_url: str) -> Harness:
        return served("aett.adapters.postgresql", postgresql_url, awaited=self.awaited)


class TestAsyncPostgresql(TestPostgresql):
    awaited = True


class TestMysql(Following):
    awaited: ClassVar[bool] = False

    @pytest.fixture
    def harness(self, mysql_url: str) -> Harness:
        return served("aett.adapters.mysql", mysql_url, awaited=self.awaited)


class TestAsyncMysql(TestMysql):
    awaited = True


class TestMssql(Following):
    awaited: ClassVar[bool] = False

    @pytest.fixture
    def harness(self, mssql_url: str) -> Harness:
        return served("aett.adapters.mssql", mssql_url, awaited=self.awaited)


class TestAsyncMssql(TestMssql):
    awaited = True


class TestMongodb(Following):
    awaited: ClassVar[bool] = False
    count = 8

    @pytest.fixture
    def harness(self, mongodb_url: str) -> Harness:
        return served("aett.adapters.mongodb", mongodb_url, awaited=self.awaited, called="collection")


class TestAsyncMongodb(TestMongodb):
    awaited = True


class TestDynamodb(Following):
    awaited: ClassVar[bool] = False
    count = 8
    transactions = False

    @pytest.fixture
    def harness(self, dynamodb_url: str) -> Harness:
        return served("aett.adapters.dynamodb", dynamodb_url, awaited=self.awaited)


class TestAsyncDynamodb(TestDynamodb):
    awaited = True


class TestS3(Following):
    awaited: ClassVar[bool] = False
    count = 8
    transactions = False

    @pytest.fixture
    def harness(self, s3_url: str) -> Harness:
        return on_s3(s3_url, awaited=self.awaited)


class TestAsyncS3(TestS3):
    awaited = True


def test_a_handler_works_with_sqlalchemy(postgresql_url: str) -> None:
    """`begin` may be a context manager of the caller's, whose value holds more than a transaction."""
    table = f"t{uuid4().hex}"
    engine = sqlalchemy.create_engine(postgresql_url.replace("postgresql://", "postgresql+psycopg://"))
    rows = sqlalchemy.Table(
        f"{table}_rows",
        sqlalchemy.MetaData(),
        sqlalchemy.Column("id", sqlalchemy.Uuid, primary_key=True),
        sqlalchemy.Column("text", sqlalchemy.Text),
    )

    @frozen
    class Unit:
        tx: Any
        sql: sqlalchemy.Connection

        def __getattr__(self, name: str) -> Any:
            return getattr(self.tx, name)

    @contextmanager
    def begin() -> Generator[Unit]:
        with (
            engine.begin() as sql,
            postgresql.transaction(cast("Any", sql.connection.driver_connection), table=table) as tx,
        ):
            yield Unit(tx, sql)

    failures = [LookupError()]

    def add(batch: Sequence[Recorded[Noted]], unit: Unit) -> None:
        unit.sql.execute(sqlalchemy.insert(rows), [{"id": each.id, "text": each.event.text} for each in batch])
        if failures:
            raise failures.pop()

    follower = Handler[Noted, Any](name="rows", topics=Noted, handle=add)
    with (
        postgresql.PersistenceManagement(postgresql_url, table=table) as management,
        postgresql.CommitStore(postgresql_url, topic_map=TOPICS, table=table) as store,
        postgresql.RegisterStore(postgresql_url, table=table) as registers,
    ):
        management.initialize()
        rows.create(engine)
        last = store.commit(make(Head("t", "s"), *notes("a", "b", "c"))).unwrap()
        begins: Any = begin
        with Runner(follower, tenants=["t"], store=store, registers=registers, begin=begins, pace=PACE):
            Followers("t", store=store, registers=registers).wait_for(follower, last.checkpoint or 0, timeout=60)
        with engine.begin() as sql:
            found = sql.execute(sqlalchemy.select(rows.c.text).order_by(rows.c.text)).scalars().all()
        assert found == ["a", "b", "c"]
        rows.drop(engine)
        management.drop()
    engine.dispose()
