"""Connections of the caller's that would change what is written or read: refused before anything is."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aioboto3
import aiomysql
import aiosqlite
import asyncpg
import boto3
import psycopg
import pymysql
import pytest
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format
from psycopg_pool import ConnectionPool
from pymysql.converters import conversions
from sqlalchemy.pool import QueuePool
from tests.contract.leaving import commit
from tests.contract.test_lending import At, place_of
from tests.contract.test_mysql_server import known

from aett import UnsupportedServer
from aett.adapters import dynamodb, postgresql, sqlite
from aett.testing.samples import TOPICS


@pytest.fixture(scope="session")
def at_postgresql(postgresql_url: str) -> Generator[At]:
    with place_of("postgresql", postgresql_url) as at:
        yield at


@pytest.fixture(scope="session")
def at_mysql(mysql_url: str) -> Generator[At]:
    with place_of("mysql", mysql_url) as at:
        yield at


def must_be_refused(at: At, given: Any, told: str) -> None:
    """A connection or pool; a good one beside it sees that nothing was written."""
    store = import_module(f"aett.adapters.{at.engine}").CommitStore(given, topic_map=TOPICS, **at.arguments)
    written = commit(1)
    for _ in range(2):  # refused once, it is not taken for verified
        with pytest.raises(UnsupportedServer, match=told):
            store.commit(written)
        with pytest.raises(UnsupportedServer, match=told):
            list(store.get(written.tenant_id, written.stream_id))
    with at.made("CommitStore", topic_map=TOPICS) as good:
        assert list(good.get(written.tenant_id, written.stream_id)) == []


async def must_be_refused_awaiting(at: At, given: Any, told: str) -> None:
    """The same, awaited."""
    store = import_module(f"aett.adapters.{at.engine}").AsyncCommitStore(given, topic_map=TOPICS, **at.arguments)
    written = commit(1)
    for _ in range(2):
        with pytest.raises(UnsupportedServer, match=told):
            await store.commit(written)
        with pytest.raises(UnsupportedServer, match=told):
            [each async for each in store.get(written.tenant_id, written.stream_id)]
    async with at.made("AsyncCommitStore", topic_map=TOPICS) as good:
        assert [each async for each in good.get(written.tenant_id, written.stream_id)] == []


# psycopg


class Upper(Dumper):
    """Text is written in capitals."""

    oid = 25

    def dump(self, obj: Any) -> bytes:
        return str(obj).upper().encode()


class Decimals(Loader):
    """Numbers are read as decimals."""

    format = Format.BINARY

    def load(self, data: Any) -> Decimal:
        return Decimal(int.from_bytes(bytes(data), "big", signed=True))


def latin1(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET client_encoding TO latin1")


PSYCOPG: list[tuple[Callable[[psycopg.Connection[Any]], object], str]] = [
    (latin1, "client_encoding must be UTF8, not iso8859-1"),
    (lambda connection: connection.adapters.register_dumper(str, Upper), "does not give text back .* adapters"),
    (
        lambda connection: connection.adapters.register_loader("int8", Decimals),
        "does not give large integers back",
    ),
]


@pytest.mark.parametrize(("change", "told"), PSYCOPG)
def test_a_psycopg_connection_that_would_change_something_is_refused(
    at_postgresql: At, change: Any, told: str
) -> None:
    with psycopg.connect(at_postgresql.url, autocommit=True) as connection:
        change(connection)
        must_be_refused(at_postgresql, connection, told)


@pytest.mark.parametrize(("change", "told"), PSYCOPG)
def test_a_psycopg_pool_whose_connections_would_change_something_is_refused(
    at_postgresql: At, change: Any, told: str
) -> None:
    def configure(connection: psycopg.Connection[Any]) -> None:
        connection.autocommit = True
        change(connection)

    with ConnectionPool(at_postgresql.url, min_size=1, max_size=2, configure=configure, open=True) as pool:
        must_be_refused(at_postgresql, pool, told)


def test_a_psycopg_connection_in_pipeline_mode_is_refused(at_postgresql: At) -> None:
    with psycopg.connect(at_postgresql.url, autocommit=True) as connection:
        with connection.pipeline():
            must_be_refused(at_postgresql, connection, "pipeline mode")
        place: Any = postgresql
        store = place.CommitStore(connection, topic_map=TOPICS, **at_postgresql.arguments)
        store.commit(commit(1)).unwrap()
        with connection.pipeline(), pytest.raises(UnsupportedServer, match="pipeline mode"):
            store.commit(commit(1))


# asyncpg


async def upper_text(connection: Any) -> None:
    await connection.set_type_codec("text", schema="pg_catalog", encoder=str.upper, decoder=str)


async def decimal_numbers(connection: Any) -> None:
    await connection.set_type_codec("int8", schema="pg_catalog", encoder=str, decoder=Decimal)


ASYNCPG = [
    (upper_text, "does not give text back .* codecs"),
    (decimal_numbers, "does not give large integers back"),
]


@pytest.mark.parametrize(("change", "told"), ASYNCPG)
def test_an_asyncpg_connection_that_would_change_something_is_refused(
    at_postgresql: At, change: Any, told: str
) -> None:
    async def refused() -> None:
        connect: Any = getattr(asyncpg, "connect")  # noqa: B009  # its type is partly unknown
        connection = await connect(at_postgresql.url)
        await change(connection)
        await must_be_refused_awaiting(at_postgresql, connection, told)
        await connection.close()

    asyncio.run(refused())


@pytest.mark.parametrize(("change", "told"), ASYNCPG)
def test_an_asyncpg_pool_whose_connections_would_change_something_is_refused(
    at_postgresql: At, change: Any, told: str
) -> None:
    async def refused() -> None:
        create_pool: Any = getattr(asyncpg, "create_pool")  # noqa: B009  # its type is partly unknown
        async with create_pool(at_postgresql.url, min_size=1, init=change) as pool:
            await must_be_refused_awaiting(at_postgresql, pool, told)

    asyncio.run(refused())


# MySQL's drivers


MYSQL: list[tuple[dict[str, Any], str]] = [
    ({"charset": "latin1"}, "takes not all text .* charset"),
    ({"charset": "utf8"}, "does not give text back"),
    ({"use_unicode": False}, "does not give text back .* use_unicode"),
    ({"conv": {**conversions, 8: Decimal}}, "does not give large integers back .* converters"),
    ({"init_command": "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED"}, "READ UNCOMMITTED"),
]


@contextmanager
def queue_pool(connect: Callable[[], Any]) -> Generator[QueuePool]:
    pool = QueuePool(connect)
    yield pool
    pool.dispose()


@pytest.mark.parametrize(("settings", "told"), MYSQL)
def test_a_pymysql_connection_that_would_change_something_is_refused(
    at_mysql: At, settings: dict[str, Any], told: str
) -> None:
    def connect() -> Any:
        return pymysql.connect(**(known(at_mysql.url) | settings))

    with connect() as connection:
        must_be_refused(at_mysql, connection, told)
    with queue_pool(connect) as pool:
        must_be_refused(at_mysql, pool, told)


# For aiomysql, `utf8` has four bytes.
@pytest.mark.parametrize(("settings", "told"), [each for each in MYSQL if each[0].get("charset") != "utf8"])
def test_an_aiomysql_connection_that_would_change_something_is_refused(
    at_mysql: At, settings: dict[str, Any], told: str
) -> None:
    async def refused() -> None:
        connect: Any = getattr(aiomysql, "connect")  # noqa: B009  # its type is partly unknown
        connection = await connect(**(known(at_mysql.url) | settings))
        await must_be_refused_awaiting(at_mysql, connection, told)
        connection.close()
        create_pool: Any = getattr(aiomysql, "create_pool")  # noqa: B009
        async with create_pool(**(known(at_mysql.url) | settings)) as pool:
            await must_be_refused_awaiting(at_mysql, pool, told)

    asyncio.run(refused())


# Amazon's clients


def test_the_client_of_a_boto3_resource_is_refused(dynamodb_url: str) -> None:
    """It would turn `{"S": "text"}` into a map."""
    options: dict[str, Any] = dict(parse_qsl(urlsplit(dynamodb_url).query))
    region = urlsplit(dynamodb_url).netloc
    made: Any = boto3
    session: Any = aioboto3.Session()
    with place_of("dynamodb", dynamodb_url) as at:
        resource = made.resource("dynamodb", region_name=region, **options)
        with pytest.raises(UnsupportedServer, match="boto3.resource"):
            dynamodb.CommitStore(resource.meta.client, topic_map=TOPICS, table=at.arguments["table"]).commit(
                commit(1)
            )

        async def refused() -> None:
            async with session.resource("dynamodb", region_name=region, **options) as awaited:
                store = dynamodb.AsyncCommitStore(awaited.meta.client, topic_map=TOPICS)
                with pytest.raises(UnsupportedServer, match="boto3.resource"):
                    await store.commit(commit(1))

        asyncio.run(refused())


# SQLite's drivers


@pytest.fixture
def converters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has a declared type would be read as something else."""
    for name in ("INTEGER", "TEXT", "BLOB"):
        monkeypatch.setitem(sqlite3.converters, name, lambda value: ("converted", value))


