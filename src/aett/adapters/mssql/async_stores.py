"""The SQL Server stores on pyodbc and threads."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from sqlalchemy.pool import Pool

from aett.adapters.lending.threads import ThreadedPerformer
from aett.adapters.mssql.dialect import dialect
from aett.adapters.mssql.pyodbc_driver import DRIVER, Connection, lender_of
from aett.adapters.sql.async_stores import (
    AsyncKind,
    AsyncSqlCommitStore,
    AsyncSqlPersistenceManagement,
    AsyncSqlRegisterStore,
    AsyncSqlSnapshotStore,
)
from aett.adapters.sql.performing import SqlPerformer

Database: TypeAlias = "str | Pool | Connection"


def _performer(database: Database, pool_size: int, timeout: float) -> ThreadedPerformer:
    return ThreadedPerformer(SqlPerformer(DRIVER, lender_of(database, pool_size, timeout)), pool_size)


_KIND = AsyncKind(dialect, _performer)


class AsyncCommitStore(AsyncSqlCommitStore[Database]):
    """A `CommitStore` that is awaited.

    database: as for `CommitStore`; the same steps are performed on threads, `pool_size` at most.
      The rest as for `CommitStore`.
    """

    _kind: ClassVar = _KIND


class AsyncSnapshotStore(AsyncSqlSnapshotStore[Database]):
    """A `SnapshotStore` that is awaited."""

    _kind: ClassVar = _KIND


class AsyncRegisterStore(AsyncSqlRegisterStore[Database]):
    """A `RegisterStore` that is awaited."""

    _kind: ClassVar = _KIND


class AsyncPersistenceManagement(AsyncSqlPersistenceManagement[Database]):
    """A `PersistenceManagement` that is awaited."""

    _kind: ClassVar = _KIND
