"""Transactions of several stores on SQLite and the SQL servers: by URL, pool and connection, both faces."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool
from tests.contract.served import harness as served
from tests.contract.transacting import Begin, Transacting, begun

from aett.adapters import sqlite
from aett.testing import Harness, Place
from aett.testing.clients import Clients


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
