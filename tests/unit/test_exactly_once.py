"""What `check_exactly_once` finds, and what it lets pass."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from aett import Handler, Recorded, Topic, TopicMap
from aett.adapters import sqlite
from aett.ports import Transaction
from aett.testing import async_check_exactly_once, check_exactly_once, happened


@Topic("sold")
@frozen
class Sold:
    count: int


TOPICS = TopicMap(Sold)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "events.db"
    with sqlite.PersistenceManagement(path) as management:
        management.initialize()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE sales (stream TEXT, count INTEGER)")
    return path


def checked(database: Path, handle: Callable[[Sequence[Recorded[Sold]], Any], None], **settings: Any) -> None:
    def rows() -> list[tuple[str, int]]:
        with closing(sqlite3.connect(database)) as connection:
            return sorted(connection.execute("SELECT stream, count FROM sales").fetchall())

    handler = Handler[Sold, Transaction[sqlite3.Connection]](name="sales", topics=Sold, handle=handle, **settings)
    with sqlite.CommitStore(database, topic_map=TOPICS) as store, sqlite.RegisterStore(database) as registers:
        check_exactly_once(
            handler,
            Sold(1),
            happened(Sold(2), stream_id="another"),
            Sold(3),
            store=store,
            registers=registers,
            begin=lambda: sqlite.transaction(database),
            result=rows,
            expected=[("another", 2), ("stream", 1), ("stream", 3)],
        )


def insert(batch: Sequence[Recorded[Sold]], tx: Transaction[sqlite3.Connection]) -> None:
    for each in batch:
        tx.connection.execute("INSERT INTO sales VALUES (?, ?)", (each.stream_id, each.event.count))


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_handler_that_writes_by_its_transaction_passes(database: Path, partitions: int) -> None:
    checked(database, insert, partitions=partitions)


def test_one_that_forgets_an_event_is_found(database: Path) -> None:
    def forgets(batch: Sequence[Recorded[Sold]], tx: Any) -> None:
        insert([each for each in batch if each.event.count != 3], tx)

    with pytest.raises(AssertionError, match="sales: killed wherever it can be"):
        checked(database, forgets)


def test_one_that_does_something_beside_its_transaction_is_found(database: Path) -> None:
    beside = list[Sold]()

    def remembers(batch: Sequence[Recorded[Sold]], tx: Any) -> None:
        beside.extend(each.event for each in batch)  # what is undone in the database stays here
        tx.connection.execute("DELETE FROM sales")
        tx.connection.executemany("INSERT INTO sales VALUES ('stream', ?)", [(each.count,) for each in beside])

    with pytest.raises(AssertionError, match="did not do everything once"):
        checked(database, remembers)


def test_one_that_is_awaited_is_checked_too(database: Path) -> None:
    async def rows() -> list[tuple[str, int]]:
        with closing(sqlite3.connect(database)) as connection:
            return sorted(connection.execute("SELECT stream, count FROM sales").fetchall())

    async def add(batch: Sequence[Recorded[Sold]], tx: Any) -> None:
        for each in batch:
            await tx.connection.execute("INSERT INTO sales VALUES (?, ?)", (each.stream_id, each.event.count))

    async def add_beside(batch: Sequence[Recorded[Sold]], tx: Any) -> None:
        del tx
        for each in batch:
            beside.append(each.event)

    async def count() -> int:
        return len(beside)

    beside = list[Sold]()

    async def tasks() -> None:
        async with (
            sqlite.AsyncCommitStore(database, topic_map=TOPICS) as store,
            sqlite.AsyncRegisterStore(database) as registers,
        ):
            place: Any = {
                "store": store,
                "registers": registers,
                "begin": lambda: sqlite.async_transaction(database),
            }
            handler = Handler[Sold, Any](name="sales", topics=Sold, handle=add)
            expected = [("stream", 1), ("stream", 2)]
            await async_check_exactly_once(handler, Sold(1), Sold(2), result=rows, expected=expected, **place)
            wrong = Handler[Sold, Any](name="wrong", topics=Sold, handle=add_beside)
            with pytest.raises(AssertionError, match="wrong: killed wherever it can be"):
                await async_check_exactly_once(wrong, Sold(1), result=count, expected=1, **place)

    asyncio.run(tasks())
