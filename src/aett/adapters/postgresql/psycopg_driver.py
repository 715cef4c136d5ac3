"""psycopg: its connections, and what is done with them."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, TypeAlias, TypeVar

import psycopg
from attrs import frozen
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from aett.adapters.lending.blocking import CallersConnection, CallersPool, Joined, Lender, OwnPool
from aett.adapters.lending.borrowing import Borrowed
from aett.adapters.lending.freshness import Freshness
from aett.adapters.postgresql import errors
from aett.adapters.postgresql.dialect import PROBE
from aett.adapters.postgresql.schema import quoted
from aett.adapters.postgresql.server import server_of
from aett.adapters.sql.copying import Copying
from aett.adapters.sql.failing import Failures
from aett.adapters.sql.performing import Driver
from aett.adapters.sql.probe import prove
from aett.adapters.sql.rendering import pyformat
from aett.adapters.sql.server import Server
from aett.adapters.sql.statement import Parameters, Row, Rows
from aett.core.errors import AettError, StorageUnavailable, StoreClosed, UnsupportedServer

R = TypeVar("R")

Connection: TypeAlias = psycopg.Connection[Any]
Pool: TypeAlias = ConnectionPool[Any]


def lender_of(
    database: str | Pool | Connection | Joined | Borrowed[Connection], pool_size: int, timeout: float
) -> Lender[Connection]:
    """Where the connections to this database come from."""
    match database:
        case str():
            server, prepare = server_of(database, pool_size, timeout)
            said = _parsed(server)
            return OwnPool(server.name, lambda: _pool(server, said, prepare=prepare), _lent_fresh, _close)
        case ConnectionPool():
            return CallersPool(lambda: _lent(database), _verify)
        case psycopg.Connection():
            return CallersConnection(database, _is_alone, _verify)
        case Joined(connection):
            return CallersConnection(connection, _is_alone)
        case Borrowed():
            return database
        case _:
            raise TypeError(
                f"a URL, a psycopg_pool.ConnectionPool or a psycopg.Connection, not {type(database).__name__}"
            )


class _Bounded(psycopg.Connection[Any]):
    """A connection that waits for an answer so many seconds, and knows when it was last used."""

    seconds: float = math.inf
    used: float = 0.0

    def wait(self, gen: PQGen[R], *arguments: Any, **named: Any) -> R:
        """What the server answers; an OperationalError, and the connection is closed, if it does not in time."""
        return super().wait(self._impatient(gen), *arguments, **named)

    def _impatient(self, gen: PQGen[R]) -> PQGen[R]:
        end = time.monotonic() + self.seconds
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"there was no answer within {self.seconds:g} s")
                wanted = gen.send(ready)
        except StopIteration as answer:
            return answer.value  # type: ignore[no-any-return]  # StopIteration does not say what it has


@frozen
class _Opened:
    """A pool of ours."""

    pool: ConnectionPool[_Bounded]
    freshness: Freshness


def _parsed(server: Server) -> Mapping[str, Any]:
    """What libpq reads in the URL."""
    try:
        return conninfo_to_dict(server.url)
    except psycopg.ProgrammingError as error:
        option = re.search(r'invalid URI query parameter: "(\w+)"', str(error))
        wrong = f"it knows no option {option[1]}" if option else "something in it is not as it should be"
    raise ValueError(f"{server.name}: libpq does not read this URL: {wrong}")  # its own words might tell secrets


def _pool(server: Server, said: Mapping[str, Any], *, prepare: bool) -> _Opened:
    settings: dict[str, Any] = {
        "autocommit": True,
        "client_encoding": "UTF8",  # whatever the environment says
        "prepare_threshold": 5 if prepare else None,
    }
    if "connect_timeout" not in said:
        settings["connect_timeout"] = max(2, int(server.timeout))
    freshness = Freshness()

    def configure(connection: _Bounded) -> None:
        connection.seconds, connection.used = server.timeout, freshness.now()

    def check(connection: _Bounded) -> None:
        if freshness.must_be_proved(connection.used):
            try:
                ConnectionPool.check_connection(connection)
            except psycopg.Error:
                freshness.found_broken()
                raise

    # A pool tells only that it got no connection; the reason is told by trying it once.
    psycopg.connect(server.url, **settings).close()
    pool = ConnectionPool(
        server.url,
        connection_class=_Bounded,
        kwargs=settings,
        configure=configure,
        check=check,
        min_size=0,
        max_size=server.pool_size,
        timeout=server.timeout,
        open=True,
    )
    return _Opened(pool, freshness)


@contextmanager
def _lent_fresh(opened: _Opened) -> Generator[Connection]:
    with opened.pool.connection() as connection:
        try:
            yield connection
        finally:
            connection.used = opened.freshness.now()
            if connection.broken:
                opened.freshness.found_broken()


def _lent(pool: Pool) -> AbstractContextManager[Connection]:
    return pool.connection()


def _close(opened: _Opened) -> None:
    opened.pool.close()


def _verify(connection: Connection) -> None:
    if connection.info.encoding != "utf-8":
        raise UnsupportedServer(f"the connection's client_encoding must be UTF8, not {connection.info.encoding}")
    prove(connection, _rows, PROBE)


def _is_alone(connection: Connection) -> bool:
    return connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE


def _rows(connection: Connection, text: str, parameters: Parameters) -> Rows:
    if connection.pgconn.pipeline_status:
        raise UnsupportedServer("the connection is in pipeline mode, in which no statement has an answer yet")
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        # In binary, bytes come as they are: as text each would be two digits.
        cursor.execute(pyformat(text).encode(), parameters, binary=True)
        return cursor.fetchall() if cursor.description else []


def _changed(connection: Connection, text: str, parameters: Parameters) -> int | None:
    rows = _rows(connection, text, parameters)
    return rows[0][0] if rows else None


def _copy(connection: Connection, copying: Copying, rows: Sequence[Row]) -> None:
    columns = ", ".join(name for name, _ in copying.columns)
    text = f"COPY {quoted(copying.table)} ({columns}) FROM STDIN (FORMAT BINARY)"
    with psycopg.Cursor(connection) as cursor, cursor.copy(text.encode()) as copy:
        copy.set_types([kind for _, kind in copying.columns])
        for row in rows:
            copy.write_row(row)


def _transaction(connection: Connection) -> AbstractContextManager[object]:
    return connection.transaction()


def _translated(error: Exception, name: str) -> AettError:
    match error:
        case PoolClosed():
            return StoreClosed(f"{name} is closed: {error}")
        case PoolTimeout():
            return StorageUnavailable(f"{name}: no connection was free: {error}")
        case _:
            return errors.translated(error, name)


DRIVER: Final = Driver(
    rows=_rows,
    changed=_changed,
    transaction=_transaction,
    copy=_copy,
    failures=Failures((psycopg.Error,), errors.victim, errors.undone, _translated),
)
