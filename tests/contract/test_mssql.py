"""SQL Server keeps the laws, sync and async, on the server that AETT_TEST_MSSQL names."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from tests.contract.served import Joined, Joining, Joins, Served, harness, store

from aett.testing import Harness
from aett.testing.clients import Clients

ENGINE = "aett.adapters.mssql"


class TestMssql(Joins, Served):
    @pytest.fixture
    def harness(self, mssql_url: str) -> Harness:
        return harness(ENGINE, mssql_url)

    @pytest.fixture
    def joining(self, mssql_url: str) -> Joining:
        @contextmanager
        def joined(clients: Clients) -> Generator[Joined]:
            import pyodbc  # noqa: PLC0415  # where there is no server, there may be no unixODBC

            connection = pyodbc.connect(mssql_url, autocommit=True)
            try:
                connection.execute("BEGIN TRANSACTION")

                def end(how: str) -> None:
                    connection.execute(f"{how} TRANSACTION")

                yield Joined(store(ENGINE, clients, connection), end)
            finally:
                connection.close()

        return joined


class TestAsyncMssql(Served):
    @pytest.fixture
    def harness(self, mssql_url: str) -> Harness:
        return harness(ENGINE, mssql_url, awaited=True)
