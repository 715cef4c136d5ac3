"""What is SQLite's own: places, errors, settings, threads, joined transactions, cancelled tasks."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiosqlite
import pytest
from attrs import frozen
from tests.inside import performer_of

from aett import (
    AccessRefused,
    CommitTooLarge,
    CorruptStorage,
    Failure,
    Head,
    SchemaMismatch,
    StorageUnavailable,
    StoreClosed,
    Success,
    Topic,
    TopicMap,
    UnsupportedServer,
)
from aett.adapters.sql.statement import Statement
from aett.adapters.sqlite import (
    AsyncCommitStore,
    AsyncPersistenceManagement,
    CommitStore,
    PersistenceManagement,
    SnapshotStore,
)
from aett.adapters.sqlite.database import Synchronous
from aett.core.commit import Commit


@Topic("sqlite.noted")
@frozen
class Noted:
    text: str


TOPICS = TopicMap(Noted)
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def a_commit(head: Head = Head("tenant", "stream"), text: str = "x") -> Commit:  # noqa: B008  # immutable
    return head.commit(Noted(text), commit_id=uuid4(), stamp=NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "events.db"
    with PersistenceManagement(place) as management:
        management.initialize()
    return place


@pytest.fixture
def store(path: Path) -> Iterator[CommitStore]:
    with CommitStore(path, topic_map=TOPICS) as opened:
        yield opened


def names(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    return found


def alter(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


# Places and settings


@pytest.mark.parametrize("prefix", ["", "sqlite:///"])
def test_a_place_is_a_path_or_a_url(tmp_path: Path, prefix: str) -> None:
    place = f"{prefix}{tmp_path / 'a b#?%41.db'}"
    with PersistenceManagement(place) as management:
        management.initialize()
    with CommitStore(place, topic_map=TOPICS) as store:
        store.commit(a_commit()).unwrap()
    assert (tmp_path / "a b#?%41.db").stat().st_size > 0


def test_the_database_is_in_wal_mode_and_syncs_fully(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize(("synchronous", "level"), [("FULL", 2), ("NORMAL", 1), ("EXTRA", 3), ("OFF", 0)])
def test_every_connection_syncs_as_it_is_told(path: Path, synchronous: Synchronous, level: int) -> None:
    asked = Statement("PRAGMA synchronous")
    with CommitStore(path, topic_map=TOPICS, synchronous=synchronous) as store:
        assert store._performer(asked) == [(level,)]

    async def scenario() -> None:
        async with AsyncCommitStore(path, topic_map=TOPICS, synchronous=synchronous) as awaited:
            assert await awaited._performer(asked) == [(level,)]
            assert await awaited._performer(Statement(asked.text, writes=True)) == [(level,)]

    asyncio.run(scenario())


def test_settings_that_sqlite_does_not_have_are_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="synchronous"):
        CommitStore(path, topic_map=TOPICS, synchronous="SOMETIMES")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ValueError, match="busy_timeout"):
        CommitStore(path, topic_map=TOPICS, busy_timeout=-1)
    with pytest.raises(ValueError, match="page_size"):
        CommitStore(path, topic_map=TOPICS, page_size=0)
    with pytest.raises(ValueError, match="table"):
        CommitStore(path, topic_map=TOPICS, table="")
    with pytest.raises(ValueError, match="path"):
        CommitStore("", topic_map=TOPICS)


@pytest.mark.parametrize(
    "table", ["Robert'); DROP TABLE commits;--", 'a "quoted" name', "with space", "ᚨᛖᛏᛏ", "select"]
)
def test_any_text_may_name_a_table(path: Path, table: str) -> None:
    with (
        PersistenceManagement(path, table=table) as management,
        CommitStore(path, topic_map=TOPICS, table=table) as store,
    ):
        management.initialize()
        store.commit(a_commit()).unwrap()
        assert len(list(store.get("tenant", "stream"))) == 1
    assert {table, f"{table}_snapshots", "commits"} <= names(path)


def test_two_tables_in_one_database_do_not_meet(path: Path, store: CommitStore) -> None:
    with PersistenceManagement(path, table="others") as management:
        management.initialize()
        with CommitStore(path, topic_map=TOPICS, table="others") as others:
            others.commit(a_commit()).unwrap()
            assert list(store.get_from("tenant")) == []
            management.drop()
    store.commit(a_commit()).unwrap()


def test_memory_is_ready_at_once_and_each_store_s_own() -> None:
    with CommitStore(":memory:", topic_map=TOPICS) as one, CommitStore("sqlite://", topic_map=TOPICS) as other:
        one.commit(a_commit()).unwrap()
        assert len(list(one.get("tenant", "stream"))) == 1
        assert list(other.get("tenant", "stream")) == []


def test_memory_serves_many_threads() -> None:
    with CommitStore(":memory:", topic_map=TOPICS) as store, ThreadPoolExecutor(8) as pool:
        outcomes = pool.map(lambda n: store.commit(a_commit(Head("tenant", f"s{n % 4}"))), range(32))
        assert sum(isinstance(each, Success) for each in outcomes) == 4


def test_a_commit_larger_than_the_limit_is_refused_with_both_figures(path: Path) -> None:
    with CommitStore(path, topic_map=TOPICS, max_commit_size=200) as store:
        outcome = store.commit(a_commit(text="x" * 200))
        assert outcome == Failure(CommitTooLarge(size=outcome.failure().size, limit=200))  # type: ignore[union-attr]
        assert list(store.get_from("tenant")) == []


# Bad places


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with PersistenceManagement(tmp_path / "no" / "events.db") as management:
        with pytest.raises(AccessRefused, match="the directory .*no does not exist"):
            management.initialize()


def test_a_store_does_not_create_the_file_that_it_misses(tmp_path: Path) -> None:
    with CommitStore(tmp_path / "events.db", topic_map=TOPICS) as store:
        with pytest.raises(SchemaMismatch, match=r"does not exist.*initialize"):
            store.commit(a_commit())
    assert not (tmp_path / "events.db").exists()


def test_a_database_without_tables_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "events.db").execute("CREATE TABLE mine (a)").connection.close()
    with CommitStore(tmp_path / "events.db", topic_map=TOPICS) as store:
        with pytest.raises(SchemaMismatch, match=r"no such table: main\.commits.*initialize"):
            list(store.get("tenant", "stream"))


def test_an_attached_database_or_a_temporary_table_hides_no_history(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with PersistenceManagement(other) as management:
        management.initialize()
    commit = a_commit()
    connection = sqlite3.connect(path, isolation_level=None)
    with closing(connection), CommitStore(connection, topic_map=TOPICS) as store:
        stored = store.commit(commit).unwrap()
        connection.execute("ATTACH DATABASE ? AS other", (str(other),))
        connection.execute("CREATE TEMPORARY TABLE commits (mine)")
        with PersistenceManagement(connection) as management:
            management.initialize()
        assert list(store.get(commit.tenant_id, commit.stream_id)) == [stored]
        assert connection.execute("SELECT count(*) FROM main.commits").fetchone() == (1,)
    empty = sqlite3.connect(tmp_path / "empty.db", isolation_level=None)
    with closing(empty), CommitStore(empty, topic_map=TOPICS) as store:
        empty.execute("ATTACH DATABASE ? AS other", (str(path),))
        with pytest.raises(SchemaMismatch):  # not that of the other, which initialize() would then hide
            list(store.get(commit.tenant_id, commit.stream_id))


def test_a_file_that_is_not_sqlite_is_named_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "letter.txt"
    place.write_text("Dear reader, this is not a database at all. " * 40)
    before = place.read_bytes()
    for action in (
        lambda: PersistenceManagement(place).initialize(),
        lambda: CommitStore(place, topic_map=TOPICS).commit(a_commit()),
    ):
        with pytest.raises(SchemaMismatch, match=r"letter.txt is not a SQLite database"):
            action()
    gc.collect()
    assert place.read_bytes() == before


def test_a_directory_is_not_a_database(tmp_path: Path) -> None:
    with PersistenceManagement(tmp_path) as management, pytest.raises(AccessRefused):
        management.initialize()


def test_a_read_only_file_is_read_and_not_written(path: Path, store: CommitStore) -> None:
    store.commit(a_commit()).unwrap()
    readonly = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    with CommitStore(readonly, topic_map=TOPICS) as reader:
        assert len(list(reader.get("tenant", "stream"))) == 1
        with pytest.raises(AccessRefused, match="readonly"):
            reader.commit(a_commit(Head("tenant", "other")))
    readonly.close()


# Schemas


@pytest.mark.parametrize("index", ["commits_revision", "commits_commit_id"])
def test_a_dropped_unique_index_is_made_again_or_reported_by_name(path: Path, index: str) -> None:
    column = index.removeprefix("commits_").replace("revision", "stream_revision")
    alter(path, f"DROP INDEX {index}", f"CREATE INDEX {index} ON commits (tenant_id, stream_id, {column})")
    with (
        PersistenceManagement(path) as management,
        pytest.raises(SchemaMismatch, match=f"index {index} should be 'UNIQUE"),
    ):
        management.initialize()


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (
            ["DROP TABLE commits", "CREATE TABLE commits (checkpoint INTEGER PRIMARY KEY)"],
            "no such column|tenant_id",
        ),
        (["ALTER TABLE commits RENAME COLUMN commit_stamp TO stamp"], "column commits.commit_stamp .* absent"),
        (["UPDATE aett_schema SET version = 99"], "schema version of commits should be '2', but is '99'"),
        (
            [
                "DROP INDEX commits_revision",
                "CREATE UNIQUE INDEX commits_revision ON commits (tenant_id, stream_revision)",
            ],
            "index commits_revision should be",
        ),
        (
            [
                "DROP INDEX commits_commit_id",
                (
                    "CREATE UNIQUE INDEX commits_commit_id"
                    " ON commits (tenant_id COLLATE NOCASE, stream_id, commit_id)"
                ),
            ],
            "NOCASE",
        ),
        (
            [
                "DROP INDEX commits_commit_id",
                (
                    "CREATE UNIQUE INDEX commits_commit_id"
                    " ON commits (tenant_id, stream_id, commit_id) WHERE checkpoint > 5"
                ),
            ],
            "PARTIAL",
        ),
    ],
)
def test_a_schema_that_is_not_ours_is_named(path: Path, statements: list[str], message: str) -> None:
    alter(path, *statements)
    with PersistenceManagement(path) as management, pytest.raises(SchemaMismatch, match=message):
        management.initialize()


def test_a_table_whose_numbers_could_return_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    (text,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'commits'").fetchone()
    connection.close()
    alter(path, "DROP TABLE commits", text.replace(" AUTOINCREMENT", ""))
    with PersistenceManagement(path) as management, pytest.raises(SchemaMismatch, match="AUTOINCREMENT"):
        management.initialize()


# Corruption


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("events = X'5B'", "not a list of events"),
        ("events = X'5B5D'", "holds 0 events for revisions 1 to 1"),
        ('events = replace(CAST(events AS TEXT), \'"text":"x"\', \'"text":1\')', "str"),
        ("headers = X'5B5D'", "object"),
        ("commit_id = X'00'", "16"),
        ("commit_stamp = 9000000000000000000", "no instant"),
    ],
)
def test_a_corrupt_row_is_named_and_the_rest_stays_readable(
    path: Path, store: CommitStore, change: str, message: str
) -> None:
    store.commit(a_commit()).unwrap()
    store.commit(a_commit(Head("tenant", "sound"))).unwrap()
    alter(path, f"UPDATE commits SET {change} WHERE stream_id = 'stream'")
    with pytest.raises(CorruptStorage, match=f"tenant 'tenant', stream 'stream', commit 1: .*{message}"):
        list(store.get("tenant", "stream"))
    assert len(list(store.get("tenant", "sound"))) == 1


# Connections of the caller's


def test_stores_share_a_connection_and_leave_it_open() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with (
        PersistenceManagement(connection) as management,
        CommitStore(connection, topic_map=TOPICS) as store,
        SnapshotStore(connection) as snapshots,
    ):
        management.initialize()
        store.commit(a_commit()).unwrap()
        assert snapshots.get("tenant", "stream") is None
        management.purge("tenant")
        assert list(store.get_from("tenant")) == []
    assert connection.execute("SELECT count(*) FROM commits").fetchone() == (0,)
    with pytest.raises(StoreClosed):
        store.commit(a_commit())
    connection.close()


def test_a_commit_joins_the_caller_s_transaction(path: Path, store: CommitStore) -> None:
    mine = sqlite3.connect(path, isolation_level=None)
    with CommitStore(mine, topic_map=TOPICS) as joined:
        mine.execute("CREATE TABLE business (note TEXT)")
        for end, rows in (("ROLLBACK", 0), ("COMMIT", 1)):
            mine.execute("BEGIN IMMEDIATE")
            mine.execute("INSERT INTO business VALUES ('with the events')")
            joined.commit(a_commit()).unwrap()
            mine.execute(end)
            assert mine.execute("SELECT count(*) FROM business").fetchone() == (rows,)
            assert len(list(store.get("tenant", "stream"))) == rows
    mine.close()


def test_a_purge_in_the_caller_s_transaction_is_rolled_back_with_it(path: Path, store: CommitStore) -> None:
    store.commit(a_commit()).unwrap()
    mine = sqlite3.connect(path, isolation_level=None)
    with PersistenceManagement(mine) as management:
        mine.execute("BEGIN IMMEDIATE")
        management.purge("tenant")
        mine.execute("ROLLBACK")
    assert len(list(store.get("tenant", "stream"))) == 1
    mine.close()


def test_a_connection_that_begins_transactions_by_itself_is_refused() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(UnsupportedServer, match="isolation_level=None"):
        CommitStore(connection, topic_map=TOPICS)
    connection.close()


# Waiting


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_a_writer_waits_no_longer_than_it_is_told(path: Path, seconds: float) -> None:
    hog = sqlite3.connect(path, isolation_level=None)
    hog.execute("BEGIN IMMEDIATE")
    with CommitStore(path, topic_map=TOPICS, busy_timeout=seconds) as store:
        with pytest.raises(StorageUnavailable, match="busy_timeout"):
            store.commit(a_commit())
        assert list(store.get_from("tenant")) == []
        hog.execute("ROLLBACK")
        store.commit(a_commit()).unwrap()
    hog.close()


def test_a_writer_gets_its_turn_when_the_other_has_done(path: Path) -> None:
    hog = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    hog.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.4, lambda: hog.execute("ROLLBACK"))
    timer.start()
    with CommitStore(path, topic_map=TOPICS, busy_timeout=20) as store:
        store.commit(a_commit()).unwrap()
    timer.join()
    hog.close()


def test_twelve_at_once_initialize(tmp_path: Path) -> None:
    place = tmp_path / "events.db"
    gate = threading.Barrier(12)

    def one(_: int) -> None:
        gate.wait()
        with PersistenceManagement(place) as management:
            management.initialize()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(one, range(12)))


def test_a_thread_s_connection_ends_with_the_thread(store: CommitStore) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: store.commit(a_commit(Head("tenant", f"s{n}"))).unwrap(), range(24)))
    gc.collect()
    assert len(performer_of(store)._connections._open) == 0
    assert len(list(store.get_from("tenant"))) == 24
    assert len(performer_of(store)._connections._open) == 1


def test_a_store_closed_while_threads_use_it_tells_them(path: Path) -> None:
    store = CommitStore(path, topic_map=TOPICS)
    told: list[type[Exception]] = []

    def work(number: int) -> None:
        head = Head("tenant", f"s{number}")
        try:
            while True:
                head = Head.after(store.commit(a_commit(head)).unwrap())
                list(store.get("tenant", f"s{number}", min_revision=head.revision))
        except Exception as error:  # noqa: BLE001  # whatever it is
            told.append(type(error))

    with ThreadPoolExecutor(6) as pool:
        working = [pool.submit(work, number) for number in range(6)]
        time.sleep(0.3)
        store.close()
        for each in working:
            each.result(timeout=20)
    assert told == [StoreClosed] * 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_opens_a_connection_of_its_own(store: CommitStore) -> None:
    store.commit(a_commit()).unwrap()
    process = multiprocessing.get_context("fork").Process(
        target=store.commit, args=(a_commit(Head("tenant", "child")),)
    )
    process.start()
    process.join(20)
    assert process.exitcode == 0
    assert [each.stream_id for each in store.get_from("tenant")] == ["stream", "child"]


# Transactions


def spoil_purges(path: Path) -> None:
    """Commits are deleted before snapshots, and snapshots cannot be."""
    alter(
        path,
        "INSERT INTO commits_snapshots VALUES ('tenant', 'stream', 1, 1, 1, 'x', X'00')",
        "CREATE TRIGGER keep BEFORE DELETE ON commits_snapshots BEGIN SELECT RAISE(ABORT, 'kept'); END",
    )


def test_a_purge_that_fails_midway_has_done_nothing(path: Path, store: CommitStore) -> None:
    store.commit(a_commit()).unwrap()
    spoil_purges(path)
    with PersistenceManagement(path) as management:
        with pytest.raises(SchemaMismatch, match="kept"):
            management.purge("tenant")
        assert len(list(store.get("tenant", "stream"))) == 1
        with CommitStore(path, topic_map=TOPICS, busy_timeout=0.2) as other:
            other.commit(a_commit(Head("tenant", "other"))).unwrap()
        management.purge("nobody")


def test_an_awaited_purge_that_fails_midway_has_done_nothing(path: Path, store: CommitStore) -> None:
    store.commit(a_commit()).unwrap()
    spoil_purges(path)

    async def scenario() -> None:
        async with AsyncPersistenceManagement(path) as management:
            with pytest.raises(SchemaMismatch, match="kept"):
                await management.purge("tenant")
            assert len(list(store.get("tenant", "stream"))) == 1
            with CommitStore(path, topic_map=TOPICS, busy_timeout=0.2) as other:
                other.commit(a_commit(Head("tenant", "other"))).unwrap()
            await management.purge("nobody")

    asyncio.run(scenario())


# Tasks


def test_a_task_cancelled_while_the_store_opens_leaves_no_connection(path: Path) -> None:
    before = set(threading.enumerate())  # some may be about to end

    async def scenario() -> None:
        for moment in range(40):
            async with AsyncCommitStore(path, topic_map=TOPICS) as store:
                task = asyncio.ensure_future(store.find("tenant", "stream", uuid4()))
                await asyncio.sleep(0.0001 * moment)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())
    for thread in set(threading.enumerate()) - before:  # a closed connection's is about to end
        thread.join(60)
        assert not thread.is_alive(), thread


def test_a_cancelled_task_leaves_nothing_locked_and_nothing_half_done(path: Path) -> None:
    async def scenario() -> None:
        async with (
            AsyncCommitStore(path, topic_map=TOPICS) as store,
            AsyncPersistenceManagement(path) as management,
        ):
            for number in range(40):
                match number % 3:
                    case 0:
                        task: asyncio.Task[Any] = asyncio.ensure_future(
                            store.commit(a_commit(Head("tenant", f"s{number}")))
                        )
                    case 1:
                        task = asyncio.ensure_future(management.purge_stream("tenant", "nobody"))
                    case _:
                        task = asyncio.ensure_future(management.initialize())
                await asyncio.sleep(0.0002 * (number % 7))
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                with CommitStore(path, topic_map=TOPICS, busy_timeout=2) as other:
                    other.commit(a_commit(Head("tenant", f"other {number}"))).unwrap()
            committed = len([each async for each in store.get_from("tenant")])
            assert 40 <= committed <= 54

    asyncio.run(scenario())


FORGETFUL = """
import asyncio, sys
from uuid import uuid4
from aett import TopicMap
from aett.adapters.sqlite import AsyncCommitStore, AsyncPersistenceManagement

