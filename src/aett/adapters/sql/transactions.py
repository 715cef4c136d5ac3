"""Transactions of several stores, and of whatever else the caller does on the connection.

1. A connection is lent, and a transaction begun on it; on one that has a transaction open, a savepoint.
2. Stores that are made of the transaction use this connection, and no other. They are closed when it ends.
3. It is committed when the block ends, and undone if the block fails, or asked for that. Then nothing stays.
4. What is raised at the beginning and at the end is told as an error of aett's. What the block raises is the
   caller's, and goes on as it is.
5. A victim of a deadlock is not tried again: only the caller knows what the block has done besides.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, TypeVar

from attrs import frozen

from aett.adapters.lending.blocking import Joined, Lender
from aett.adapters.sql.performing import Driver
from aett.adapters.sql.stores import SqlCommitStore, SqlRegisterStore, SqlSnapshotStore
from aett.adapters.store.block import Block
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap

K = TypeVar("K")


class Undone(Exception):  # it is none that anybody sees
    """The block asked for it."""


def undo_if(undone: bool) -> None:  # noqa: FBT001  # whether it is so
    """Leave the transaction as if it had failed."""
    if undone:
        raise Undone


@frozen
class Made:
    """The classes of an engine's stores."""

    commit_store: type[SqlCommitStore[Any]]
    snapshot_store: type[SqlSnapshotStore[Any]]
    register_store: type[SqlRegisterStore[Any]]


class Transaction(Block[K]):
    """A transaction that is open: what its stores do, and what is done on its connection, is done together or not.

    connection: the driver's own. Do not commit on it; the block does.
    """

    def __init__(self, connection: K, made: Made, table: str, stack: ExitStack) -> None:
        super().__init__(connection, stack)
        self._made, self._table = made, table

    def commit_store(
        self,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> SqlCommitStore[Any]:
        """A commit store within it, with the settings of `CommitStore`; the log cannot be read by it."""
        return self._ending_with_it(
            self._made.commit_store(
                Joined(self.connection),
                topic_map=topic_map,
                conflict_detector=conflict_detector,
                table=self._table,
                page_size=page_size,
                max_commit_size=max_commit_size,
            )
        )

    def snapshot_store(self) -> SqlSnapshotStore[Any]:
        """A snapshot store within it."""
        return self._ending_with_it(self._made.snapshot_store(Joined(self.connection), table=self._table))

    def registers(self) -> SqlRegisterStore[Any]:
        """A register store within it."""
        return self._ending_with_it(self._made.register_store(Joined(self.connection), table=self._table))


@contextmanager
def transacting(driver: Driver[K], lender: Lender[K], made: Made, table: str) -> Generator[Transaction[K]]:
    """A transaction on a connection of the lender's, which is closed afterwards."""
    failures, within = driver.failures, False
    try:
        with closing(lender), lender.lent(alone=False) as connection, driver.transaction(connection):
            within = True
            with ExitStack() as stack:
                transaction = Transaction(connection, made, table, stack)
                yield transaction
            within = False
            undo_if(transaction.undone)
    except Undone:
        pass
    except failures.kinds as error:
        if within:
            raise
        raise failures.translated(error, lender.name) from error
