"""Transactions of several stores: by URL, pool and connection, both faces; beside the caller's own statements."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import asyncpg
import attrs
import psycopg
import pytest
import sqlalchemy
from psycopg_pool import ConnectionPool
from tests.contract.local import of_memory, of_sqlite
from tests.contract.served import TRAITS
from tests.contract.served import harness as served

from aett import Head, Register
from aett.adapters import memory, postgresql, sqlite
from aett.testing import Harness, Place, Traits, Transacting
from aett.testing.clients import Clients, opened
from aett.testing.laws.making import make
from aett.testing.samples import TOPICS

Begin = Callable[[Any], Any]
"""Begins a transaction on a URL, a pool or a connection."""
SERVED = attrs.evolve(TRAITS, transactions_read_the_log=False)


class Begins(Transacting):
    """The laws, for the harness of a subclass."""

    @pytest.fixture
    def harness(self) -> Harness:
        raise NotImplementedError

    @pytest.fixture
    def clients(self, harness: Harness) -> Generator[Clients]:
        with opened(harness) as clients:
            yield clients


class OnAServer(Begins):
    """By the server's URL, or on what a subclass connects."""

    engine: ClassVar[str]
    called: ClassVar[str] = "table"
    awaited: ClassVar[bool] = False
    traits: ClassVar[Traits] = SERVED

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    def begun(self, begin: Begin, url: str) -> Any:
        return begin(url)

    @pytest.fixture
    def harness(self, url: str) -> Harness:
        harness = served(self.engine, url, awaited=self.awaited, called=self.called)

        @contextmanager
        def place() -> Generator[Place]:
            with harness.place() as place:
                named: Any = place.transaction  # a partial, whose last argument is the URL
                begin = partial(named.func, *named.args[:-1], **named.keywords)
                yield attrs.evolve(place, transaction=lambda: self.begun(begin, url))

        return attrs.evolve(harness, place=place, traits=self.traits)


class TestPostgresql(OnAServer):
    engine = "aett.adapters.postgresql"

    @pytest.fixture
    def url(self, postgresql_url: str) -> str:
        return postgresql_url


class TestPostgresqlByAPool(TestPostgresql):
    @contextmanager
    def begun(self, begin: Begin, url: str) -> Generator[Any]:
        with ConnectionPool(url, min_size=1, max_size=2, open=True) as pool, begin(pool) as transaction:
            yield transaction


class TestPostgresqlOnAConnection(TestPostgresql):
    @contextmanager
    def begun(self, begin: Begin, url: str) -> Generator[Any]:
        with psycopg.connect(url, autocommit=True) as connection, begin(connection) as transaction:
            yield transaction


class TestAsyncPostgresql(TestPostgresql):
    awaited = True


class TestAsyncPostgresqlByAPool(TestAsyncPostgresql):
    @asynccontextmanager
    async def begun(self, begin: Begin, url: str) -> AsyncGenerator[Any]:
        create_pool: Any = getattr(asyncpg, "create_pool")  # noqa: B009  # its type is partly unknown
        async with create_pool(url, min_size=1, max_size=2) as pool, begin(pool) as transaction:
            yield transaction


class TestAsyncPostgresqlOnAConnection(TestAsyncPostgresql):
    @asynccontextmanager
    async def begun(self, begin: Begin, url: str) -> AsyncGenerator[Any]:
        connect: Any = getattr(asyncpg, "connect")  # noqa: B009  # its type is partly unknown
        connection = await connect(url)
        try:
            async with begin(connection) as transaction:
                yield transaction
        finally:
            await connection.close()


class TestMysql(OnAServer):
    engine = "aett.adapters.mysql"

    @pytest.fixture
    def url(self, mysql_url: str) -> str:
        return mysql_url


class TestAsyncMysql(TestMysql):
    awaited = True


class TestMssql(OnAServer):
    engine = "aett.adapters.mssql"

    @pytest.fixture
    def url(self, mssql_url: str) -> str:
        return mssql_url


class TestAsyncMssql(TestMssql):
    awaited = True


class TestMongodb(OnAServer):
    engine = "aett.adapters.mongodb"
    called = "collection"
    traits = attrs.evolve(SERVED, transactions_outlive_races=False)

    @pytest.fixture
    def url(self, mongodb_url: str) -> str:
        return mongodb_url


class TestAsyncMongodb(TestMongodb):
    awaited = True


class TestMemory(Begins):
    awaited: ClassVar[bool] = False

    @pytest.fixture
    def harness(self) -> Harness:
        return of_memory(awaited=self.awaited)


class TestAsyncMemory(TestMemory):
    awaited = True


