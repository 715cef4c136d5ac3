"""SQL Server keeps the laws, sync and async, on the server that AETT_TEST_MSSQL names."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from tests.contract.served import Joined, Joining, Joins, Served, harness, store
from tests.contract.test_borrowed import must_be_refused, queue_pool
from tests.contract.test_lending import At, place_of
from tests.contract.test_silence import gives_up, used
from tests.servers.relay import relayed

from aett.testing import Harness
from aett.testing.clients import Clients
from aett.testing.samples import TOPICS

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


@pytest.fixture
def at(mssql_url: str) -> Generator[At]:
    with place_of("mssql", mssql_url) as at:
        yield at


def converting(kind: str, converter: Callable[[bytes], object]) -> Callable[[Any], None]:
    def change(connection: Any) -> None:
        import pyodbc  # noqa: PLC0415  # where there is no server, there may be no unixODBC

        connection.add_output_converter(getattr(pyodbc, kind), converter)

    return change


def uncommitted(connection: Any) -> None:
    connection.execute("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (converting("SQL_VARBINARY", bytes.hex), "output converters"),
        (converting("SQL_BIGINT", lambda _: 7), "output converters"),
        (uncommitted, "READ UNCOMMITTED"),
    ],
    ids=["bytes", "integers", "isolation"],
)
def test_a_connection_that_would_change_something_is_refused(
    at: At, change: Callable[[Any], None], told: str
) -> None:
    import pyodbc  # noqa: PLC0415

    def connect() -> Any:
        connection = pyodbc.connect(at.url, autocommit=True)
        change(connection)
        return connection

    with closing(connect()) as connection:
        must_be_refused(at, connection, told)
    with queue_pool(connect) as pool:
        must_be_refused(at, pool, told)


def test_nothing_is_waited_for_longer_than_the_timeout(at: At) -> None:
    port = re.search(r"(?<=PORT=)\d+", at.url)
    if port is None:
        pytest.skip("the connection string names no PORT=")
    with relayed(f"127.0.0.1:{port[0]}") as (address, relay):
        url = at.url.replace(f"PORT={port[0]}", f"PORT={address.rpartition(':')[2]}")
        by_relay: Any = At("mssql", url, at.arguments).made("CommitStore", topic_map=TOPICS, timeout=1.0)
        used(by_relay)
        gives_up(by_relay, relay)
