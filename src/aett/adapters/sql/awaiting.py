"""Performs SQL steps on a driver that is awaited, whichever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Protocol, TypeVar

from attrs import frozen
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

from aett.adapters.lending.awaiting import AsyncLender
from aett.adapters.lending.borrowing import AsyncBorrowed
from aett.adapters.sql.copying import Copying, Import, numbered, runs
from aett.adapters.sql.failing import ATTEMPTS, PAUSE, Failures
from aett.adapters.sql.statement import (
    Appends,
    Change,
    Parameters,
    Row,
    Rows,
    Statement,
    Transaction,
    Try,
)
from aett.adapters.store.awaiting import AsyncPerformer
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

A = TypeVar("A")
K = TypeVar("K")


@frozen
class AsyncDriver(Generic[K]):
    """What is done with a driver's connections.

    rows: of one statement. changed: the number of a row, or None if none was written. transaction: in which
    what is done is all done or not at all; cancelled, it is undone only if `joins`, for a connection that was
    lent is thrown away. returns: whether the server gives back what an INSERT has inserted. passed: whether
    a statement had its lock in time. copy: copies rows into a table.
    """

    rows: Callable[[K, str, Parameters], Awaitable[Rows]]
    changed: Callable[[K, str, Parameters], Awaitable[int | None]]
    transaction: Callable[[K, bool], AbstractAsyncContextManager[object]]
    failures: Failures
    returns: Callable[[K], bool] = lambda _: True
    passed: Callable[[K, str], Awaitable[bool]] | None = None
    copy: Callable[[K, Copying, Sequence[Row]], Awaitable[object]] | None = None


class AsyncJoining(AsyncPerformer, Protocol):
    """A performer on connections that are lent."""

    @property
    def joins(self) -> bool:
        """Whether what is done may become part of a transaction of the caller's."""
        ...

    def borrowed(self) -> Any:
        """Its connections, for somebody else."""
        ...


class AsyncSqlPerformer(Generic[K]):
    """Performs statements and transactions until it is closed; victims of deadlocks again, with back-off."""

    def __init__(self, driver: AsyncDriver[K], lender: AsyncLender[K]) -> None:
        self._driver = driver
        self._lender = lender
        self._retrying = AsyncRetrying(
            retry=retry_if_exception(driver.failures.victim),
            stop=stop_after_attempt(ATTEMPTS),
            wait=PAUSE,
            reraise=True,
        )

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        failures = self._driver.failures
        try:
            answer: A = await self._patiently(step)
        except failures.kinds as error:
            raise failures.translated(error, self._lender.name) from error
        return answer

    @property
    def joins(self) -> bool:
        """Whether what is done may become part of a transaction of the caller's."""
        return self._lender.joins

    def borrowed(self) -> AsyncBorrowed[K]:
        """Its connections, for somebody else."""
        return AsyncBorrowed(self._lender)

    async def close(self) -> None:
        """Close what was opened."""
        await self._lender.close()

    async def _patiently(self, step: Step[Any]) -> Any:
        failures = self._driver.failures
        try:
            return await self._perform(step)
        except failures.kinds as error:
            if self._lender.joins or not failures.victim(error):
                raise
        return await self._retrying.copy()(self._perform, step)

    async def _perform(self, step: Step[Any]) -> Any:
        driver = self._driver
        match step:
            case Statement(text, parameters, alone=alone):
                async with self._lender.lent(alone=alone) as connection:
                    return await driver.rows(connection, text, parameters)
            case Change(text, parameters):
                async with self._lender.lent(alone=False) as connection:
                    return await driver.changed(connection, text, parameters)
            case Transaction(statements):
                joins = self._lender.joins
                async with self._lender.lent(alone=False) as connection, driver.transaction(connection, joins):
                    return [await driver.rows(connection, each.text, each.parameters) for each in statements]
            case Appends() | Import():
                return await self._together(step)
            case Try(text) if driver.passed is not None:
                async with self._lender.lent(alone=True) as connection:
                    return await driver.passed(connection, text)
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case _:
                raise TypeError(f"SQL has no step {type(step).__name__}")

    async def _together(self, step: Appends | Import) -> list[int | None] | list[int] | None:
        try:
            async with self._lender.lent(alone=False) as connection:
                if isinstance(step, Import):
                    return await self._imported(connection, step)
                return await self._appended(connection, step)
        except Exception as error:
            if self._driver.failures.left_nothing(error):
                return None
            raise

    async def _appended(self, connection: K, step: Appends) -> list[int | None]:
        driver, together = self._driver, step.together
        if together is None:
            async with driver.transaction(connection, False):  # noqa: FBT003  # as AsyncDriver says
                return [await driver.changed(connection, step.text, each) for each in step.batch]
        text, parameters = together.text(len(step.batch)), together.parameters(step.batch)
        if together.found is None or driver.returns(connection):
            return step.answers(await driver.rows(connection, text, parameters))
        async with driver.transaction(connection, False):  # noqa: FBT003  # as AsyncDriver says
            await driver.rows(connection, text, parameters)
            return step.answers(await driver.rows(connection, together.found(len(step.batch)), parameters))

    async def _imported(self, connection: K, step: Import) -> list[int]:
        driver, copying = self._driver, step.copying
        async with driver.transaction(connection, self._lender.joins):
            # In a transaction of the caller's nothing is set, and no number is drawn in advance.
            if copying is None or driver.copy is None or self._lender.joins:
                checkpoints = list[int]()
                for each in step.batch:
                    if (checkpoint := await driver.changed(connection, step.text, each)) is None:
                        break
                    checkpoints.append(checkpoint)
                return checkpoints
            ((drawn,),) = await driver.rows(connection, copying.begin, runs(step.batch))
            if drawn:
                await driver.copy(connection, copying, numbered(drawn, step.batch))
            return list(drawn)