class TestSqlite(Begins):
    awaited: ClassVar[bool] = False

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return of_sqlite(tmp_path / "events.db", awaited=self.awaited)


class TestAsyncSqlite(TestSqlite):
    awaited = True


@pytest.mark.parametrize("kept", [True, False])
def test_stores_are_part_of_what_sqlalchemy_has_begun(postgresql_url: str, kept: bool) -> None:  # noqa: FBT001
    table = f"t{uuid4().hex}"
    engine = sqlalchemy.create_engine(postgresql_url.replace("postgresql://", "postgresql+psycopg://"))
    with postgresql.PersistenceManagement(postgresql_url, table=table) as management:
        management.initialize()
        with engine.connect() as sql:
            connection: Any = sql.connection.driver_connection
            store = postgresql.CommitStore(connection, topic_map=TOPICS, table=table)
            store.commit(make(Head("t", "s"))).unwrap()
            sql.execute(sqlalchemy.text(f"CREATE TABLE {table}_business (name text)"))
            with postgresql.transaction(connection, table=table) as tx:  # a savepoint of that
                tx.registers().put(Register("t", "n"), b"x").unwrap()
            if kept:
                sql.commit()
            else:
                sql.rollback()
        with postgresql.CommitStore(postgresql_url, topic_map=TOPICS, table=table) as other:
            assert len(list(other.get("t", "s"))) == kept
        with postgresql.RegisterStore(postgresql_url, table=table) as registers:
            assert registers.get("t", "n").exists == kept
        management.drop()
    engine.dispose()


def under_django(engine: str, place: str) -> None:
    """What is written within Django's `atomic`, beside a business table, ends as it does."""
    program = Path(__file__).with_name("under_django.py")
    ran = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, program, engine, place, f"t{uuid4().hex}"], capture_output=True, check=False, text=True
    )
    assert not ran.returncode, ran.stderr
    assert json.loads(ran.stdout) == {"business": ["kept"], "streams": ["kept"], "registers": ["kept"]}


def test_stores_are_part_of_what_django_has_begun_on_postgresql(postgresql_url: str) -> None:
    under_django("postgresql", postgresql_url)


def test_stores_are_part_of_what_django_has_begun_on_sqlite(tmp_path: Path) -> None:
    under_django("sqlite", str(tmp_path / "events.db"))


def test_in_memory_writers_wait_for_a_transaction_and_readers_do_not() -> None:
    kept, number = memory.Memory(), itertools.count(1)
    with memory.CommitStore(kept, topic_map=TOPICS) as store, ThreadPoolExecutor(1) as pool:

        def write() -> int | None:
            return store.commit(make(Head("t", f"s{next(number)}"))).unwrap().checkpoint

        assert write() == 1
        with memory.transaction(kept) as tx:
            tx.commit_store(topic_map=TOPICS).commit(make(Head("t", "mine"))).unwrap()
            waiting = pool.submit(write)
            assert len(list(store.get_from("t"))) == 1
            assert not waiting.done()
            tx.rollback()
        assert waiting.result() == 3, "a number that was given is given again"


def test_a_task_waits_for_the_transaction_of_another_in_memory() -> None:
    kept = memory.Memory()

    async def tasks() -> list[str]:
        done, begun = list[str](), asyncio.Event()
        async with memory.AsyncCommitStore(kept, topic_map=TOPICS) as store:

            async def hold() -> None:
                async with memory.async_transaction(kept) as tx:
                    begun.set()
                    await asyncio.sleep(0.02)
                    (await tx.commit_store(topic_map=TOPICS).commit(make(Head("t", "held")))).unwrap()
                    done.append("held")

            async def write() -> None:
                await begun.wait()
                (await store.commit(make(Head("t", "later")))).unwrap()
                done.append("later")

            await asyncio.gather(hold(), write())
            assert [each.stream_id async for each in store.get_from("t")] == ["held", "later"]
        return done

    assert asyncio.run(tasks()) == ["held", "later"]


def test_a_block_within_the_callers_transaction_is_a_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with sqlite.PersistenceManagement(path) as management:
        management.initialize()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("CREATE TABLE business (name TEXT)")
    connection.execute("BEGIN IMMEDIATE")
    for name, undone in (("kept", False), ("gone", True)):
        with sqlite.transaction(connection) as tx:
            tx.connection.execute("INSERT INTO business VALUES (?)", (name,))
            tx.registers().put(tx.registers().get("t", name), b"x").unwrap()
            if undone:
                tx.rollback()
    connection.execute("COMMIT")
    assert connection.execute("SELECT name FROM business").fetchall() == [("kept",)]
    with sqlite.RegisterStore(path) as registers:
        assert list(registers.names("t")) == ["kept"]
    connection.close()
