"""PostgreSQL's announced barrier, attacked: by transactions that sleep, die, are prepared, or are of version 1."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from tests.contract.crowd import Crowd
from tests.contract.earlier import parameters, version_1

from aett import Commit, Head, Success, Tail
from aett.adapters.postgresql import CommitStore, PersistenceManagement
from aett.adapters.sql import barrier
from aett.adapters.sql.rendering import pyformat
from aett.testing.laws.making import make, notes
from aett.testing.model import must_be
from aett.testing.samples import TOPICS


@pytest.fixture
def table(postgresql_url: str) -> Iterator[str]:
    """A name; nothing is there yet."""
    name = f"t{uuid4().hex}"
    yield name
    with PersistenceManagement(postgresql_url, table=name) as management:
        management.drop()


@pytest.fixture
def store(postgresql_url: str, table: str) -> Iterator[CommitStore]:
    """A store with a pool, at an initialized table."""
    with PersistenceManagement(postgresql_url, table=table) as management:
        management.initialize()
    with CommitStore(postgresql_url, topic_map=TOPICS, table=table, page_size=256) as made:
        yield made


def new(tenant: str, stream: str | None = None) -> Commit:
    return make(Head(tenant, stream or uuid4().hex), commit_id=uuid4())


def within(connection: psycopg.Connection[Any], table: str) -> CommitStore:
    return CommitStore(connection, topic_map=TOPICS, table=table)


def test_beside_a_transaction_held_open_its_tenant_is_read_to_the_number_before_and_others_to_their_end(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    before = {tenant: [store.commit(new(tenant)).unwrap() for _ in range(20)] for tenant in ("t", "o")}
    with psycopg.connect(postgresql_url) as connection:
        held = within(connection, table).commit(new("t")).unwrap()
        after = {tenant: store.commit(new(tenant)).unwrap() for tenant in ("o", "t")}
        must_be(store.get_from("t"), before["t"], "R8: the tenant of the open transaction")
        must_be(store.get_from("o"), [*before["o"], after["o"]], "R8: another tenant")
        assert store.tail("t") == Tail(after["t"].checkpoint or 0, (held.checkpoint or 0) - 1)
        assert store.tail("o") == Tail(after["o"].checkpoint or 0, after["o"].checkpoint or 0)
        connection.rollback()
    must_be(store.get_from("t"), [*before["t"], after["t"]], "what was rolled back holds up nobody")


def test_each_tenant_that_a_transaction_writes_to_is_held_up_from_its_own_number_on(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    with psycopg.connect(postgresql_url) as connection:
        joined = within(connection, table)
        first = joined.commit(new("t")).unwrap()
        between = store.commit(new("o")).unwrap()
        second = joined.commit(new("o")).unwrap()
        later = {tenant: store.commit(new(tenant)).unwrap() for tenant in ("t", "o")}
        assert store.tail("t") == Tail(later["t"].checkpoint or 0, (first.checkpoint or 0) - 1)
        assert store.tail("o") == Tail(later["o"].checkpoint or 0, (second.checkpoint or 0) - 1)
        must_be(store.get_from("o"), [between], "what was before the second")
        connection.commit()
    must_be(store.get_from("o"), [between, second, later["o"]], "in the end")


def test_a_savepoint_that_is_undone_takes_what_it_announced_with_it(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    with psycopg.connect(postgresql_url) as connection:
        joined = within(connection, table)
        for _ in range(3):
            with suppress(ZeroDivisionError), connection.transaction():
                for _ in range(3):
                    joined.commit(new("t")).unwrap()
                raise ZeroDivisionError
        between = store.commit(new("t")).unwrap()
        must_be(store.get_from("t"), [between], "nothing of it is left")
        held = joined.commit(new("t")).unwrap()
        later = store.commit(new("t")).unwrap()
        assert store.tail("t") == Tail(later.checkpoint or 0, (held.checkpoint or 0) - 1)
        connection.commit()
    must_be(store.get_from("t"), [between, held, later], "in the end")


def test_what_a_transaction_has_announced_ends_with_it(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    with psycopg.connect(postgresql_url) as connection:
        joined = within(connection, table)
        for _ in range(2):
            joined.commit(new("o")).unwrap()
            held = joined.commit(new("t")).unwrap()
            later = store.commit(new("t")).unwrap()
            assert store.tail("t") == Tail(later.checkpoint or 0, (held.checkpoint or 0) - 1)
            connection.commit()


def test_a_transaction_of_many_commits_holds_few_locks(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    with psycopg.connect(postgresql_url) as connection:
        joined = within(connection, table)
        for number in range(300):
            joined.commit(new("t" if number % 2 else "o")).unwrap()
        counted = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        ((locks,),) = connection.execute(counted).fetchall()
        assert locks <= 6
        connection.commit()
    assert sum(len(list(store.get_from(tenant))) for tenant in ("t", "o")) == 300


def test_two_tables_of_a_database_do_not_hold_each_other_up(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    other = f"{table}_2"
    with PersistenceManagement(postgresql_url, table=other) as management:
        management.initialize()
        with psycopg.connect(postgresql_url) as connection:
            within(connection, other).commit(new("t")).unwrap()
            stored = store.commit(new("t")).unwrap()
            must_be(store.get_from("t"), [stored], "beside a transaction at the other table")
            connection.rollback()
        management.drop()


@pytest.mark.parametrize("begin", [2**32 - 3, 2**31 - 3, 2**33 - 3])
def test_what_is_announced_is_right_where_its_bits_begin_anew(
    postgresql_url: str, table: str, store: CommitStore, begin: int
) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"SELECT setval('{table}_checkpoint_seq', {begin})".encode())
    for _ in range(6):
        before = store.commit(new("t")).unwrap()
        with psycopg.connect(postgresql_url) as connection:
            held = within(connection, table).commit(new("t")).unwrap()
            later = store.commit(new("t")).unwrap()
            assert store.tail("t") == Tail(later.checkpoint or 0, (held.checkpoint or 0) - 1)
            assert list(store.get_from("t"))[-1] == before
            connection.commit()
        assert list(store.get_from("t"))[-2:] == [held, later]


def test_a_prepared_transaction_holds_up_its_tenant_until_it_ends(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    before, name = store.commit(new("t")).unwrap(), f"x{uuid4().hex}"
    with psycopg.connect(postgresql_url) as connection:
        held = within(connection, table).commit(new("t")).unwrap()
        connection.execute(f"PREPARE TRANSACTION '{name}'".encode())
    later = store.commit(new("t")).unwrap()
    assert store.tail("t") == Tail(later.checkpoint or 0, (held.checkpoint or 0) - 1)
    must_be(store.get_from("t"), [before], "beside it")
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"COMMIT PREPARED '{name}'".encode())
    must_be(store.get_from("t"), [before, held, later], "in the end")


# Many at once


def crowd_of(url: str, table: str, *, seconds: float) -> Crowd:
    return Crowd(
        connect=lambda: psycopg.connect(url, application_name=table),
        begin=lambda _: None,
        joined=lambda connection: within(connection, table),
        opened=lambda: CommitStore(url, topic_map=TOPICS, table=table),
        failures=psycopg.Error,
        end=time.monotonic() + seconds,
    )


def test_beside_writers_whose_transactions_sleep_readers_skip_nothing(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    del store
    crowd = crowd_of(postgresql_url, table, seconds=4)
    crowd.run()
    assert sum(map(len, crowd.written.values())) > 16


def test_beside_writers_that_are_killed_readers_skip_nothing_and_are_held_up_by_nobody(
    postgresql_url: str, table: str, store: CommitStore
) -> None:
    def kill(crowd: Crowd) -> None:
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            while time.monotonic() < crowd.end:
                time.sleep(0.02)
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM"
                    " (SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
                    " AND application_name = %s ORDER BY random() LIMIT 1) AS one",
                    (table,),
                )

    crowd_of(postgresql_url, table, seconds=3).run(16, "tto", kill)
    assert not store.tail("t").held_up


# Schema version 1


def earlier(connection: psycopg.Connection[Any], statement: str, **values: Any) -> list[Any]:
    cursor = connection.execute(pyformat(statement).encode(), values)
    return cursor.fetchall() if cursor.description else []


def append_of_version_1(connection: psycopg.Connection[Any], table: str, commit: Commit) -> int:
    ((checkpoint,),) = earlier(connection, version_1("postgresql", table).append, **parameters(commit))
    return int(checkpoint)


@pytest.fixture
def of_version_1(postgresql_url: str, table: str) -> str:
    """A place as schema version 1 made it, with five commits."""
    with psycopg.connect(postgresql_url) as connection:
        for statement in version_1("postgresql", table).create:
            earlier(connection, statement)
        for number in range(5):
            append_of_version_1(connection, table, new("t", f"old {number}"))
    return table


def test_what_version_1_made_is_migrated_beside_its_writers_and_its_readers(
    postgresql_url: str, of_version_1: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = of_version_1
    with psycopg.connect(postgresql_url) as connection:  # an old process, in the midst of a transaction
        held = append_of_version_1(connection, table, new("t"))
        with PersistenceManagement(postgresql_url, table=table) as management:
            management.initialize()
            management.initialize()
        with CommitStore(postgresql_url, topic_map=TOPICS, table=table) as store:
            later = store.commit(new("t")).unwrap()
            # Who announces nothing is waited for, and in vain; then nothing can be told.
            assert store.tail("t") == Tail(later.checkpoint or 0, 0)
            assert list(store.get_from("t", 5)) == []
            monkeypatch.setattr(barrier, "PAUSES", (0.01,) * 3000)
            ending = threading.Timer(0.2, connection.commit)
            ending.start()
            assert [each.checkpoint for each in store.get_from("t", 5)] == [held, later.checkpoint]
            ending.join()
    with psycopg.connect(postgresql_url) as connection:  # a new process, and an old reader
        CommitStore(connection, topic_map=TOPICS, table=table).commit(new("t")).unwrap()
        with psycopg.connect(postgresql_url, autocommit=True) as reader:
            ((_, _, holders),) = earlier(reader, version_1("postgresql", table).newest, tenant_id="t")
            assert len(holders) == 1, "an old reader does not wait for a new writer"
            connection.commit()
            ((_, _, holders),) = earlier(reader, version_1("postgresql", table).newest, tenant_id="t")
            assert holders == []


def test_old_writers_and_new_ones_together_are_followed_without_a_gap(
    postgresql_url: str, of_version_1: str
) -> None:
    with PersistenceManagement(postgresql_url, table=of_version_1) as management:
        management.initialize()

    def old(crowd: Crowd) -> None:
        with psycopg.connect(postgresql_url) as connection:
            while time.monotonic() < crowd.end:
                append_of_version_1(connection, of_version_1, new("t"))
                time.sleep(0.003)
                connection.commit()

    crowd_of(postgresql_url, of_version_1, seconds=3).run(4, "tt", old, old)


def test_a_stream_of_version_1_goes_on(postgresql_url: str, of_version_1: str) -> None:
    with PersistenceManagement(postgresql_url, table=of_version_1) as management:
        management.initialize()
    with CommitStore(postgresql_url, topic_map=TOPICS, table=of_version_1) as store:
        head = store.head("t", "old 0")
        assert (head.sequence, head.checkpoint) == (1, 1)
        assert isinstance(store.commit(make(head, *notes("x"), commit_id=uuid4())), Success)
        assert len(list(store.get_from("t"))) == 6