@pytest.mark.usefixtures("converters")
@pytest.mark.parametrize("detect", [sqlite3.PARSE_DECLTYPES, sqlite3.PARSE_COLNAMES])
def test_converters_of_sqlite3_do_not_change_what_is_read(tmp_path: Path, detect: int) -> None:
    path = tmp_path / "events.db"
    with sqlite.PersistenceManagement(path) as management:
        management.initialize()
    written = commit(1)

    async def read_again() -> list[Any]:
        async with aiosqlite.connect(path, isolation_level=None, detect_types=detect) as connection:
            store = sqlite.AsyncCommitStore(connection, topic_map=TOPICS)
            return [each async for each in store.get(written.tenant_id, written.stream_id)]

    connection = sqlite3.connect(path, isolation_level=None, detect_types=detect)
    with closing(connection), sqlite.CommitStore(connection, topic_map=TOPICS) as store:
        stored = store.commit(written).unwrap()
        assert list(store.get(written.tenant_id, written.stream_id)) == [stored]
    assert asyncio.run(read_again()) == [stored]


ADAPTED = """
import asyncio, sqlite3, sys
from tests.contract.leaving import commit
from aett import UnsupportedServer
from aett.adapters import sqlite
from aett.testing.samples import TOPICS

with sqlite.PersistenceManagement("events.db") as management:
    management.initialize()
sqlite3.register_adapter(str, str.upper)  # for the whole process: not to be taken back
borrowed = sqlite3.connect("events.db", isolation_level=None)

def refused(call):
    try:
        call()
    except UnsupportedServer as error:
        assert "does not give text back" in str(error), error
        return True
    return False

written = commit(1)
assert refused(lambda: sqlite.CommitStore("events.db", topic_map=TOPICS).commit(written))
assert refused(lambda: sqlite.CommitStore(borrowed, topic_map=TOPICS).commit(written))
assert refused(lambda: asyncio.run(sqlite.AsyncCommitStore("events.db", topic_map=TOPICS).commit(written)))
assert borrowed.execute("SELECT count(*) FROM commits").fetchall() == [(0,)]
print("done")
"""


def test_adapters_of_sqlite3_that_would_change_text_are_refused(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(  # noqa: S603  # our own
        [sys.executable, "-c", ADAPTED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == "done\n", done.stderr
