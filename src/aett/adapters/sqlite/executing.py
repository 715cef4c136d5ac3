"""What is done with a connection: statements, transactions, and the proof that it changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from aett.adapters.sql.copying import until_refused
from aett.adapters.sql.probe import Probe, prove
from aett.adapters.sql.statement import Appends, Parameters, Rows, Statement
from aett.adapters.sqlite.errors import busy

T = TypeVar("T")

_PROBE: Final = Probe(
    text="SELECT :text, CAST(:text AS BLOB), :bytes, :empty, :large, :small, NULL",
    settings="text_factory and registered adapters",
)


def _nothing() -> None:
    """What is done when nobody asks."""


def verify(connection: sqlite3.Connection) -> None:
    """Prove it: adapters are registered for the whole process, so one of our own may change things, too."""
    prove(connection, execute, _PROBE)


def execute(connection: sqlite3.Connection, text: str, parameters: Any) -> Rows:
    """The rows of one statement."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(text, parameters).fetchall()


def checkpoint_of(rows: Rows) -> int | None:
    """What an insert gave back: its checkpoint, or nothing."""
    return rows[0][0] if rows else None


def append_together(
    connection: sqlite3.Connection, step: Appends, begun: Callable[[], object] = _nothing
) -> list[int | None] | None:
    """The checkpoints of several appends in one transaction; None if it was undone.

    begun: called when all that is left to do is SQLite's.
    """
    if (first := _appended(connection, step, begun)) is not None:
        return list(range(first, first + len(step.batch)))
    return _unless_undone(
        connection, lambda: [checkpoint_of(execute(connection, step.text, each)) for each in step.batch]
    )


def _appended(connection: sqlite3.Connection, step: Appends, begun: Callable[[], object]) -> int | None:
    """The first of the checkpoints, which follow each other; None if one was refused, and nothing is there."""
    together, count = step.together, len(step.batch)
    if together is None:
        return None
    text, parameters = together.text(count), together.parameters(step.batch)
    try:
        begun()
        last = connection.execute(text, parameters).lastrowid
    except Exception as error:  # of SQLite, or of the driver, which cannot pass on what one of them holds
        if busy(error):
            raise
        return None
    return None if last is None else last - count + 1


def append_until_refused(
    connection: sqlite3.Connection, text: str, batch: tuple[Parameters, ...]
) -> list[int] | None:
    """The same, up to the first append that is refused."""
    return _unless_undone(
        connection, lambda: until_refused(checkpoint_of(execute(connection, text, each)) for each in batch)
    )


def _unless_undone(connection: sqlite3.Connection, work: Callable[[], T]) -> T | None:
    """What it gives, in a transaction; None if it was undone.

    If that is because other writers are in the way, it is raised, to be tried again as a whole.
    """
    try:
        with _transaction(connection):
            return work()
    except Exception as error:  # of SQLite, or of the driver, which cannot pass on what one of them holds
        if busy(error) or connection.in_transaction:
            raise
        return None


def transact(connection: sqlite3.Connection, statements: tuple[Statement, ...]) -> list[Rows]:
    """The rows of each statement; all are done or none."""
    with _transaction(connection):
        return [execute(connection, each.text, each.parameters) for each in statements]


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    """What is done in it is all done or not at all; in a transaction of the caller's, it is a part of it."""
    savepoint = connection.in_transaction
    connection.execute("SAVEPOINT aett" if savepoint else "BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("RELEASE aett" if savepoint else "COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO aett" if savepoint else "ROLLBACK")
        raise
