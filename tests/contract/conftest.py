"""Servers for the contract tests: named by a variable of the environment, or our own, one for all workers."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from botocore.retries.standard import ExponentialBackoff
from tests.servers.kinds import KINDS
from tests.servers.server import Unavailable
from tests.servers.sharing import Shared

import aett.adapters

ADAPTERS = Path(aett.adapters.__file__ or "").parent

multiprocessing.set_forkserver_preload(
    [
        "tests.contract.served",
        "tests.contract.described",
        *(
            f"aett.adapters.{each.parent.name}.{each.stem}"
            for each in ADAPTERS.glob("*/*.py")
            if each.stem.endswith(("stores", "_driver"))
        ),
    ]
)


def _served(shared: Shared, kind: str) -> str:
    try:
        return shared.url(kind)
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgresql_url(servers: Shared) -> str:
    """Where a PostgreSQL server answers."""
    return _served(servers, "postgresql")


@pytest.fixture(scope="session")
def pgbouncer_url(servers: Shared) -> str:
    """Where a pooler in transaction mode answers for that server."""
    return _served(servers, "pgbouncer")


@pytest.fixture(scope="session")
def mssql_url(servers: Shared) -> str:
    """The ODBC connection string of a server that speaks T-SQL."""
    return _served(servers, "mssql")


@pytest.fixture(scope="session")
def mysql_url(servers: Shared) -> str:
    """Where a MySQL or MariaDB server answers."""
    return _served(servers, "mysql")


@pytest.fixture(scope="session")
def mongodb_url(servers: Shared) -> str:
    """Where a server answers that speaks MongoDB's protocol."""
    return _served(servers, "mongodb")


def _of_amazon(shared: Shared, kind: str) -> Generator[str]:
    """Our own takes any credentials."""
    with pytest.MonkeyPatch.context() as patch:
        if not os.environ.get(KINDS[kind].variable):
            patch.setenv("AWS_ACCESS_KEY_ID", "testing")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield _served(shared, kind)


@pytest.fixture(scope="session")
def dynamodb_url(servers: Shared) -> Generator[str]:
    """Where a server answers that speaks DynamoDB's protocol."""
    yield from _of_amazon(servers, "dynamodb")


@pytest.fixture(scope="session")
def s3_url(servers: Shared) -> Generator[str]:
    """A bucket of a server that speaks S3's protocol."""
    yield from _of_amazon(servers, "s3")


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Amazon's client need not wait before it asks again: how long it does is its maker's affair."""
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
