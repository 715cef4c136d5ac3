"""Connections of the sync driver: one for each thread, or one at which all threads take turns.

A database in a file has a connection for each thread (`ThreadConnections`):

1. A thread's connection is opened at its first use, kept by the thread, and closed when the thread ends. Readers
   never wait: in WAL mode each sees a state of its own.
2. For writing, the threads of this process queue at a lock. SQLite has one writer, and who finds it busy tries
   again after a pause that grows: without the queue, threads that came first would lose to those that came last.
3. Before each use the file is looked at: one that was removed or replaced is noticed, rather than written to
   where nobody reads.
4. A connection belongs to the process that opened it: after a fork the child opens its own, and has locks of
   its own, since one that was held at the fork would never be let go in the child (`connection` says what SQLite
   does with inherited ones).
5. Closing the store closes every thread's connection, each when it is not in use.

A database in memory is its connection's own, and so is a connection of the caller's (`OneConnection`): all take
turns at one lock. Stores that were given the same connection share that lock (`turns`), or one could write into
the other's transaction. A child of a fork is refused.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from aett.adapters.sqlite.connection import AT_REST, OurConnection, opened, used
from aett.adapters.sqlite.database import Database
from aett.adapters.sqlite.executing import verify
from aett.adapters.sqlite.file import File
from aett.core.errors import StorageUnavailable, StoreClosed, UnsupportedServer


class ThreadConnections:
    """A connection for each thread, closed when its thread ends; writers of one process queue fairly."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file = File(database.path)
        self._local = threading.local()
        self._open: weakref.WeakSet[OurConnection] = weakref.WeakSet()
        self._writing: dict[int, threading.Lock] = {}  # by process: what is held at a fork, the child never gets
        self._closed = False

    def lent(self, *, writes: bool) -> AbstractContextManager[sqlite3.Connection]:
        """The thread's own connection; for writing, when the threads before it have written."""
        mine = self._mine()
        writing = self._writing.setdefault(os.getpid(), threading.Lock()) if writes else None
        return _Use(mine, self._file, writing, self._database)

    def close(self) -> None:
        """Close every thread's connection, when it is not in use."""
        with AT_REST:
            self._closed = True
            connections = list(self._open)
        for each in connections:
            each.close()

    def _mine(self) -> OurConnection:
        mine: OurConnection | None = getattr(self._local, "mine", None)
        if mine is None or mine.process != os.getpid():
            self._refuse_if_closed()
            self._file.verify_before_opening()
            mine = self._local.mine = opened(self._database)
            with AT_REST:
                self._open.add(mine)
            if self._closed:  # meanwhile
                mine.close()
        self._refuse_if_closed()
        return mine

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreClosed(f"{self._database.name}: this store is closed")


class _Use:
    """While it is entered, a thread uses its connection. A generator's context would take twice as long."""

    __slots__ = ("_connection", "_database", "_file", "_writing")

    def __init__(
        self, connection: OurConnection, file: File, writing: threading.Lock | None, database: Database
    ) -> None:
        self._connection, self._file, self._writing, self._database = connection, file, writing, database

    def __enter__(self) -> sqlite3.Connection:
        writing = self._writing
        if writing is not None and not writing.acquire(timeout=self._database.busy_timeout):
            raise StorageUnavailable(f"{self._database.name}: this program's own writers kept it busy")
        try:
            self._connection.in_use.acquire()
            try:
                self._file.verify()
            except BaseException:
                self._connection.in_use.release()
                raise
        except BaseException:
            if writing is not None:
                writing.release()
            raise
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.in_use.release()
        if self._writing is not None:
            self._writing.release()


class OneConnection:
    """The one connection to a database in memory, or one of the caller's, in turns.

    It belongs to the process that made the store. A child would write to a copy of the memory, or
    with locks that SQLite believes to be the child's, and are the parent's: it is refused.
    """

    def __init__(self, database: Database, connection: sqlite3.Connection | None = None) -> None:
        self._database = database
        self._process = os.getpid()
        self._connection = None if connection is None else usable(connection)
        self._proved = False
        self._turns = Turns(connection) if connection is None else turns(connection)
        self._closed = False

    @contextmanager
    def lent(self, *, writes: bool) -> Generator[sqlite3.Connection, None, None]:
        """The connection, when those before have done."""
        del writes
        self._database.refuse_unless_in(self._process)
        with self._turns.lock:
            if self._closed:
                raise StoreClosed(f"{self._database.name}: this store is closed")
            if self._connection is None:
                self._connection = opened(self._database)
            with used(self._connection):
                if self._database.callers and not self._proved:
                    verify(self._connection)
                    self._proved = True
                yield self._connection

    def close(self) -> None:
        """Close it if it was opened here."""
        self._closed = True
        if self._process != os.getpid():
            return  # its lock may be held for ever
        with self._turns.lock:
            if self._connection is not None and not self._database.callers:
                self._connection.close()


class Turns:
    """The lock at which stores take turns with one connection."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection  # while it is known by its id, it must not end
        self.lock = threading.RLock()


_turns: Final[weakref.WeakValueDictionary[tuple[int, int], Turns]] = weakref.WeakValueDictionary()


def turns(connection: sqlite3.Connection) -> Turns:
    """Those of all stores that were given this connection."""
    with AT_REST:
        return _turns.setdefault((os.getpid(), id(connection)), Turns(connection))


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
