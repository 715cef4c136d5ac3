"""Performs SQL steps on psycopg."""

from __future__ import annotations

import time
from typing import Any, TypeVar

import psycopg
from psycopg.rows import tuple_row
from psycopg_pool import PoolClosed, PoolTimeout
from tenacity import Retrying, retry_if_exception, stop_after_attempt

from aett.adapters.postgresql.connections import Connection, Connections
from aett.adapters.postgresql.errors import ATTEMPTS, PAUSE, translated, victim
from aett.adapters.sql.rendering import pyformat
from aett.adapters.sql.statement import Insert, Parameters, Pause, Rows, Statement, Transaction
from aett.core.errors import StorageUnavailable, StoreClosed
from aett.core.plan import Step

A = TypeVar("A")


class PsycopgPerformer:
    """Performs statements and transactions until it is closed; victims of deadlocks again, with back-off."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._retrying = Retrying(
            retry=retry_if_exception(victim), stop=stop_after_attempt(ATTEMPTS), wait=PAUSE, reraise=True
        )

    def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        name = self._connections.name
        try:
            answer: A = self._patiently(step)
        except PoolClosed as error:
            raise StoreClosed(f"{name} is closed: {error}") from error
        except PoolTimeout as error:
            raise StorageUnavailable(f"{name}: no connection was free: {error}") from error
        except psycopg.Error as error:
            raise translated(error, name) from error
        return answer

    def close(self) -> None:
        """Close what was opened."""
        self._connections.close()

    def _patiently(self, step: Step[Any]) -> Any:
        try:
            return self._perform(step)
        except psycopg.Error as error:
            if self._connections.joins or not victim(error):
                raise
        return self._retrying.copy()(self._perform, step)

    def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Statement(text, parameters, alone=alone):
                with self._connections.lent(alone=alone) as connection:
                    return _execute(connection, text, parameters)
            case Insert(text, parameters):
                with self._connections.lent(alone=False) as connection:
                    rows = _execute(connection, text, parameters)
                    return rows[0][0] if rows else None
            case Transaction(statements):
                with self._connections.lent(alone=False) as connection, connection.transaction():
                    return [_execute(connection, each.text, each.parameters) for each in statements]
            case Pause(seconds):
                return time.sleep(seconds)
            case _:
                raise TypeError(f"PostgreSQL performs statements, not {type(step).__name__}")


def _execute(connection: Connection, text: str, parameters: Parameters) -> Rows:
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        cursor.execute(pyformat(text).encode(), parameters)
        return cursor.fetchall() if cursor.description else []
