"""asyncpg: its connections, and what is done with them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from aett.adapters.lending.awaiting import (
    AsyncCallersConnection,
    AsyncCallersPool,
    AsyncLender,
    OwnPools,
    undone_soon,
)
from aett.adapters.lending.blocking import Joined
from aett.adapters.lending.borrowing import AsyncBorrowed
from aett.adapters.postgresql import errors
from aett.adapters.postgresql.dialect import PROBE
from aett.adapters.postgresql.server import Awaited, awaited, server_of
from aett.adapters.sql.awaiting import AsyncDriver
from aett.adapters.sql.copying import Copying
from aett.adapters.sql.failing import Failures
from aett.adapters.sql.probe import prove_awaiting
from aett.adapters.sql.rendering import numbered
from aett.adapters.sql.statement import Parameters, Row, Rows
from aett.core.errors import AettError, StoreClosed

Connection: TypeAlias = Any
"""asyncpg has types in its stubs only."""

Pool: TypeAlias = Any


def lender_of(
    database: str | Pool | Connection | Joined | AsyncBorrowed[Connection], pool_size: int, timeout: float
) -> AsyncLender[Connection]:
    """Where the connections to this database come from."""
    match database:
        case str():
            server, prepare = server_of(database, pool_size, timeout)
            place = awaited(server)

            async def opened() -> Pool:
                return await _pool(place, prepare=prepare)

            return OwnPools(server.name, timeout, opened, _lent, _close, _terminate, _transports)
        case asyncpg.Pool():
            return AsyncCallersPool(lambda: _lent(database), _verify, _itself)
        case asyncpg.Connection() | PoolConnectionProxy():
            return AsyncCallersConnection(database, _is_alone, _verify)
        case Joined(connection):
            return AsyncCallersConnection(connection, _is_alone)
        case AsyncBorrowed():
            return database  # pyright: ignore[reportUnknownVariableType]  # of this driver's connections
        case _:
            raise TypeError(f"a URL, an asyncpg.Pool or an asyncpg.Connection, not {type(database).__name__}")


async def _pool(place: Awaited, *, prepare: bool) -> Pool:
    create_pool: Any = getattr(asyncpg, "create_pool")  # noqa: B009  # its type is partly unknown
    settings: dict[str, Any] = {} if prepare else {"statement_cache_size": 0}

    async def init(connection: Connection) -> None:
        sock = connection._transport.get_extra_info("socket")  # noqa: SLF001  # asyncpg sets no options of it
        for level, option, value in place.socket_options:
            sock.setsockopt(level, option, value)

    return await create_pool(
        place.server.url,
        min_size=0,
        max_size=place.server.pool_size,
        reset=_nothing,
        init=init if place.socket_options else None,
        **place.arguments,
        **settings,
    )


async def _nothing(connection: Connection) -> None:
    """A connection goes back as it came, for we change nothing about it: resetting it is a round trip."""
    del connection


@asynccontextmanager
async def _lent(pool: Pool) -> AsyncGenerator[Connection]:
    connection = await pool.acquire()
    try:
        yield connection
    except Exception as error:
        if isinstance(error, (TimeoutError, OSError)):  # as below: a limit of the caller's own may be over
            connection.terminate()
        else:
            await pool.release(connection)
        raise
    except BaseException:
        connection.terminate()  # which gives it back, too; to release it would wait for the server
        raise
    await pool.release(connection)


async def _close(pool: Pool) -> None:
    await pool.close()


async def _terminate(pool: Pool) -> None:
    pool.terminate()


def _transports(pool: Pool) -> list[Any]:
    connections = [each._con for each in pool._holders]  # noqa: SLF001  # asyncpg closes nothing without its loop
    return [each._transport for each in connections if each is not None and each._transport is not None]  # noqa: SLF001


async def _verify(connection: Connection) -> None:
    await prove_awaiting(connection, _rows, PROBE)


def _itself(lent: Connection) -> object:
    return lent._con  # noqa: SLF001  # a pool lends the same connection by another proxy each time


def _is_alone(connection: Connection) -> bool:
    return not connection.is_in_transaction()


async def _rows(connection: Connection, text: str, parameters: Parameters) -> Rows:
    rendered, names = numbered(text)
    rows = await connection.fetch(rendered, *(parameters[name] for name in names))
    return [tuple(row) for row in rows]


async def _changed(connection: Connection, text: str, parameters: Parameters) -> int | None:
    rows = await _rows(connection, text, parameters)
    return rows[0][0] if rows else None


async def _copy(connection: Connection, copying: Copying, rows: Sequence[Row]) -> None:
    table, columns = copying.table, [name for name, _ in copying.columns]
    await connection.copy_records_to_table(table.name, schema_name=table.schema, columns=columns, records=rows)


@asynccontextmanager
async def _transaction(connection: Connection, joins: bool) -> AsyncGenerator[None]:  # noqa: FBT001  # as AsyncDriver says
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    except Exception:
        if not connection.is_closed():
            await transaction.rollback()
        raise
    except BaseException:
        if joins:
            await undone_soon(transaction.rollback, connection.terminate)
        raise
    await transaction.commit()


def _translated(error: Exception, name: str) -> AettError:
    if isinstance(error, asyncpg.InterfaceError) and "pool is clos" in str(error):
        return StoreClosed(f"{name}: {error}")
    return errors.translated(error, name)


DRIVER: Final[AsyncDriver[Connection]] = AsyncDriver(
    rows=_rows,
    changed=_changed,
    transaction=_transaction,
    copy=_copy,
    # A broken connection is an OSError.
    failures=Failures(
        (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError),
        errors.victim,
        errors.undone,
        _translated,
    ),
)
