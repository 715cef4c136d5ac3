"""Bells between processes, by PostgreSQL's LISTEN and NOTIFY.

1. Two connections of its own, and a thread for each: one listens, one notifies. Nothing of it happens in the
   transactions of writers, for there a NOTIFY takes a lock on the whole database when they commit.
2. When the bell of this process rings (`aett.ports.bell`), the tenant is noted. At most once in `pause` seconds
   all that are noted are told to the others; while it rings without a rest, more and more rarely, down to once in
   16 times that: who follows so busy a log does not rest either.
3. What others tell rings the bell here, and is not told again.
4. The connection that listens is asked something from time to time. One that is lost is made anew, after a pause;
   a ring that is lost meanwhile costs its hearer a poll.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier

from aett.adapters.postgresql.server import server_of
from aett.core.logs import logger
from aett.ports.bell import listening, ring

CHANNEL: Final = "aett"
PAUSE: Final = 0.005

_LOG: Final = logger("bells")
_CONNECTS: Final = 10.0
_LONGEST: Final = 16
_AGAIN: Final = 1.0
"""Seconds after which a lost connection is made anew."""

_HEARS: Final = 0.25
"""Seconds after which who listens looks whether it is to end."""

_PROBE: Final = 10.0
"""Seconds after which a connection that has heard nothing is asked something."""


class _Bells:
    def __init__(self, url: str, channel: str, pause: float) -> None:
        self._server, _ = server_of(url, 1, _CONNECTS)
        self._channel, self._pause = channel, pause
        self._over = threading.Event()
        self._rung = threading.Event()
        self._tenants = set[str]()
        self._lock = threading.Lock()
        self._own = 0
        self.key: object = None

    def rung(self, tenant_id: str) -> None:
        """Of this process's bell."""
        if tenant_id in self._tenants:  # those that are noted have not been told yet
            return
        with self._lock:
            self._tenants.add(tenant_id)
        self._rung.set()

    def end(self) -> None:
        """Tell both threads to end."""
        self._over.set()
        self._rung.set()

    def tell(self) -> None:
        """What the thread that notifies does."""
        self._connected(self._tells)

    def hear(self) -> None:
        """What the thread that listens does."""
        self._connected(self._hears)

    def _connected(self, work: Callable[[psycopg.Connection[Any]], None]) -> None:
        while not self._over.is_set():
            try:
                with psycopg.connect(
                    self._server.url, autocommit=True, connect_timeout=int(_CONNECTS)
                ) as connection:
                    work(connection)
            except psycopg.Error as error:
                _LOG.warning("%s: bells: %s", self._server.name, type(error).__name__)
                self._over.wait(_AGAIN)

    def _tells(self, connection: psycopg.Connection[Any]) -> None:
        # A NOTIFY has a transaction of its own; nothing is lost if it is, so nobody waits for the disk.
        connection.execute("SET synchronous_commit TO off")
        self._own = connection.info.backend_pid
        pause = self._pause
        while not self._over.is_set():
            rested = not self._rung.is_set()
            self._rung.wait()
            self._rung.clear()
            with self._lock:
                tenants, self._tenants = list(self._tenants), set[str]()
            if tenants:
                told = [f"{self._own} {each}" for each in tenants]
                connection.execute(
                    "SELECT pg_notify(%s, told) FROM unnest(%s::text[]) AS told", (self._channel, told)
                )
            pause = self._pause if rested else min(2 * pause, _LONGEST * self._pause)
            self._over.wait(pause)

    def _hears(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(SQL("LISTEN {}").format(Identifier(self._channel)))
        heard = time.monotonic()
        while not self._over.is_set():
            for each in connection.notifies(timeout=_HEARS):
                heard = time.monotonic()
                teller, _, tenant_id = each.payload.partition(" ")
                if teller != str(self._own):
                    ring(tenant_id, but=self.key)
                if self._over.is_set():
                    return
            if time.monotonic() - heard > _PROBE:
                connection.execute("SELECT 1")
                heard = time.monotonic()


@contextmanager
def bells(url: str, *, channel: str = CHANNEL, pause: float = PAUSE) -> Generator[None]:
    """While it is entered, followers of this process are woken by writers of others, and those by ours.

    All processes that write or follow enter it, with the same channel. It has two connections of its own, which
    must not go through a pooler that lends connections for a transaction. pause: seconds; of writers of this
    process the others are told at most once in so many. Processes whose stores are awaited may enter it, too; it
    needs psycopg.
    """
    made = _Bells(url, channel, pause)
    threads = [threading.Thread(target=each, name="aett bells", daemon=True) for each in (made.tell, made.hear)]
    with listening(made.rung) as made.key:
        for each in threads:
            each.start()
        try:
            yield
        finally:
            made.end()
            for each in threads:
                each.join()
