"""The SQL Server stores on pyodbc."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import ClassVar, TypeAlias

from sqlalchemy.pool import Pool

from aett.adapters.mssql.dialect import dialect
from aett.adapters.mssql.pyodbc_driver import DRIVER, Connection, lender_of
from aett.adapters.sql.dialect import TABLE
from aett.adapters.sql.performing import SqlPerformer
from aett.adapters.sql.server import TIMEOUT
from aett.adapters.sql.stores import (
    Kind,
    SqlCommitStore,
    SqlPersistenceManagement,
    SqlRegisterStore,
    SqlSnapshotStore,
)
from aett.adapters.sql.transactions import Made, Transaction, transacting

Database: TypeAlias = str | Pool | Connection


def _performer(database: Database, pool_size: int, timeout: float) -> SqlPerformer[Connection]:
    return SqlPerformer(DRIVER, lender_of(database, pool_size, timeout))


_KIND = Kind(dialect, _performer)


class CommitStore(SqlCommitStore[Database]):
    """A commit store in a SQL Server database.

    database: an ODBC connection string (`DRIVER=...;SERVER=...;...`; the store then keeps a pool of its
      own, opened at first use), a `sqlalchemy.Pool` of pyodbc connections of yours, or a
      `pyodbc.Connection` of yours: if that has a transaction open, commits become part of it.
    table: of the commits, perhaps with its schema, as in `app.commits`; `PersistenceManagement` makes it.
    page_size: commits read at once.
    max_commit_size: bytes of headers, events and commands; more is `CommitTooLarge`.
    pool_size: connections at most. timeout: seconds to wait for one, and for what is then asked of it.
    """

    _kind: ClassVar = _KIND


class SnapshotStore(SqlSnapshotStore[Database]):
    """A snapshot store in a SQL Server database, beside the commits table of this name."""

    _kind: ClassVar = _KIND


class RegisterStore(SqlRegisterStore[Database]):
    """A register store in a SQL Server database, beside the commits table of this name."""

    _kind: ClassVar = _KIND


class PersistenceManagement(SqlPersistenceManagement[Database]):
    """Creates, verifies, empties and drops a commits table and its snapshots table."""

    _kind: ClassVar = _KIND


def transaction(
    database: Database, *, table: str = TABLE, timeout: float = TIMEOUT
) -> AbstractContextManager[Transaction[Connection]]:
    """A transaction of several stores, and of what you do on its connection.

    `with transaction(pool) as tx:` begins it on a connection of the pool's, on a new one if database is a URL, or
    on your own connection, as a savepoint if it has a transaction open. `tx.commit_store(...)`,
    `tx.snapshot_store()` and `tx.registers()` join it, and so does what is done on `tx.connection`. It is
    committed when the block ends; if the block fails, or has called `tx.rollback()`, nothing of it stays.

    Raises `StorageUnavailable` if it cannot be committed, for one, since it met another: begin it again.
    """
    made = Made(CommitStore, SnapshotStore, RegisterStore)
    return transacting(DRIVER, lender_of(database, 1, timeout), made, table)
