"""Tables of SQLite, PostgreSQL and MySQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from aett.adapters.store.url import parts_of
from aett.cli.sources import Row
from aett.connecting.engine import ENGINES

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?\Z")
_PAGE: Final = 1000


@contextmanager
def aett_3(url: str, table: str) -> Generator[Iterator[Row]]:
    """Commits of aett 3.x."""
    columns = "TenantId, StreamIdOriginal, CommitSequence, StreamRevision, CommitId, CommitStamp, Headers, Payload"
    query = f"SELECT {columns} FROM {_checked(table)} ORDER BY CheckpointNumber"  # noqa: S608  # a checked name
    id_of = _little_endian if urlsplit(url).scheme == "sqlite" else _uuid
    with _selected(url, query) as rows:
        yield ((*each[:4], id_of(each[4]), *each[5:]) for each in rows)


@contextmanager
def eventsourcing(url: str, table: str) -> Generator[Iterator[Row]]:
    """Stored events of eventsourcing."""
    order = "rowid" if urlsplit(url).scheme == "sqlite" else "notification_id"
    columns = "originator_id, originator_version, topic, state"
    query = f"SELECT {columns} FROM {_checked(table)} ORDER BY {order}"  # noqa: S608  # a checked name
    with _selected(url, query) as rows:
        yield rows


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise ValueError(f"{name!r} cannot be a table's name")
    return name


def _uuid(found: Any) -> UUID:
    return found if isinstance(found, UUID) else UUID(bytes=bytes(found))


def _little_endian(found: Any) -> UUID:
    return UUID(bytes_le=bytes(found))


@contextmanager
def _selected(url: str, query: str) -> Generator[Iterator[Row]]:
    connection, cursor = _BEGINS[ENGINES[urlsplit(url).scheme]](url)
    with closing(connection), closing(cursor):
        yield _fetched(cursor, query)


def _fetched(cursor: Any, query: str) -> Iterator[Row]:
    cursor.execute(query)
    while found := cursor.fetchmany(_PAGE):
        yield from found


def _sqlite(url: str) -> tuple[Any, Any]:
    import sqlite3  # noqa: PLC0415  # a driver is imported when it is needed

    path = url.removeprefix("sqlite:///")
    connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)
    return connection, connection.cursor()


def _postgresql(url: str) -> tuple[Any, Any]:
    import psycopg  # noqa: PLC0415  # a driver is imported when it is needed

    connection: Any = psycopg.connect(url)
    connection.execute("SET TRANSACTION READ ONLY")
    return connection, connection.cursor("aett")  # the server's: memory does not grow with what is read


def _mysql(url: str) -> tuple[Any, Any]:
    import pymysql  # noqa: PLC0415  # a driver is imported when it is needed
    from pymysql.cursors import SSCursor  # noqa: PLC0415

    parts = parts_of(url, ("mysql", "mariadb"), "the source", "mysql://user@host:3306/name")
    connection: Any = pymysql.connect(
        host=parts.hostname or "localhost",
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.removeprefix("/")),
    )
    return connection, connection.cursor(SSCursor)


_BEGINS: Final[dict[str, Callable[[str], tuple[Any, Any]]]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
}
