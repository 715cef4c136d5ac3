"""SQL Server's queue and watermark, attacked: by writers that are killed, and by processes of schema version 1."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen
from tests.contract.crowd import Crowd
from tests.contract.earlier import parameters, version_1

from aett import Commit, Head, Tail
from aett.testing.laws.making import make
from aett.testing.samples import TOPICS


@frozen
class Place:
    """A table's name; nothing is there yet."""

    url: str
    table: str

    def made(self, name: str, *where: Any, **settings: Any) -> Any:
        """One of the engine's classes, at this table."""
        from aett.adapters import mssql  # noqa: PLC0415  # where there is no server, there may be no unixODBC

        return getattr(mssql, name)(*where or (self.url,), table=self.table, **settings)

    @contextmanager
    def connected(self) -> Generator[Any]:
        """A connection on which the caller begins and ends transactions."""
        import pyodbc  # noqa: PLC0415

        connection = pyodbc.connect(self.url, autocommit=True)
        try:
            yield connection
        finally:
            connection.close()


@pytest.fixture
def place(mssql_url: str) -> Iterator[Place]:
    place = Place(mssql_url, f"t{uuid4().hex}")
    yield place
    with place.made("PersistenceManagement") as management:
        management.drop()


def said(connection: Any, text: str, values: dict[str, Any] | None = None) -> list[Any]:
    """With named parameters."""
    from aett.adapters.mssql.pyodbc_driver import DRIVER  # noqa: PLC0415

    return list(DRIVER.rows(connection, text, values or {}))


def new(stream: str | None = None) -> Commit:
    return make(Head("t", stream or uuid4().hex), commit_id=uuid4())


def append_of_version_1(connection: Any, table: str, commit: Commit) -> int:
    ((checkpoint,),) = said(connection, version_1("mssql", table).append, parameters(commit))
    return int(checkpoint)


def made_by_version_1(connection: Any, table: str) -> None:
    said(connection, "BEGIN TRANSACTION")
    for statement in version_1("mssql", table).create:
        said(connection, statement)
    said(connection, "COMMIT TRANSACTION")


def test_what_version_1_made_is_migrated_beside_its_writers_and_its_readers(place: Place) -> None:
    table, earlier = place.table, version_1("mssql", place.table)
    with place.connected() as old:
        made_by_version_1(old, table)
        first = append_of_version_1(old, table, new())
        with place.made("PersistenceManagement") as management:
            management.initialize()
            management.initialize()
        said(old, "BEGIN TRANSACTION")  # an old process, in the midst of a transaction
        held = append_of_version_1(old, table, new())
        with place.made("CommitStore", topic_map=TOPICS) as store:
            later = store.commit(new()).unwrap()
            tail: Tail = store.tail("t")
            assert (tail.newest, tail.settled < held) == (later.checkpoint, True)
            assert held not in [each.checkpoint for each in store.get_from("t")]
            said(old, "COMMIT TRANSACTION")
            assert [each.checkpoint for each in store.get_from("t")] == [first, held, later.checkpoint]
            with place.connected() as new_writer:  # a new process, and an old reader
                said(new_writer, "BEGIN TRANSACTION")
                place.made("CommitStore", new_writer, topic_map=TOPICS).commit(new()).unwrap()
                ((code,),) = said(old, earlier.passed)
                assert code < 0
                said(new_writer, "COMMIT TRANSACTION")
            ((code,),) = said(old, earlier.passed)
            assert code >= 0
        assert said(old, "SELECT version FROM aett_schema WHERE table_name = :name", {"name": table}) == [(2,)]


def crowd_of(place: Place, connect: Callable[[], Any]) -> Crowd:
    import pyodbc  # noqa: PLC0415

    return Crowd(
        connect=connect,
        begin=lambda connection: connection.execute("BEGIN TRANSACTION"),
        joined=lambda connection: place.made("CommitStore", connection, topic_map=TOPICS),
        end_transaction=lambda connection: connection.execute("COMMIT TRANSACTION"),
        opened=lambda: place.made("CommitStore", topic_map=TOPICS),
        failures=pyodbc.Error,
        end=time.monotonic() + 4,
    )


def test_beside_writers_that_are_killed_readers_skip_nothing_and_are_held_up_by_nobody(place: Place) -> None:
    import pyodbc  # noqa: PLC0415

    open_now, kills = list[int](), list[int]()

    @contextmanager
    def connect() -> Generator[Any]:
        with place.connected() as connection:
            ((number,),) = said(connection, "SELECT @@SPID")
            open_now.append(number)
            try:
                yield connection
            finally:
                open_now.remove(number)

    def kill(crowd: Crowd) -> None:
        chance = random.Random(7)  # noqa: S311  # no secret
        with place.connected() as connection:
            while time.monotonic() < crowd.end:
                time.sleep(0.1)
                if numbers := list(open_now):
                    kills.append(chance.choice(numbers))
                    with suppress(pyodbc.Error):  # it has ended meanwhile
                        connection.execute(f"KILL {kills[-1]}")

    with place.made("PersistenceManagement") as management:
        management.initialize()
    crowd = crowd_of(place, connect)
    crowd.run(6, "tto", kill)
    assert kills
    assert crowd.written
    with place.made("CommitStore", topic_map=TOPICS) as store:
        assert not store.tail("t").held_up
