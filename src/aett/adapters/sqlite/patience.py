"""Patience: while other writers are in the way, it is tried again, with back-off, as long as the caller waits."""

from __future__ import annotations

from tenacity import AsyncRetrying, Retrying, retry_if_exception, stop_after_delay

from aett.adapters.sqlite.database import Database
from aett.adapters.sqlite.errors import PAUSE, busy


def blocking(database: Database) -> Retrying:
    """For the sync driver."""
    return Retrying(
        retry=retry_if_exception(busy), stop=stop_after_delay(database.busy_timeout), wait=PAUSE, reraise=True
    )


def awaiting(database: Database) -> AsyncRetrying:
    """For the async driver."""
    return AsyncRetrying(
        retry=retry_if_exception(busy), stop=stop_after_delay(database.busy_timeout), wait=PAUSE, reraise=True
    )
