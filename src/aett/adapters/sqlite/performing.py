"""Performs SQL steps on the sync driver."""

from __future__ import annotations

import sqlite3
from typing import Any, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_delay

from aett.adapters.sql.statement import Insert, Rows, Statement, Transaction
from aett.adapters.sqlite.connections import OneConnection, ThreadConnections
from aett.adapters.sqlite.database import Database
from aett.adapters.sqlite.errors import PAUSE, busy, translated
from aett.core.plan import Step

A = TypeVar("A")


class SqlitePerformer:
    """Performs statements and transactions, patiently, until it is closed."""

    def __init__(self, database: Database, connection: sqlite3.Connection | None = None) -> None:
        self._database = database
        self._retrying = Retrying(
            retry=retry_if_exception(busy), stop=stop_after_delay(database.busy_timeout), wait=PAUSE, reraise=True
        )
        alone = database.callers or database.path is None
        self._connections = OneConnection(database, connection) if alone else ThreadConnections(database)

    def __call__(self, step: Step[A], /) -> A:
        """Perform it; while other writers are in the way, again, with back-off."""
        try:
            answer: A = self._patiently(step)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise translated(error, self._database) from error
        return answer

    def close(self) -> None:
        """Close what was opened."""
        self._connections.close()

    def _patiently(self, step: Step[Any]) -> Any:
        try:
            return self._perform(step)
        except sqlite3.OperationalError as error:
            if not busy(error):
                raise
        return self._retrying.copy()(self._perform, step)

    def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Statement(text, parameters, writes=writes):
                with self._connections.lent(writes=writes) as connection:
                    return execute(connection, text, parameters)
            case Insert(text, parameters):
                with self._connections.lent(writes=True) as connection:
                    return checkpoint_of(execute(connection, text, parameters))
            case Transaction(statements):
                with self._connections.lent(writes=True) as connection:
                    return transact(connection, statements)
            case _:
                raise TypeError(f"SQLite performs statements, not {type(step).__name__}")


def execute(connection: sqlite3.Connection, text: str, parameters: Any) -> Rows:
    """The rows of one statement."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(text, parameters).fetchall()


def checkpoint_of(rows: Rows) -> int | None:
    """What an insert gave back: its checkpoint, or nothing."""
    return rows[0][0] if rows else None


def transact(connection: sqlite3.Connection, statements: tuple[Statement, ...]) -> list[Rows]:
    """The rows of each statement; all are done or none. In a transaction of the caller's, a part of it."""
    savepoint = connection.in_transaction
    connection.execute("SAVEPOINT aett" if savepoint else "BEGIN IMMEDIATE")
    try:
        rows = [execute(connection, each.text, each.parameters) for each in statements]
        connection.execute("RELEASE aett" if savepoint else "COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO aett" if savepoint else "ROLLBACK")
        raise
    return rows
