"""Servers for the contract tests: named by a variable of the environment, or our own for the session."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator

import pytest
from tests.servers.amazon import amazon
from tests.servers.mariadb import mariadb
from tests.servers.mongodb import mongodb
from tests.servers.pgbouncer import pgbouncer
from tests.servers.postgresql import postgresql
from tests.servers.server import Server, Unavailable


def _served(variable: str, started: Callable[[], Server]) -> Generator[str]:
    if named := os.environ.get(variable):
        yield named
        return
    try:
        server = started()
        server.__enter__()
    except Unavailable as reason:
        pytest.skip(f"{reason}; {variable} may name a server's URL")
    try:
        yield server.url
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgresql_url() -> Generator[str]:
    """Where a PostgreSQL server answers."""
    yield from _served("AETT_TEST_POSTGRESQL", postgresql)


@pytest.fixture(scope="session")
def pgbouncer_url(postgresql_url: str) -> Generator[str]:
    """Where a pooler in transaction mode answers for that server."""
    yield from _served("AETT_TEST_PGBOUNCER", lambda: pgbouncer(postgresql_url))


@pytest.fixture(scope="session")
def mssql_url() -> str:
    """The ODBC connection string of a server that speaks T-SQL; none can be started here."""
    named = os.environ.get("AETT_TEST_MSSQL")
    if not named:
        pytest.skip("AETT_TEST_MSSQL names no server: it is an ODBC connection string, DRIVER=...;SERVER=...")
    return named


@pytest.fixture(scope="session")
def mysql_url() -> Generator[str]:
    """Where a MySQL or MariaDB server answers."""
    yield from _served("AETT_TEST_MYSQL", mariadb)


@pytest.fixture(scope="session")
def mongodb_url() -> Generator[str]:
    """Where a server answers that speaks MongoDB's protocol."""
    yield from _served("AETT_TEST_MONGODB", mongodb)


@pytest.fixture(scope="session")
def amazon_url() -> Generator[str]:
    """Where an emulator of Amazon's services answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield from _served("AETT_TEST_AMAZON", amazon)


@pytest.fixture(scope="session")
def dynamodb_url(request: pytest.FixtureRequest) -> str:
    """Where a server answers that speaks DynamoDB's protocol."""
    if named := os.environ.get("AETT_TEST_DYNAMODB"):
        return named
    return f"dynamodb://us-east-1?endpoint_url={request.getfixturevalue('amazon_url')}"
