"""Commands that bring the history of other stores: import-3x, import-eventsourcing."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import typer

from aett.cli.asking import FOUND_WRONG, MISUNDERSTOOD, REFUSED, Table, Url, fail, opened
from aett.cli.importing import imported
from aett.core.errors import InvalidCommit, InvalidIdentifier
from aett.operating.foreign import Told, commits_of, of_aett_3, of_eventsourcing

Source = Annotated[
    str, typer.Argument(metavar="FROM", help="Where it is: sqlite:///..., postgresql://..., or mysql://...")
]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?\Z")
_PAGE: Final = 1000


def import_3x(
    source: Source,
    url: Url,
    source_table: Annotated[str, typer.Option(help="Of the commits of 3.x.")] = "commits",
    table: Table = None,
) -> None:
    """Append the history of a store of aett 3.x, in its order; repeated, it brings what is new.

    Sequences and revisions are counted anew where they have gaps; the header `formerly` says what they were.
    """
    columns = "TenantId, StreamIdOriginal, CommitSequence, StreamRevision, CommitId, CommitStamp, Headers, Payload"
    query = f"SELECT {columns} FROM {_checked(source_table)} ORDER BY CheckpointNumber"  # noqa: S608  # a checked name
    id_of = _little_endian if urlsplit(source).scheme == "sqlite" else _uuid
    with _rows(source, query) as rows:
        _bring(url, table, of_aett_3((*each[:4], id_of(each[4]), *each[5:]) for each in rows))


def import_eventsourcing(
    source: Source,
    url: Url,
    tenant: Annotated[str, typer.Option("--tenant", "-t", envvar="AETT_TENANT", help="Whose log it becomes.")],
    source_table: Annotated[str, typer.Option(help="Of the stored events.")] = "stored_events",
    table: Table = None,
) -> None:
    """Append the history of an application of eventsourcing, in its order; repeated, it brings what is new.

    Each event becomes a commit; its topic stays, its state becomes the body, and its originator the stream.
    """
    order = "rowid" if urlsplit(source).scheme == "sqlite" else "notification_id"
    columns = "originator_id, originator_version, topic, state"
    query = f"SELECT {columns} FROM {_checked(source_table)} ORDER BY {order}"  # noqa: S608  # a checked name
    with _rows(source, query) as rows:
        _bring(url, table, of_eventsourcing(tenant, rows))


def _bring(url: str, table: str | None, history: Iterator[Told]) -> None:
    with opened(url, table) as stores:
        try:
            imported(stores, commits_of(history))
        except (InvalidCommit, InvalidIdentifier) as error:
            raise fail(str(error), FOUND_WRONG) from error


def _checked(name: str) -> str:
    if not _NAME.match(name):
        raise fail(f"{name!r} cannot be a table's name", MISUNDERSTOOD)
    return name


def _uuid(found: Any) -> UUID:
    return found if isinstance(found, UUID) else UUID(bytes=bytes(found))


def _little_endian(found: Any) -> UUID:
    return UUID(bytes_le=bytes(found))


@contextmanager
def _rows(source: str, query: str) -> Generator[Iterator[tuple[Any, ...]]]:
    """What a query gives on a connection of its own; the driver's errors end the command."""
    begin = _BEGINS.get(urlsplit(source).scheme)
    if begin is None:
        raise fail(f"a history is read from {', '.join(_BEGINS)}", MISUNDERSTOOD)
    try:
        connection, cursor = begin(source)
    except ModuleNotFoundError as error:
        raise fail(str(error), MISUNDERSTOOD) from error
    except Exception as error:
        raise fail(f"the source cannot be reached: {type(error).__name__}", REFUSED) from error
    with closing(connection), closing(cursor):
        try:
            cursor.execute(query)
        except Exception as error:
            raise fail(f"the source cannot be read: {type(error).__name__}: {error}", REFUSED) from error
        yield _fetched(cursor)


def _fetched(cursor: Any) -> Iterator[tuple[Any, ...]]:
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

    parts = urlsplit(url)
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
    "postgres": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
}
