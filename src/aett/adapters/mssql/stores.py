"""The SQL Server stores on pyodbc."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from sqlalchemy.pool import Pool

from aett.adapters.mssql.dialect import dialect
from aett.adapters.mssql.pyodbc_driver import DRIVER, Connection, lender_of
from aett.adapters.sql.performing import SqlPerformer
from aett.adapters.sql.stores import (
    Kind,
    SqlCommitStore,
    SqlPersistenceManagement,
    SqlRegisterStore,
    SqlSnapshotStore,
)

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
