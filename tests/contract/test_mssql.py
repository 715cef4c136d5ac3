"""SQL Server keeps the laws, sync and async, on the server that AETT_TEST_MSSQL names."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy.pool import QueuePool
from tests.contract.leaving import commit
from tests.contract.served import Joined, Joining, Joins, Served, harness, store
from tests.contract.test_lending import At, place_of
from tests.contract.test_silence import PATIENCE, used
from tests.servers.relay import relayed

from aett import StorageUnavailable, UnsupportedServer
from aett.adapters import mssql
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


def in_hexadecimal(connection: Any) -> None:
    import pyodbc  # noqa: PLC0415  # where there is no server, there may be no unixODBC

    connection.add_output_converter(pyodbc.SQL_VARBINARY, bytes.hex)


def in_decimals(connection: Any) -> None:
    import pyodbc  # noqa: PLC0415

    connection.add_output_converter(pyodbc.SQL_BIGINT, lambda _: 7)


def uncommitted(connection: Any) -> None:
    connection.execute("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")


@pytest.mark.parametrize("pooled", [False, True], ids=["connection", "pool"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (in_hexadecimal, "output converters"),
        (in_decimals, "output converters"),
        (uncommitted, "READ UNCOMMITTED"),
    ],
)
def test_a_connection_that_would_change_something_is_refused(
    at: At,
    change: Callable[[Any], None],
    told: str,
    pooled: bool,  # noqa: FBT001
) -> None:
    import pyodbc  # noqa: PLC0415

    def connect() -> Any:
        connection = pyodbc.connect(at.url, autocommit=True)
        change(connection)
        return connection

    written = commit(1)
    pool = QueuePool(connect)
    with closing(connect()) as connection:
        stores: Any = mssql
        changed = stores.CommitStore(pool if pooled else connection, topic_map=TOPICS, **at.arguments)
        for _ in range(2):  # refused once, it is not taken for verified
            with pytest.raises(UnsupportedServer, match=told):
                changed.commit(written)
    pool.dispose()
    with at.made("CommitStore", topic_map=TOPICS) as good:
        assert list(good.get(written.tenant_id, written.stream_id)) == []


def test_nothing_is_waited_for_longer_than_the_timeout(at: At) -> None:
    port = re.search(r"(?<=PORT=)\d+", at.url)
    if port is None:
        pytest.skip("the connection string names no PORT=")
    with relayed(f"127.0.0.1:{port[0]}") as (address, relay):
        url = at.url.replace(f"PORT={port[0]}", f"PORT={address.rpartition(':')[2]}")
        by_relay: Any = At("mssql", url, at.arguments).made("CommitStore", topic_map=TOPICS, timeout=1.0)
        used(by_relay)
        with ThreadPoolExecutor(1) as thread, relay.silenced():
            for number in (1, 2):  # with a connection that was open, and with a new one
                with pytest.raises(StorageUnavailable):
                    thread.submit(by_relay.commit, commit(number)).result(PATIENCE)
            thread.submit(by_relay.close).result(PATIENCE)
