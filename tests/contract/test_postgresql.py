"""PostgreSQL keeps the laws, sync and async."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
import pytest
from tests.contract.served import Joined, Joining, Joins, Served, git_history, harness, store
from tests.contract.ways import another_way

from aett.testing import Contract, Harness
from aett.testing.clients import Clients

ENGINE = "aett.adapters.postgresql"


class TestPostgresql(Joins, Served):
    @pytest.fixture
    def harness(self, postgresql_url: str) -> Harness:
        return harness(ENGINE, postgresql_url)

    @pytest.fixture
    def joining(self, postgresql_url: str) -> Joining:
        @contextmanager
        def joined(clients: Clients) -> Generator[Joined]:
            with psycopg.connect(postgresql_url) as connection:

                def end(how: str) -> None:
                    connection.execute(how.encode())

                yield Joined(store(ENGINE, clients, connection), end)

        return joined


class TestAsyncPostgresql(Served):
    @pytest.fixture
    def harness(self, postgresql_url: str) -> Harness:
        return harness(ENGINE, postgresql_url, awaited=True, slow=True)


@another_way()
class TestPostgresqlBehindAPooler(Contract):
    @pytest.fixture
    def harness(self, pgbouncer_url: str) -> Harness:
        return harness(ENGINE, f"{pgbouncer_url}?prepare=off", slow=True)


@another_way()
class TestAsyncPostgresqlBehindAPooler(Contract):
    @pytest.fixture
    def harness(self, pgbouncer_url: str) -> Harness:
        return harness(ENGINE, f"{pgbouncer_url}?prepare=off", awaited=True, slow=True)


def test_git_history_runs_on_it(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        git_history(postgresql_url, lambda text: connection.execute(text.encode()).fetchall(), "PostgreSQL")
        connection.execute("DROP TABLE commits, commits_snapshots, commits_registers")
