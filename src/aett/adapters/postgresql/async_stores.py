"""The PostgreSQL stores on asyncpg."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import ClassVar, TypeAlias

from aett.adapters.postgresql.asyncpg_driver import DRIVER, Connection, Pool, lender_of
from aett.adapters.postgresql.dialect import dialect
from aett.adapters.sql.async_stores import (
    AsyncKind,
    AsyncSqlCommitStore,
    AsyncSqlPersistenceManagement,
    AsyncSqlRegisterStore,
    AsyncSqlSnapshotStore,
)
from aett.adapters.sql.async_transactions import AsyncMade, AsyncTransaction, transacting
from aett.adapters.sql.awaiting import AsyncSqlPerformer
from aett.adapters.sql.dialect import TABLE
from aett.adapters.sql.server import TIMEOUT

Database: TypeAlias = "str | Pool | Connection"


def _performer(database: Database, pool_size: int, timeout: float) -> AsyncSqlPerformer[Connection]:
    return AsyncSqlPerformer(DRIVER, lender_of(database, pool_size, timeout))


_KIND = AsyncKind(dialect, _performer)


class AsyncCommitStore(AsyncSqlCommitStore[Database]):
    """A `CommitStore` that is awaited.

    database: a URL, an `asyncpg.Pool` of yours, or an `asyncpg.Connection` of yours: if that has a
      transaction open, commits become part of it.
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


def async_transaction(
    database: Database, *, table: str = TABLE, timeout: float = TIMEOUT
) -> AbstractAsyncContextManager[AsyncTransaction[Connection]]:
    """A transaction that is awaited: as `transaction`."""
    made = AsyncMade(AsyncCommitStore, AsyncSnapshotStore, AsyncRegisterStore)
    return transacting(DRIVER, lender_of(database, 1, timeout), made, table)