async def main():
    global store
    await AsyncPersistenceManagement(sys.argv[1]).initialize()
    store = AsyncCommitStore(sys.argv[1], topic_map=TopicMap())
    await store.find("tenant", "stream", uuid4())

asyncio.run(main())
print("end")
"""


def test_a_program_that_forgets_to_close_its_stores_ends_all_the_same(tmp_path: Path) -> None:
    command = (sys.executable, "-c", FORGETFUL, str(tmp_path / "events.db"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603  # ours
    assert done.stdout == "end\n"


def test_an_aiosqlite_connection_is_shared_and_joined(path: Path) -> None:
    async def scenario() -> None:
        async with aiosqlite.connect(path, isolation_level=None) as mine:
            async with AsyncCommitStore(mine, topic_map=TOPICS) as store:
                await mine.execute("BEGIN IMMEDIATE")
                (await store.commit(a_commit())).unwrap()
                await mine.execute("ROLLBACK")
                assert [each async for each in store.get_from("tenant")] == []
                (await store.commit(a_commit())).unwrap()
            assert list(await mine.execute_fetchall("SELECT count(*) FROM commits")) == [(1,)]

    asyncio.run(scenario())


def test_an_aiosqlite_connection_that_begins_transactions_by_itself_is_refused() -> None:
    async def scenario() -> None:
        async with aiosqlite.connect(":memory:") as mine:
            with pytest.raises(UnsupportedServer, match="isolation_level=None"):
                AsyncCommitStore(mine, topic_map=TOPICS)

    asyncio.run(scenario())


def test_many_tasks_open_the_store_at_once(path: Path) -> None:
    async def scenario() -> None:
        async with AsyncCommitStore(path, topic_map=TOPICS) as store:
            outcomes = await asyncio.gather(*(store.commit(a_commit(Head("t", f"s{n}"))) for n in range(20)))
            assert all(isinstance(each, Success) for each in outcomes)

    asyncio.run(scenario())
