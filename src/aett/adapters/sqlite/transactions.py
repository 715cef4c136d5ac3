"""Transactions of several stores, and of whatever else the caller does on the connection, in SQLite.

1. A database that is named by its path gets a connection of the transaction's own, closed when it ends. It waits
   for other writers as a store does.
2. `BEGIN IMMEDIATE`: it is the one writer from the beginning, so nothing that it has read is changed by others.
   On a connection of the caller's that has a transaction open, it is a savepoint.
3. It is committed when the block ends, and undone if the block fails, or asked for that.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from typing import Final, NamedTuple

from aett.adapters.sql.dialect import TABLE
from aett.adapters.sqlite import patience
from aett.adapters.sqlite.connection import opened
from aett.adapters.sqlite.connections import usable
from aett.adapters.sqlite.database import BUSY_TIMEOUT, Database, Synchronous, callers, located
from aett.adapters.sqlite.dialect import MAX_COMMIT_SIZE
from aett.adapters.sqlite.errors import translated
from aett.adapters.sqlite.stores import CommitStore, RegisterStore, SnapshotStore
from aett.adapters.store.block import Block
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap


class Words(NamedTuple):
    """What begins, commits and undoes."""

    begin: str
    commit: str
    undo: tuple[str, ...]

    def ends(self, *, undone: bool) -> tuple[str, ...]:
        """What ends it."""
        return self.undo if undone else (self.commit,)


WHOLE: Final = Words("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
PART: Final = Words("SAVEPOINT aett_block", "RELEASE aett_block", ("ROLLBACK TO aett_block", "RELEASE aett_block"))


class Transaction(Block[sqlite3.Connection]):
    """A transaction that is open: what its stores do, and what is done on its connection, is done together or not.

    connection: do not commit on it; the block does.
    """

    def __init__(self, connection: sqlite3.Connection, table: str, stack: ExitStack) -> None:
        super().__init__(connection, stack)
        self._table = table

    def commit_store(
        self,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
    ) -> CommitStore:
        """A commit store within it, with the settings of `CommitStore`."""
        return self._ending_with_it(
            CommitStore(
                self.connection,
                topic_map=topic_map,
                conflict_detector=conflict_detector,
                table=self._table,
                page_size=page_size,
                max_commit_size=max_commit_size,
            )
        )

    def snapshot_store(self) -> SnapshotStore:
        """A snapshot store within it."""
        return self._ending_with_it(SnapshotStore(self.connection, table=self._table))

    def registers(self) -> RegisterStore:
        """A register store within it."""
        return self._ending_with_it(RegisterStore(self.connection, table=self._table))


@contextmanager
def transaction(
    database: str | os.PathLike[str] | sqlite3.Connection,
    *,
    table: str = TABLE,
    busy_timeout: float = BUSY_TIMEOUT,
    synchronous: Synchronous = "FULL",
) -> Generator[Transaction]:
    """A transaction of several stores, and of what you do on its connection.

    `with transaction(path) as tx:` begins it on a new connection, or on your own, as a savepoint if it has a
    transaction open. `tx.commit_store(...)`, `tx.snapshot_store()` and `tx.registers()` join it, and so does what
    is done on `tx.connection`. It is committed when the block ends; if the block fails, or has called
    `tx.rollback()`, nothing of it stays. Other writers wait as long as it is open.
    """
    with ExitStack() as stack:
        if isinstance(database, sqlite3.Connection):
            place, connection = callers(busy_timeout, synchronous), usable(database)
        else:
            place = located(database, (), busy_timeout, synchronous, create=False)
            connection = stack.enter_context(closing(_opened(place)))
        words = PART if connection.in_transaction else WHOLE
        _told(place, connection, words.begin)
        undone = True
        try:
            with ExitStack() as stores:
                begun = Transaction(connection, table, stores)
                yield begun
            undone = begun.undone
        finally:
            if connection.in_transaction:
                _told(place, connection, *words.ends(undone=undone))


def _opened(place: Database) -> sqlite3.Connection:
    try:
        return opened(place)
    except sqlite3.Error as error:
        raise translated(error, place) from error


def _told(place: Database, connection: sqlite3.Connection, *statements: str) -> None:
    """Say this, patiently while other writers are in the way."""
    patient = patience.blocking(place)
    try:
        for each in statements:
            patient.copy()(connection.execute, each)
    except sqlite3.Error as error:
        raise translated(error, place) from error
