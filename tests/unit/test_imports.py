"""What `import aett` brings along: no driver, and nothing that only tests or some domains need."""

import subprocess
import sys

import pytest
from odbc import WITH_ODBC

DRIVERS = {
    "sqlite3",
    "aiosqlite",
    "psycopg",
    "asyncpg",
    "pymysql",
    "aiomysql",
    "pyodbc",
    "pymongo",
    "boto3",
    "aioboto3",
}
WAITING = {"tenacity", "stamina"}
TESTING = {"hypothesis", "pytest"}
SLOW = {"cattrs"}


def imported_by(program: str) -> set[str]:
    listed = f"{program}\nimport sys\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run(  # noqa: S603  # both are ours
        [sys.executable, "-c", listed], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_aett_imports_no_driver() -> None:
    assert not imported_by("import aett") & (DRIVERS | WAITING | TESTING)


def test_importing_aett_leaves_what_is_slow_to_who_needs_it() -> None:
    assert not imported_by("import aett") & SLOW


def test_the_memory_engine_imports_no_driver() -> None:
    assert not imported_by("import aett.adapters.memory") & (DRIVERS | WAITING | TESTING)


@pytest.mark.parametrize(
    ("engine", "store", "drivers"),
    [
        ("sqlite", "CommitStore", {"sqlite3"}),
        ("sqlite", "AsyncCommitStore", {"sqlite3", "aiosqlite"}),
        ("postgresql", "CommitStore", {"psycopg"}),
        ("postgresql", "AsyncCommitStore", {"asyncpg"}),
        ("mysql", "CommitStore", {"pymysql"}),
        ("mysql", "AsyncCommitStore", {"pymysql", "aiomysql"}),
        ("mongodb", "CommitStore", {"pymongo"}),
        ("mongodb", "AsyncCommitStore", {"pymongo"}),
        ("dynamodb", "CommitStore", {"boto3"}),
        ("dynamodb", "AsyncCommitStore", {"boto3", "aioboto3"}),
        ("s3", "CommitStore", {"boto3"}),
        ("s3", "AsyncCommitStore", {"boto3", "aioboto3"}),
        pytest.param("mssql", "CommitStore", {"pyodbc"}, marks=WITH_ODBC),
        pytest.param("mssql", "AsyncCommitStore", {"pyodbc"}, marks=WITH_ODBC),
    ],
)
def test_a_store_imports_its_own_driver_and_no_other(engine: str, store: str, drivers: set[str]) -> None:
    assert imported_by(f"from aett.adapters.{engine} import {store}") & DRIVERS == drivers


@pytest.mark.parametrize(
    ("name", "missing", "extra"),
    [
        ("aett.adapters.sqlite.CommitStore", "tenacity", "sqlite"),
        ("aett.adapters.sqlite.AsyncCommitStore", "aiosqlite", "sqlite-async"),
        ("aett.adapters.postgresql.CommitStore", "psycopg", "postgresql"),
        ("aett.adapters.postgresql.CommitStore", "psycopg_pool", "postgresql"),
        ("aett.adapters.postgresql.AsyncCommitStore", "asyncpg", "postgresql-async"),
        ("aett.adapters.mysql.CommitStore", "pymysql", "mysql"),
        ("aett.adapters.mysql.AsyncCommitStore", "aiomysql", "mysql-async"),
        ("aett.adapters.mongodb.CommitStore", "pymongo", "mongodb"),
        ("aett.adapters.mongodb.AsyncCommitStore", "pymongo", "mongodb-async"),
        ("aett.adapters.dynamodb.CommitStore", "boto3", "dynamodb"),
        ("aett.adapters.dynamodb.AsyncCommitStore", "aioboto3", "dynamodb-async"),
        ("aett.adapters.s3.CommitStore", "boto3", "s3"),
        ("aett.adapters.s3.AsyncCommitStore", "aioboto3", "s3-async"),
        ("aett.adapters.mssql.CommitStore", "pyodbc", "mssql"),
        ("aett.testing.check_commutes", "hypothesis", "testing"),
    ],
)
def test_a_missing_extra_is_named(name: str, missing: str, extra: str) -> None:
    module, _, attribute = name.rpartition(".")
    program = f"import sys; sys.modules[{missing!r}] = None; from {module} import {attribute}"
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert f'{name} needs {missing}: pip install "aett[{extra}]"' in done.stderr
