"""MySQL's engine keeps the laws on MariaDB, or on the server that AETT_TEST_MYSQL names, sync and async."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest
from tests.contract.served import Joined, Joining, Joins, Served, git_history, harness, store

from aett.adapters.mysql.server import arguments, server_of
from aett.testing import Harness
from aett.testing.clients import Clients

ENGINE = "aett.adapters.mysql"


class TestMysql(Joins, Served):
    @pytest.fixture
    def harness(self, mysql_url: str) -> Harness:
        return harness(ENGINE, mysql_url, slow=True)

    @pytest.fixture
    def joining(self, mysql_url: str) -> Joining:
        @contextmanager
        def joined(clients: Clients) -> Generator[Joined]:
            with pymysql.connect(**arguments(server_of(mysql_url, 1, 30.0))) as connection:
                connection.begin()

                def end(how: str) -> None:
                    with connection.cursor() as cursor:
                        cursor.execute(how, ())

                yield Joined(store(ENGINE, clients, connection), end)

        return joined


class TestAsyncMysql(Served):
    @pytest.fixture
    def harness(self, mysql_url: str) -> Harness:
        return harness(ENGINE, mysql_url, awaited=True, slow=True)


def test_git_history_runs_on_it(mysql_url: str) -> None:
    with pymysql.connect(**arguments(server_of(mysql_url, 1, 30.0))) as connection, connection.cursor() as cursor:

        def execute(text: str) -> list[tuple[Any, ...]]:
            cursor.execute(text, ())
            return list(cursor.fetchall())

        git_history(mysql_url, execute, "MySQL and MariaDB")
        execute("DROP TABLE commits, commits_snapshots, commits_registers, commits_barrier, commits_settled")
