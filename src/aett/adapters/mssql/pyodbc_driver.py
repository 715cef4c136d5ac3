"""pyodbc, pooled by SQLAlchemy: its connections, and what is done with them."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final, TypeAlias

import pyodbc
from sqlalchemy.pool import Pool

from aett.adapters.lending.blocking import CallersConnection, CallersPool, Joined, Lender, OwnPool
from aett.adapters.lending.borrowing import Borrowed
from aett.adapters.mssql.dialect import PROBE
from aett.adapters.mssql.errors import FAILURES
from aett.adapters.sql import pooling
from aett.adapters.sql.performing import Driver
from aett.adapters.sql.probe import prove
from aett.adapters.sql.rendering import positional
from aett.adapters.sql.statement import Parameters, Rows
from aett.core.errors import UnsupportedServer
from aett.core.number import positive

Connection: TypeAlias = pyodbc.Connection

_TEXTS: Final = ("tenant_id", "stream_id", "name", "fingerprint")
_PLACE: Final = re.compile(r"(?:^|;)\s*(?:server|database|address)\s*=\s*([^;{]+)", re.IGNORECASE)

_STORED: Final = {
    "BINARY": pyodbc.SQL_BINARY,
    "VARBINARY": pyodbc.SQL_VARBINARY,
    "VARBINARY(MAX)": pyodbc.SQL_LONGVARBINARY,
    "BIGINT": pyodbc.SQL_BIGINT,
    "INT": pyodbc.SQL_INTEGER,
}

# With `autocommit`, what a transaction is stands in the batches: drivers differ in all else.
_BEGIN: Final = (
    "SET NOCOUNT ON; DECLARE @joined INT = @@TRANCOUNT;"
    " IF @joined > 0 SAVE TRANSACTION aett ELSE BEGIN TRANSACTION; SELECT @joined;"
)
_ROLLBACK: Final = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"


def lender_of(
    database: str | Pool | Connection | Joined | Borrowed[Connection], pool_size: int, timeout: float
) -> Lender[Connection]:
    """Where the connections to this database come from."""
    match database:
        case str():
            positive("pool_size", pool_size)
            if "=" not in database:
                raise ValueError(
                    "SQL Server is named by an ODBC connection string, as in DRIVER=...;SERVER=...;..."
                )

            def opened() -> Pool:
                return pooling.pool_of(lambda: _connected(database, timeout), pool_size, timeout, _is_usable)

            return OwnPool(name_of(database), opened, _lent, _close)
        case Pool():
            return CallersPool(lambda: pooling.lent(database, _is_usable, _finish, verify))
        case pyodbc.Connection():
            return CallersConnection(database, _is_alone, verify)
        case Joined(connection):
            return CallersConnection(connection, _is_alone)
        case Borrowed():
            return database
        case _:
            raise TypeError(
                "an ODBC connection string, a sqlalchemy.Pool or a pyodbc.Connection,"
                f" not {type(database).__name__}"
            )


def name_of(connection_string: str) -> str:
    """The server and database of a connection string, for messages."""
    return " ".join(["SQL Server", *map(str.strip, _PLACE.findall(connection_string))])


def _connected(connection_string: str, timeout: float) -> Connection:
    seconds = max(1, int(timeout))
    connection = pyodbc.connect(connection_string, autocommit=True, timeout=seconds)
    with suppress(pyodbc.Error):  # not every driver bounds statements
        connection.timeout = seconds
    return connection


def _lent(pool: Pool) -> AbstractContextManager[Connection]:
    return pooling.lent(pool, _is_usable, _finish)


def _close(pool: Pool) -> None:
    pool.dispose()


def _is_usable(connection: Connection) -> bool:
    try:
        return _open_transactions(connection) == 0
    except pyodbc.Error:
        return False


def _finish(connection: Connection) -> None:
    if not connection.autocommit:
        connection.commit()


def verify(connection: Connection) -> None:
    """`UnsupportedServer` if it does not give back what it is given, in every kind of column."""
    prove(connection, _rows, PROBE)
    converter: Any = getattr(connection, "get_output_converter")  # noqa: B009  # its type is partly unknown
    converted = [name for name, kind in _STORED.items() if converter(kind) is not None]
    if converted:
        raise UnsupportedServer(
            f"the connection reads {', '.join(converted)} by output converters of its own, so it would not give"
            " back what was stored: remove them, or hand in another connection"
        )


def _is_alone(connection: Connection) -> bool:
    return connection.autocommit and _open_transactions(connection) == 0


def _open_transactions(connection: Connection) -> int:
    ((count,),) = _rows(connection, "SELECT @@TRANCOUNT", {})
    return int(count)


def _rows(connection: Connection, text: str, parameters: Parameters) -> Rows:
    rendered, names = positional(text)
    cursor = connection.cursor()
    try:
        cursor.execute(rendered, [_bound(parameters[name]) for name in names])
        columns: Any = cursor.description
        while columns is None:
            if not cursor.nextset():
                return []
            columns = cursor.description
        texts = [index for index, column in enumerate(columns) if column[0] in _TEXTS]
        return [_read(row, texts) for row in cursor.fetchall()]
    finally:
        cursor.close()


def _bound(value: Any) -> Any:
    """Identifiers are stored as bytes."""
    return value.encode() if isinstance(value, str) else value


def _read(row: pyodbc.Row, texts: list[int]) -> tuple[Any, ...]:
    values = list(row)
    for index in texts:
        values[index] = bytes(values[index]).decode()
    return tuple(values)


def _changed(connection: Connection, text: str, parameters: Parameters) -> int | None:
    ((checkpoint,),) = _rows(connection, text, parameters)
    return None if checkpoint is None else int(checkpoint)


@contextmanager
def _transaction(connection: Connection) -> Generator[None]:
    ((joined,),) = _rows(connection, _BEGIN, {})
    try:
        yield
    except BaseException:
        _rows(connection, "ROLLBACK TRANSACTION aett" if joined else _ROLLBACK, {})
        raise
    if not joined:
        _rows(connection, "COMMIT TRANSACTION", {})


def _passed(connection: Connection, text: str) -> bool:
    ((code,),) = _rows(connection, text, {})
    return int(code) >= 0


DRIVER: Final = Driver(rows=_rows, changed=_changed, transaction=_transaction, passed=_passed, failures=FAILURES)
