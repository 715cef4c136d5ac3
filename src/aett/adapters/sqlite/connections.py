"""Connections of the sync driver: one for each thread, or one at which all threads take turns."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from aett.adapters.sqlite.database import Database
from aett.core.errors import StorageUnavailable, StoreClosed, UnsupportedServer

_SHARED: Final = threading.RLock()
"""Serializes connections that callers hand in: the same one may be in several stores."""


_INHERITED: Final[list[object]] = []
"""Connections of the process that this one was forked from: they must be neither used nor closed."""


def opened(database: Database) -> sqlite3.Connection:
    """A new connection in autocommit mode: a statement is a transaction of its own."""
    connection = sqlite3.connect(
        database.uri, uri=True, timeout=database.one_wait, isolation_level=None, check_same_thread=False
    )
    try:
        for statement in database.statements:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


class ThreadConnections:
    """A connection for each thread, closed when its thread ends; writers of one process queue fairly."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._local = threading.local()
        self._open: weakref.WeakSet[_Closing] = weakref.WeakSet()
        self._writing = threading.Lock()
        self._closed = False

    @contextmanager
    def lent(self, *, writes: bool) -> Generator[sqlite3.Connection, None, None]:
        """The thread's own connection; for writing, when the threads before it have written."""
        mine = self._mine()
        if not writes:
            with mine.in_use:
                yield mine.connection
        elif self._writing.acquire(timeout=self._database.busy_timeout):
            try:
                with mine.in_use:
                    yield mine.connection
            finally:
                self._writing.release()
        else:
            raise StorageUnavailable(f"{self._database.name}: this program's own writers kept it busy")

    def close(self) -> None:
        """Close every thread's connection, when it is not in use."""
        self._closed = True
        for each in list(self._open):
            with each.in_use:
                each.close()

    def _mine(self) -> _Closing:
        if self._closed:
            raise StoreClosed(f"{self._database.name}: this store is closed")
        mine: _Closing | None = getattr(self._local, "mine", None)
        if mine is not None and mine.process != os.getpid():
            _INHERITED.append(mine)
            mine = None
        if mine is None:
            mine = self._local.mine = _Closing(opened(self._database))
            self._open.add(mine)
        return mine


class _Closing:
    """A thread's connection, closed with the thread; a forked process must not use or close it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.process = os.getpid()
        self.in_use = threading.Lock()  # sqlite3 does not survive that another thread closes what is in use
        self.close = weakref.finalize(self, _close, connection, self.process)


def _close(connection: sqlite3.Connection, process: int) -> None:
    if os.getpid() == process:
        connection.close()


class OneConnection:
    """The one connection to a database in memory, or one of the caller's, in turns."""

    def __init__(self, database: Database, connection: sqlite3.Connection | None = None) -> None:
        self._database = database
        self._connection = None if connection is None else usable(connection)
        self._lock = threading.RLock() if connection is None else _SHARED
        self._closed = False

    @contextmanager
    def lent(self, *, writes: bool) -> Generator[sqlite3.Connection, None, None]:
        """The connection, when those before have done."""
        del writes
        with self._lock:
            if self._closed:
                raise StoreClosed(f"{self._database.name}: this store is closed")
            if self._connection is None:
                self._connection = opened(self._database)
            yield self._connection

    def close(self) -> None:
        """Close it if it was opened here."""
        with self._lock:
            self._closed = True
            if self._connection is not None and not self._database.callers:
                self._connection.close()


def usable(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The caller's connection, or `UnsupportedServer` if it is not in autocommit mode."""
    autocommit = getattr(connection, "autocommit", -1)  # Python 3.12
    if autocommit is False or (autocommit is not True and connection.isolation_level is not None):
        raise UnsupportedServer(
            "open the sqlite3 connection with isolation_level=None: aett begins what it commits"
        )
    if connection.text_factory is not str:
        raise UnsupportedServer("aett needs a sqlite3 connection whose text_factory is str")
    return connection
