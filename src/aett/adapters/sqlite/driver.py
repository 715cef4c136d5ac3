"""An aiosqlite connection, told in one call what aiosqlite offers publicly for single statements only."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

import aiosqlite

from aett.adapters.sqlite.connection import opened, used
from aett.adapters.sqlite.database import Database
from aett.core.errors import StoreClosed, UnsupportedServer

_MOMENT: Final = 0.001
"""Seconds."""


class Driver:
    """A connection and its thread, which works for any event loop and outlives it.

    aiosqlite's thread dies when it has an answer for a loop that was closed, and whoever waits in
    another loop waits for ever: so the answers are given here, through a future that bears it.
    """

    def __init__(self, connection: aiosqlite.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._stopped = False
        self._telling = threading.Lock()  # nothing is told to a thread that was told to stop

    @property
    def connection(self) -> aiosqlite.Connection:
        """As aiosqlite knows it."""
        return self._connection

    async def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """The answer of `work(connection, *arguments)`; if cancelled before it has begun, it is not done."""
        return await self._told(lambda: self._worked(work, arguments))

    async def do_at_once(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """The answer of `work(connection, *arguments, begun)`, which says `begun()` when it is SQLite that works.

        Until then, but not longer than a moment, the loop waits: its tasks would keep the interpreter to
        themselves, and what is to be done beside them would begin after them.
        """
        begun = threading.Event()
        answer = self._asked(lambda: self._worked(work, (*arguments, begun.set)))
        begun.wait(_MOMENT)
        return await asyncio.wrap_future(answer)

    async def open(self, database: Database) -> None:
        """Open the connection; if that fails, or is cancelled, the thread stops."""
        try:
            await self._told(lambda: setattr(self._connection, "_connection", opened(database)))
        except BaseException:
            self.stop()
            raise

    async def _told(self, work: Callable[[], Any]) -> Any:
        return await asyncio.wrap_future(self._asked(work))

    def _asked(self, work: Callable[[], Any]) -> Future[Any]:
        answer: Future[Any] = Future()

        def call() -> None:
            if answer.set_running_or_notify_cancel():
                try:
                    result = work()
                except BaseException as error:  # noqa: BLE001  # whatever it is, it is the answer
                    answer.set_exception(error)
                else:
                    answer.set_result(result)

        with self._telling:
            if self._stopped or not (self._inside("_running") and self._inside("_thread").is_alive()):
                raise self._is_closed()
            self._inside("_tx").put_nowait((None, call))
        return answer

    def stop(self) -> Future[None]:
        """Close it when it has done what it was told; a cancelled wait changes nothing about that."""
        ended: Future[None] = Future()

        def call() -> None:
            connection = self._inside("_connection")
            try:
                if connection is not None:
                    connection.close()
            finally:
                self._inside("stop")()  # said here, where no loop is, it has no answer to give to one
                if ended.set_running_or_notify_cancel():
                    ended.set_result(None)

        with self._telling:
            if self._stopped:
                ended.set_result(None)
            else:
                self._stopped = True
                self._inside("_tx").put_nowait((None, call))
        return ended

    def _worked(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        connection = self._inside("_connection")
        if connection is None:
            raise self._is_closed()
        with used(connection):
            return work(connection, *arguments)

    def _is_closed(self) -> StoreClosed:
        return StoreClosed(f"{self._name}: this connection is closed")

    def _inside(self, name: str) -> Any:
        """What aiosqlite has no public name, or no whole type, for."""
        return getattr(self._connection, name)


async def driver(database: Database) -> Driver:
    """One on a new connection."""
    connection = aiosqlite.Connection(lambda: opened(database), iter_chunk_size=64)
    thread: threading.Thread = getattr(connection, "_thread")  # noqa: B009
    thread.daemon = True  # else a program that forgets to close a store would never end
    thread.start()
    made = Driver(connection, database.name)
    await made.open(database)
    return made


def usable(connection: aiosqlite.Connection) -> aiosqlite.Connection:
    """The caller's connection, or `UnsupportedServer` if it is not in autocommit mode."""
    if connection.isolation_level is not None:
        raise UnsupportedServer(
            "open the aiosqlite connection with isolation_level=None: aett begins what it commits"
        )
    if connection.text_factory is not str or connection.row_factory not in (None, sqlite3.Row):
        raise UnsupportedServer(
            "aett needs an aiosqlite connection without a text_factory or row_factory of its own"
        )
    return connection
