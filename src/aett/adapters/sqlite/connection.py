"""A connection of ours: nobody uses it while the process forks, and the child closes it.

SQLite remembers for the whole process which locks its connections hold on a file. A child that
leaves an inherited connection open, and opens one of its own, is taken to hold locks that only the
parent has: the parent then removes the write-ahead log under it, with what the child has committed.
A connection that is in use cannot be closed, so a fork waits for the statements of other threads.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Final

from aett.adapters.sqlite.database import Database
from aett.adapters.sqlite.executing import verify

AT_REST: Final = threading.RLock()
"""Held while the process forks, and while what a fork must find whole is changed."""


class OurConnection(sqlite3.Connection):
    """A connection that one thread uses at a time, holding `in_use`; of one process."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self.in_use = threading.RLock()
        self.process = os.getpid()
        super().__init__(*arguments, **settings)

    def close(self) -> None:
        """Close it, when it is not in use: sqlite3 does not survive that it is closed meanwhile."""
        with self.in_use:
            super().close()

    def __del__(self) -> None:
        """Close it, unless somebody is about to: a finalizer must not wait."""
        if self.in_use.acquire(blocking=False):
            with suppress(sqlite3.Error):  # of one that could not be opened
                super().close()
            self.in_use.release()


def opened(database: Database) -> OurConnection:
    """A new connection in autocommit mode: a statement is a transaction of its own."""
    with AT_REST:
        connection = sqlite3.connect(
            database.uri,
            uri=True,
            timeout=database.one_wait,
            isolation_level=None,
            check_same_thread=False,
            factory=OurConnection,
        )
        _ours.add(connection)
    try:
        with connection.in_use:
            for statement in database.statements:
                connection.execute(statement)
            verify(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def used(connection: sqlite3.Connection) -> AbstractContextManager[Any]:
    """While it is used: what a fork waits for, if the connection is ours."""
    return connection.in_use if isinstance(connection, OurConnection) else nullcontext()


_ours: Final[weakref.WeakSet[OurConnection]] = weakref.WeakSet()
_resting: Final[list[OurConnection]] = []


def _rest() -> None:
    AT_REST.acquire()
    _resting[:] = _ours
    for each in _resting:
        each.in_use.acquire()


def _resume() -> None:
    for each in _resting:
        each.in_use.release()
    _resting.clear()
    AT_REST.release()


def _close_in_child() -> None:
    for each in _resting:
        with suppress(sqlite3.Error):
            each.close()
    _resume()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_rest, after_in_parent=_resume, after_in_child=_close_in_child)
