"""Performs SQL steps on the sync driver."""

from __future__ import annotations

import sqlite3
from typing import Any, TypeVar

from aett.adapters.sql.copying import Import
from aett.adapters.sql.statement import Appends, Change, Statement, Transaction
from aett.adapters.sqlite import patience
from aett.adapters.sqlite.connections import OneConnection, ThreadConnections
from aett.adapters.sqlite.database import Database
from aett.adapters.sqlite.errors import busy, translated
from aett.adapters.sqlite.executing import append_together, append_until_refused, checkpoint_of, execute, transact
from aett.core.plan import Step

A = TypeVar("A")


class SqlitePerformer:
    """Performs statements and transactions, patiently, until it is closed."""

    def __init__(self, database: Database, connection: sqlite3.Connection | None = None) -> None:
        self._database = database
        self._retrying = patience.blocking(database)
        self._connections = OneConnection(database, connection) if self.is_one else ThreadConnections(database)

    def __call__(self, step: Step[A], /) -> A:
        """Perform it; while other writers are in the way, again, with back-off."""
        try:
            answer: A = self._patiently(step)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise translated(error, self._database) from error
        return answer

    @property
    def is_one(self) -> bool:
        """Whether there is one connection only: to memory, or the caller's."""
        return self._database.is_one

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
            case Change(text, parameters):
                with self._connections.lent(writes=True) as connection:
                    return checkpoint_of(execute(connection, text, parameters))
            case Appends():
                with self._connections.lent(writes=True) as connection:
                    return append_together(connection, step)
            case Import(text, _, batch):
                with self._connections.lent(writes=True) as connection:
                    return append_until_refused(connection, text, batch)
            case Transaction(statements):
                with self._connections.lent(writes=True) as connection:
                    return transact(connection, statements)
            case _:
                raise TypeError(f"SQLite performs statements, not {type(step).__name__}")
