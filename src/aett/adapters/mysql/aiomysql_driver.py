"""aiomysql: its connections, and what is done with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, TypeAlias

import aiomysql
import pymysql
from attrs import frozen
from pymysql.constants.SERVER_STATUS import SERVER_STATUS_NO_BACKSLASH_ESCAPES

from aett.adapters.lending.awaiting import (
    AsyncCallersConnection,
    AsyncCallersPool,
    AsyncLender,
    OwnPools,
    undone_soon,
)
from aett.adapters.lending.blocking import Joined
from aett.adapters.lending.borrowing import AsyncBorrowed
from aett.adapters.mysql.dialect import PROBE
from aett.adapters.mysql.errors import FAILURES, duplicate, locked
from aett.adapters.mysql.server import SQL_MODE, arguments, is_mariadb, server_of
from aett.adapters.sql.awaiting import AsyncDriver
from aett.adapters.sql.probe import prove_awaiting
from aett.adapters.sql.rendering import pyformat
from aett.adapters.sql.server import Server
from aett.adapters.sql.statement import Parameters, Rows
from aett.core.errors import UnsupportedServer

Connection: TypeAlias = Any
"""aiomysql has no types."""

Pool: TypeAlias = Any


class _Cursor(aiomysql.Cursor):  # type: ignore[misc]  # aiomysql has no types
    """Asks for no warnings: a table that is there already is none to us, and asking is a round trip."""

    async def _show_warnings(self, conn: Connection) -> None:
        """Show none."""


def lender_of(
    database: str | Pool | Connection | Joined | AsyncBorrowed[Connection], pool_size: int, timeout: float
) -> AsyncLender[Connection]:
    """Where the connections to this database come from."""
    match database:
        case str():
            server = server_of(database, pool_size, timeout)

            async def opened() -> _Opened:
                return _Opened(await _pool(server), asyncio.Semaphore(pool_size))

            return OwnPools(server.name, server.timeout, opened, _lent_in_turn, _close, _terminate, _transports)
        case aiomysql.Pool():
            return AsyncCallersPool(lambda: _lent(database), _verify)
        case aiomysql.Connection():
            return AsyncCallersConnection(database, _is_alone, _verify)
        case Joined(connection):
            return AsyncCallersConnection(connection, _is_alone)
        case AsyncBorrowed():
            return database  # pyright: ignore[reportUnknownVariableType]  # of this driver's connections
        case _:
            raise TypeError(f"a URL, an aiomysql.Pool or an aiomysql.Connection, not {type(database).__name__}")


async def _pool(server: Server) -> Pool:
    create_pool: Any = getattr(aiomysql, "create_pool")  # noqa: B009  # its type is partly unknown
    return await create_pool(minsize=1, maxsize=server.pool_size, sql_mode=f"'{SQL_MODE}'", **arguments(server))


@frozen
class _Opened:
    """A pool, and as many turns as it has connections.

    Who waited in the pool itself could not be cancelled while it connects, and is not told of a connection that
    comes back broken.
    """

    pool: Pool
    turns: asyncio.Semaphore


@asynccontextmanager
async def _lent_in_turn(opened: _Opened) -> AsyncGenerator[Connection]:
    async with opened.turns, _lent(opened.pool) as connection:
        yield connection


@asynccontextmanager
async def _lent(pool: Pool) -> AsyncGenerator[Connection]:
    connection = await pool.acquire()
    try:
        yield connection
        if not connection.get_autocommit():
            await connection.commit()
    except Exception:
        await pool.release(connection)
        raise
    except BaseException:
        connection.close()
        pool.release(connection)  # of one that is closed, there is nothing to wait for
        raise
    await pool.release(connection)


async def _close(opened: _Opened) -> None:
    opened.pool.close()
    await opened.pool.wait_closed()


async def _terminate(opened: _Opened) -> None:
    opened.pool.terminate()
    await opened.pool.wait_closed()  # which closes those that are free


def _transports(opened: _Opened) -> list[Any]:
    # aiomysql ends nothing without its loop.
    writers = [each._writer for each in (*opened.pool._free, *opened.pool._used)]  # noqa: SLF001
    return [each.transport for each in writers if each is not None]


async def _verify(connection: Connection) -> None:
    await prove_awaiting(connection, _rows, PROBE)


def _is_alone(connection: Connection) -> bool:
    return connection.get_autocommit() and not connection.get_transaction_status()


def _cursor(connection: Connection) -> AbstractAsyncContextManager[Any]:
    if connection.server_status & SERVER_STATUS_NO_BACKSLASH_ESCAPES:
        raise UnsupportedServer("aiomysql would garble what is stored under the sql_mode NO_BACKSLASH_ESCAPES")
    cursor: AbstractAsyncContextManager[Any] = connection.cursor(_Cursor)
    return cursor


async def _rows(connection: Connection, text: str, parameters: Parameters) -> Rows:
    async with _cursor(connection) as cursor:
        await cursor.execute(pyformat(text), parameters)
        return list(await cursor.fetchall())


async def _changed(connection: Connection, text: str, parameters: Parameters) -> int | None:
    async with _cursor(connection) as cursor:
        try:
            count = await cursor.execute(pyformat(text), parameters)
        except pymysql.IntegrityError as error:
            if duplicate(error):
                return None
            raise
        checkpoint: int | None = cursor.lastrowid if count else None
        return checkpoint


@asynccontextmanager
async def _transaction(connection: Connection, joins: bool) -> AsyncGenerator[None]:  # noqa: FBT001  # as AsyncDriver says
    joined = connection.get_transaction_status()
    await _rows(connection, "SAVEPOINT aett" if joined else "START TRANSACTION", {})

    async def undo() -> None:
        if not connection.closed:
            await _rows(connection, "ROLLBACK TO SAVEPOINT aett" if joined else "ROLLBACK", {})

    try:
        yield
    except Exception:
        await undo()
        raise
    except BaseException:
        if joins:
            await undone_soon(undo, connection.close)
        raise
    await _rows(connection, "RELEASE SAVEPOINT aett" if joined else "COMMIT", {})


def _returns(connection: Connection) -> bool:
    version: Any = connection.get_server_info()
    return is_mariadb(version)


async def _passed(connection: Connection, text: str) -> bool:
    try:
        await _rows(connection, text, {})
    except pymysql.Error as error:
        if locked(error):
            return False
        raise
    return True


DRIVER: Final[AsyncDriver[Connection]] = AsyncDriver(
    rows=_rows,
    changed=_changed,
    transaction=_transaction,
    returns=_returns,
    passed=_passed,
    failures=FAILURES,
)
