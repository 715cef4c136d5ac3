"""PyMySQL, pooled by SQLAlchemy: its connections, and what is done with them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, TypeAlias

import pymysql
from pymysql.constants.SERVER_STATUS import SERVER_STATUS_IN_TRANS
from pymysql.cursors import Cursor
from sqlalchemy.pool import Pool

from aett.adapters.lending.blocking import CallersConnection, CallersPool, Joined, Lender, OwnPool
from aett.adapters.lending.borrowing import Borrowed
from aett.adapters.mysql.dialect import PROBE
from aett.adapters.mysql.errors import FAILURES, duplicate, locked
from aett.adapters.mysql.server import SQL_MODE, arguments, is_mariadb, server_of
from aett.adapters.sql import pooling
from aett.adapters.sql.performing import Driver
from aett.adapters.sql.probe import prove
from aett.adapters.sql.rendering import pyformat
from aett.adapters.sql.server import Server
from aett.adapters.sql.statement import Parameters, Rows

Connection: TypeAlias = "pymysql.Connection[Any]"


def lender_of(
    database: str | Pool | Connection | Joined | Borrowed[Connection], pool_size: int, timeout: float
) -> Lender[Connection]:
    """Where the connections to this database come from."""
    match database:
        case str():
            server = server_of(database, pool_size, timeout)

            def opened() -> Pool:
                return pooling.pool_of(lambda: _connected(server), pool_size, timeout, _is_alive)

            return OwnPool(server.name, opened, _lent, _close)
        case Pool():
            return CallersPool(lambda: pooling.lent(database, _is_usable, _finish, _verify))
        case pymysql.Connection():
            return CallersConnection(database, _is_alone, _verify)
        case Joined(connection):
            return CallersConnection(connection, _is_alone)
        case Borrowed():
            return database
        case _:
            raise TypeError(f"a URL, a sqlalchemy.Pool or a pymysql.Connection, not {type(database).__name__}")


def _connected(server: Server) -> Connection:
    seconds = server.timeout
    return pymysql.connect(**arguments(server), sql_mode=SQL_MODE, read_timeout=seconds, write_timeout=seconds)


def _is_alive(connection: Connection) -> bool:
    try:
        connection.ping(reconnect=False)
    except pymysql.Error:
        return False
    return True


def _lent(pool: Pool) -> AbstractContextManager[Connection]:
    return pooling.lent(pool, _is_usable, _finish)


def _close(pool: Pool) -> None:
    pool.dispose()


def _in_transaction(connection: Connection) -> bool:
    status: Any = getattr(connection, "server_status")  # noqa: B009  # its stubs overlook it
    return bool(status & SERVER_STATUS_IN_TRANS)


def _is_usable(connection: Connection) -> bool:
    return connection.open and not _in_transaction(connection)


def _finish(connection: Connection) -> None:
    if not connection.get_autocommit():
        connection.commit()


def _verify(connection: Connection) -> None:
    prove(connection, _rows, PROBE)


def _is_alone(connection: Connection) -> bool:
    return connection.get_autocommit() and not _in_transaction(connection)


def _rows(connection: Connection, text: str, parameters: Parameters) -> Rows:
    with Cursor(connection) as cursor:
        cursor.execute(pyformat(text), dict(parameters))
        return list(cursor.fetchall())


def _changed(connection: Connection, text: str, parameters: Parameters) -> int | None:
    with Cursor(connection) as cursor:
        try:
            count = cursor.execute(pyformat(text), dict(parameters))
        except pymysql.IntegrityError as error:
            if duplicate(error):
                return None
            raise
        return cursor.lastrowid if count else None


@contextmanager
def _transaction(connection: Connection) -> Generator[None]:
    joined = _in_transaction(connection)
    _rows(connection, "SAVEPOINT aett" if joined else "START TRANSACTION", {})
    try:
        yield
    except BaseException:
        if connection.open:
            _rows(connection, "ROLLBACK TO SAVEPOINT aett" if joined else "ROLLBACK", {})
        raise
    _rows(connection, "RELEASE SAVEPOINT aett" if joined else "COMMIT", {})


def _returns(connection: Connection) -> bool:
    version: Any = getattr(connection, "server_version")  # noqa: B009  # its stubs overlook it
    return is_mariadb(version)


def _passed(connection: Connection, text: str) -> bool:
    try:
        _rows(connection, text, {})
    except pymysql.Error as error:
        if locked(error):
            return False
        raise
    return True


DRIVER: Final = Driver(
    rows=_rows,
    changed=_changed,
    transaction=_transaction,
    returns=_returns,
    passed=_passed,
    failures=FAILURES,
)
