"""Performs SQL steps on a driver, whichever it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from attrs import frozen
from tenacity import Retrying, retry_if_exception, stop_after_attempt

from aett.adapters.lending.blocking import Lender
from aett.adapters.lending.borrowing import Borrowed
from aett.adapters.sql.copying import Copying, Import, numbered, runs, until_refused
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
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

A = TypeVar("A")
K = TypeVar("K")


@frozen
class Driver(Generic[K]):
    """What is done with a driver's connections.

    rows: of one statement. changed: the number of a row, or None if none was written. transaction: in which
    what is done is all done or not at all. returns: whether the server gives back what an INSERT has inserted.
    passed: whether a statement had its lock in time. copy: copies rows into a table.
    """

    rows: Callable[[K, str, Parameters], Rows]
    changed: Callable[[K, str, Parameters], int | None]
    transaction: Callable[[K], AbstractContextManager[object]]
    failures: Failures
    returns: Callable[[K], bool] = lambda _: True
    passed: Callable[[K, str], bool] | None = None
    copy: Callable[[K, Copying, Sequence[Row]], object] | None = None


class SqlPerformer(Generic[K]):
    """Performs statements and transactions until it is closed; victims of deadlocks again, with back-off."""

    def __init__(self, driver: Driver[K], lender: Lender[K]) -> None:
        self._driver = driver
        self._lender = lender
        self._retrying = Retrying(
            retry=retry_if_exception(driver.failures.victim),
            stop=stop_after_attempt(ATTEMPTS),
            wait=PAUSE,
            reraise=True,
        )

    def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        failures = self._driver.failures
        try:
            answer: A = self._patiently(step)
        except failures.kinds as error:
            raise failures.translated(error, self._lender.name) from error
        return answer

    @property
    def joins(self) -> bool:
        """Whether what is done may become part of a transaction of the caller's."""
        return self._lender.joins

    def borrowed(self) -> Borrowed[K]:
        """Its connections, for somebody else."""
        return Borrowed(self._lender)

    def close(self) -> None:
        """Close what was opened."""
        self._lender.close()

    def _patiently(self, step: Step[Any]) -> Any:
        failures = self._driver.failures
        try:
            return self._perform(step)
        except failures.kinds as error:
            if self._lender.joins or not failures.victim(error):
                raise
        return self._retrying.copy()(self._perform, step)

    def _perform(self, step: Step[Any]) -> Any:
        driver = self._driver
        match step:
            case Statement(text, parameters, alone=alone):
                with self._lender.lent(alone=alone) as connection:
                    return driver.rows(connection, text, parameters)
            case Change(text, parameters):
                with self._lender.lent(alone=False) as connection:
                    return driver.changed(connection, text, parameters)
            case Transaction(statements):
                with self._lender.lent(alone=False) as connection, driver.transaction(connection):
                    return [driver.rows(connection, each.text, each.parameters) for each in statements]
            case Appends() | Import():
                return self._together(step)
            case Try(text) if driver.passed is not None:
                with self._lender.lent(alone=True) as connection:
                    return driver.passed(connection, text)
            case Pause(seconds):
                return time.sleep(seconds)
            case _:
                raise TypeError(f"SQL has no step {type(step).__name__}")

    def _together(self, step: Appends | Import) -> list[int | None] | list[int] | None:
        try:
            with self._lender.lent(alone=False) as connection:
                if isinstance(step, Import):
                    return self._imported(connection, step)
                return self._appended(connection, step)
        except Exception as error:
            if self._driver.failures.left_nothing(error):
                return None
            raise

    def _appended(self, connection: K, step: Appends) -> list[int | None]:
        driver, together = self._driver, step.together
        if together is None:
            with driver.transaction(connection):
                return [driver.changed(connection, step.text, each) for each in step.batch]
        text, parameters = together.text(len(step.batch)), together.parameters(step.batch)
        if together.found is None or driver.returns(connection):
            return step.answers(driver.rows(connection, text, parameters))
        with driver.transaction(connection):
            driver.rows(connection, text, parameters)
            return step.answers(driver.rows(connection, together.found(len(step.batch)), parameters))

    def _imported(self, connection: K, step: Import) -> list[int]:
        driver, copying = self._driver, step.copying
        with driver.transaction(connection):
            # In a transaction of the caller's nothing is set, and no number is drawn in advance.
            if copying is None or driver.copy is None or self._lender.joins:
                return until_refused(driver.changed(connection, step.text, each) for each in step.batch)
            ((drawn,),) = driver.rows(connection, copying.begin, runs(step.batch))
            if drawn:
                driver.copy(connection, copying, numbered(drawn, step.batch))
            return list(drawn)
