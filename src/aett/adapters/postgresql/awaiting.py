"""Performs SQL steps on asyncpg."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import asyncpg
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

from aett.adapters.postgresql.async_connections import AsyncConnections, Connection
from aett.adapters.postgresql.errors import ATTEMPTS, PAUSE, translated, victim
from aett.adapters.sql.rendering import numbered
from aett.adapters.sql.statement import Insert, Parameters, Pause, Rows, Statement, Transaction
from aett.core.plan import Step

A = TypeVar("A")

FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What asyncpg raises; a broken connection is an `OSError`."""


class AsyncpgPerformer:
    """Performs statements and transactions until it is closed; victims of deadlocks again, with back-off."""

    def __init__(self, connections: AsyncConnections) -> None:
        self._connections = connections
        self._retrying = AsyncRetrying(
            retry=retry_if_exception(victim), stop=stop_after_attempt(ATTEMPTS), wait=PAUSE, reraise=True
        )

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        name = self._connections.name
        try:
            answer: A = await self._patiently(step)
        except FAILURES as error:
            raise translated(error, name) from error
        return answer

    async def close(self) -> None:
        """Close what was opened."""
        await self._connections.close()

    async def _patiently(self, step: Step[Any]) -> Any:
        try:
            return await self._perform(step)
        except asyncpg.PostgresError as error:
            if self._connections.joins or not victim(error):
                raise
        return await self._retrying.copy()(self._perform, step)

    async def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Statement(text, parameters, alone=alone):
                async with self._connections.lent(alone=alone) as connection:
                    return await _execute(connection, text, parameters)
            case Insert(text, parameters):
                async with self._connections.lent(alone=False) as connection:
                    rows = await _execute(connection, text, parameters)
                    return rows[0][0] if rows else None
            case Transaction(statements):
                async with self._connections.lent(alone=False) as connection, connection.transaction():
                    return [await _execute(connection, each.text, each.parameters) for each in statements]
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case _:
                raise TypeError(f"PostgreSQL performs statements, not {type(step).__name__}")


async def _execute(connection: Connection, text: str, parameters: Parameters) -> Rows:
    rendered, names = numbered(text)
    rows = await connection.fetch(rendered, *(parameters[name] for name in names))
    return [tuple(row) for row in rows]
