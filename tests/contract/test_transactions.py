"""Transactions of several stores on SQLite and the SQL servers: by URL, pool and connection, both faces."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from psycopg_pool import ConnectionPool
from tests.contract.served import harness as served
from tests.contract.transacting import Begin, Transacting, begun

from aett import Head, Register
from aett.adapters import memory, postgresql, sqlite
from aett.testing import Harness, Place, Traits
from aett.testing.clients import Clients
from aett.testing.laws.making import make
from aett.testing.samples import TOPICS


def table_of(clients: Clients) -> dict[str, Any]:
    keywords: dict[str, Any] = getattr(clients.place.commit_store, "keywords")  # noqa: B009  # it is a partial
    return {"table": keywords["table"]}


class OnAServer(Transacting):
    """By the server's URL; `kind` names the fixture that gives it."""

    engine: str
    awaited = False

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def harness(self, url: str) -> Harness:
        return served(self.engine, url)

    @pytest.fixture
    def begin(self, url: str) -> Begin:
        def begin(clients: Clients) -> Any:
            return begun(self.engine, url, table_of(clients), clients, awaited=self.awaited)

        return begin


class TestPostgresql(OnAServer):
    engine = "aett.adapters.postgresql"

    @pytest.fixture
    def url(self, postgresql_url: str) -> str:
        return postgresql_url


class TestAsyncPostgresql(TestPostgresql):
    awaited = True


class TestPostgresqlByAPool(TestPostgresql):
    @pytest.fixture
    def begin(self, url: str) -> Generator[Begin]:
        with ConnectionPool(url, min_size=1, max_size=2, open=True) as pool:
            yield lambda clients: begun(self.engine, pool, table_of(clients), clients, awaited=False)


class TestPostgresqlOnAConnection(TestPostgresql):
    @pytest.fixture
    def begin(self, url: str) -> Generator[Begin]:
        with psycopg.connect(url, autocommit=True) as connection:
            yield lambda clients: begun(self.engine, connection, table_of(clients), clients, awaited=False)


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


class TestMemory(Transacting):
    awaited = False
    reads_its_log = True

    @pytest.fixture
    def harness(self) -> Harness:
        kept = memory.Memory()

        @contextmanager
        def place() -> Generator[Place]:
            yield Place.of(memory, kept)

        return Harness("memory", place, Traits(processes=False, reopen=False))

    @pytest.fixture
    def begin(self) -> Begin:
        def begin(clients: Clients) -> Any:
            (kept,) = getattr(clients.place.snapshot_store, "args")  # noqa: B009  # it is a partial
            return begun("aett.adapters.memory", kept, {}, clients, awaited=self.awaited)

        return begin


class TestAsyncMemory(TestMemory):
    awaited = True


class TestMongodb(OnAServer):
    engine = "aett.adapters.mongodb"
    survives_a_lost_race = False

    @pytest.fixture
    def url(self, mongodb_url: str) -> str:
        return mongodb_url

    @pytest.fixture
    def harness(self, url: str) -> Harness:
        return served(self.engine, url, called="collection")

    @pytest.fixture
    def begin(self, url: str) -> Begin:
        def begin(clients: Clients) -> Any:
            keywords: dict[str, Any] = getattr(clients.place.commit_store, "keywords")  # noqa: B009  # it is a partial
            place = {"collection": keywords["collection"]}
            return begun(self.engine, url, place, clients, awaited=self.awaited)

        return begin


class TestAsyncMongodb(TestMongodb):
    awaited = True


class TestSqlite(Transacting):
    awaited = False
    reads_its_log = True

    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        @contextmanager
        def place() -> Generator[Place]:
            yield Place.of(sqlite, tmp_path / "events.db")

        return Harness("sqlite", place)

    @pytest.fixture
    def begin(self, tmp_path: Path) -> Begin:
        return lambda clients: begun(
            "aett.adapters.sqlite", tmp_path / "events.db", {}, clients, awaited=self.awaited
        )


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
            with postgresql.transaction(connection) as tx:  # a savepoint of that
                tx.registers(table=table).put(Register("t", "n"), b"x").unwrap()
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
