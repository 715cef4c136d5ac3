"""MySQL's queue and watermark, attacked: by transactions that stay open, and by processes of schema version 1."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import attrs
import pymysql
import pytest
from tests.contract.crowd import Crowd
from tests.contract.earlier import parameters, version_1

from aett import Commit, Head, Success, Tail
from aett.adapters.mysql import CommitStore, PersistenceManagement
from aett.adapters.mysql.server import arguments, server_of
from aett.adapters.sql.rendering import pyformat
from aett.testing.laws.making import make
from aett.testing.model import must_be
from aett.testing.samples import TOPICS


@pytest.fixture
def table(mysql_url: str) -> Iterator[str]:
    """A name; nothing is there yet."""
    name = f"t{uuid4().hex}"
    yield name
    with PersistenceManagement(mysql_url, table=name) as management:
        management.drop()


@pytest.fixture
def store(mysql_url: str, table: str) -> Iterator[CommitStore]:
    """A store with a pool, at an initialized table."""
    with PersistenceManagement(mysql_url, table=table) as management:
        management.initialize()
    with CommitStore(mysql_url, topic_map=TOPICS, table=table) as made:
        yield made


def connected(url: str) -> Any:
    return pymysql.connect(**arguments(server_of(url, 1, 30.0)))


def said(connection: Any, statement: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(pyformat(statement), values)
        return list(cursor.fetchall())


def new(tenant: str, stream: str | None = None) -> Commit:
    return make(Head(tenant, stream or uuid4().hex), commit_id=uuid4())


def append_of_version_1(connection: Any, table: str, commit: Commit) -> int:
    with connection.cursor() as cursor:
        cursor.execute(pyformat(version_1("mysql", table).append), parameters(commit))
        return int(cursor.lastrowid)


def test_beside_a_transaction_held_open_every_reader_gets_to_the_watermark_at_once_and_writers_go_on(
    mysql_url: str, table: str, store: CommitStore
) -> None:
    before = {tenant: [store.commit(new(tenant)).unwrap() for _ in range(5)] for tenant in ("t", "o")}
    must_be(store.get_from("t"), before["t"], "the first reader leaves the watermark, for all tenants")
    with connected(mysql_url) as connection:
        connection.begin()
        CommitStore(connection, topic_map=TOPICS, table=table).commit(new("t")).unwrap()
        later = store.commit(new("o")).unwrap()
        for _ in range(5):
            must_be(store.get_from("t"), before["t"], "its own tenant")
            must_be(store.get_from("o"), before["o"], "another")
        assert store.tail("o") == Tail(later.checkpoint or 0, before["o"][-1].checkpoint or 0)
        assert isinstance(store.commit(new("o")), Success)
        connection.rollback()
    assert not store.tail("o").held_up
    assert len(list(store.get_from("o"))) == 7


def test_a_watermark_never_goes_back_and_is_noted_at_most_once_a_second(
    mysql_url: str, table: str, store: CommitStore
) -> None:
    with connected(mysql_url) as connection:
        noted = f"SELECT settled FROM {table}_settled"
        first = store.commit(new("t")).unwrap()
        assert list(store.get_from("t")) == [first]
        assert said(connection, noted) == [(first.checkpoint,)]
        second = store.commit(new("t")).unwrap()
        assert list(store.get_from("t")) == [first, second]
        assert said(connection, noted) == [(first.checkpoint,)]
        said(connection, f"UPDATE {table}_settled SET noted = '2000-01-01'")
        third = store.commit(new("t")).unwrap()
        assert list(store.get_from("t")) == [first, second, third]
        assert said(connection, noted) == [(third.checkpoint,)]


def test_numbers_that_begin_anew_have_no_watermark(mysql_url: str, table: str, store: CommitStore) -> None:
    store.commit(new("t")).unwrap()
    assert len(list(store.get_from("t"))) == 1
    with connected(mysql_url) as connection:
        said(connection, f"DROP TABLE {table}")
        with PersistenceManagement(mysql_url, table=table) as management:
            management.initialize()
        assert said(connection, f"SELECT settled FROM {table}_settled") == [(0,)]


def test_what_version_1_made_is_migrated_beside_its_writers_and_its_readers(mysql_url: str, table: str) -> None:
    earlier = version_1("mysql", table)
    with connected(mysql_url) as old:
        for statement in earlier.create:
            said(old, statement)
        first = append_of_version_1(old, table, new("t"))
        old.begin()  # an old process, in the midst of a transaction
        held = append_of_version_1(old, table, new("t"))
        with PersistenceManagement(mysql_url, table=table) as management:
            management.initialize()
            management.initialize()
        with CommitStore(mysql_url, topic_map=TOPICS, table=table) as store:
            later = store.commit(new("t")).unwrap()
            assert store.tail("t") == Tail(later.checkpoint or 0, 0)
            assert list(store.get_from("t")) == []
            old.commit()
            assert [each.checkpoint for each in store.get_from("t")] == [first, held, later.checkpoint]
            with connected(mysql_url) as new_writer:  # a new process, and an old reader
                new_writer.begin()
                CommitStore(new_writer, topic_map=TOPICS, table=table).commit(new("t")).unwrap()
                with pytest.raises(pymysql.Error):
                    said(old, earlier.passed)
                new_writer.commit()
            assert said(old, earlier.passed) == [(1,)]


def crowd_of(url: str, table: str, *, seconds: float) -> Crowd:
    return Crowd(
        connect=lambda: connected(url),
        begin=lambda connection: connection.begin(),
        joined=lambda connection: CommitStore(connection, topic_map=TOPICS, table=table),
        opened=lambda: CommitStore(url, topic_map=TOPICS, table=table),
        failures=pymysql.Error,
        end=time.monotonic() + seconds,
    )


def test_beside_writers_that_are_killed_readers_skip_nothing_and_are_held_up_by_nobody(
    mysql_url: str, table: str, store: CommitStore
) -> None:
    ours, kills = set[int](), list[int]()

    def connect() -> Any:
        connection = connected(mysql_url)
        ours.add(connection.thread_id())
        return connection

    def kill(crowd: Crowd) -> None:
        chance = random.Random(7)  # noqa: S311  # no secret
        with connected(mysql_url) as connection:
            while time.monotonic() < crowd.end:
                time.sleep(0.02)
                running = said(connection, "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx")
                if chosen := [thread for (thread,) in running if thread in ours]:
                    kills.append(chance.choice(chosen))
                    with suppress(pymysql.Error):  # it has ended meanwhile
                        said(connection, f"KILL {kills[-1]}")

    crowd = attrs.evolve(crowd_of(mysql_url, table, seconds=3), connect=connect)
    crowd.run(8, "tto", kill)
    assert kills
    assert crowd.written
    assert not store.tail("t").held_up


def append_until(end: float, url: str, table: str, *, old: bool) -> None:
    """Transactions that sleep before they end."""
    with connected(url) as connection:
        joined = CommitStore(connection, topic_map=TOPICS, table=table)
        while time.monotonic() < end:
            connection.begin()
            if old:
                append_of_version_1(connection, table, new("t"))
            else:
                joined.commit(new("t")).unwrap()
            time.sleep(0.003)
            connection.commit()


def follow(url: str, table: str, over: threading.Event) -> list[int]:
    """What a reader of the log sees until it is over."""
    seen = list[int]()
    with CommitStore(url, topic_map=TOPICS, table=table) as store:
        while True:
            last = over.is_set()
            seen += [each.checkpoint or 0 for each in store.get_from("t", max(seen, default=0))]
            if last:
                return seen
            time.sleep(0.01)


def test_old_writers_and_new_ones_together_are_followed_without_a_gap(mysql_url: str, table: str) -> None:
    with connected(mysql_url) as connection:
        for statement in version_1("mysql", table).create:
            said(connection, statement)
    with PersistenceManagement(mysql_url, table=table) as management:
        management.initialize()
    end, over = time.monotonic() + 3, threading.Event()
    with ThreadPoolExecutor(8) as pool:
        following = [pool.submit(follow, mysql_url, table, over) for _ in range(2)]
        writing = [
            pool.submit(append_until, end, mysql_url, table, old=each)
            for each in (True, True, False, False, False)
        ]
        try:
            for each in writing:
                each.result()
        finally:
            over.set()
        with CommitStore(mysql_url, topic_map=TOPICS, table=table) as store:
            log = [each.checkpoint for each in store.get_from("t")]
        for reading in following:
            assert reading.result() == log, "a reader skipped"
