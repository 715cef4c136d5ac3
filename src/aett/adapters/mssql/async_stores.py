"""The SQL Server stores on pyodbc and threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import ClassVar, TypeAlias

from sqlalchemy.pool import Pool

from aett.adapters.lending.threads import ThreadedPerformer
from aett.adapters.mssql.dialect import dialect
from aett.adapters.mssql.pyodbc_driver import DRIVER, Connection, lender_of
from aett.adapters.mssql.stores import transaction
from aett.adapters.sql.async_stores import (
    AsyncKind,
    AsyncSqlCommitStore,
    AsyncSqlPersistenceManagement,
    AsyncSqlRegisterStore,
    AsyncSqlSnapshotStore,
)
from aett.adapters.sql.async_transactions import AsyncMade, AsyncTransaction
from aett.adapters.sql.dialect import TABLE
from aett.adapters.sql.performing import SqlPerformer
from aett.adapters.sql.server import TIMEOUT

Database: TypeAlias = "str | Pool | Connection"


class _Threaded(ThreadedPerformer):
    def __init__(self, performer: SqlPerformer[Connection], threads: int) -> None:
        super().__init__(performer, threads)
        self.joins, self.borrowed = performer.joins, performer.borrowed


def _performer(database: Database, pool_size: int, timeout: float) -> _Threaded:
    return _Threaded(SqlPerformer(DRIVER, lender_of(database, pool_size, timeout)), pool_size)


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


@asynccontextmanager
async def async_transaction(
    database: Database,
    *,
    table: str = TABLE,
    timeout: float = TIMEOUT,  # noqa: ASYNC109  # as the other engines have it
) -> AsyncGenerator[AsyncTransaction[Connection]]:
    """A transaction that is awaited: as `transaction`. What is done on its connection itself blocks."""
    blocking = transaction(database, table=table, timeout=timeout)
    begun = await asyncio.to_thread(blocking.__enter__)
    made = AsyncMade(AsyncCommitStore, AsyncSnapshotStore, AsyncRegisterStore)
    try:
        async with AsyncExitStack() as stack:
            awaited = AsyncTransaction(begun.connection, made, table, stack)
            yield awaited
        begun.undone = awaited.undone
    except BaseException as error:
        await asyncio.shield(asyncio.to_thread(blocking.__exit__, type(error), error, error.__traceback__))
        raise
    await asyncio.shield(asyncio.to_thread(blocking.__exit__, None, None, None))
