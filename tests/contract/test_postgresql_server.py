"""What is PostgreSQL's own: what initialize verifies, locks, callers' pools and transactions, sync and async."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from tests.contract.served import await_each_other, awaited, not_let_in, run_into_each_other, undone_midway

from aett import (
    AccessRefused,
    Head,
    SchemaMismatch,
    Snapshot,
    StorageUnavailable,
    StoreClosed,
    Success,
    UnsupportedServer,
)
from aett.adapters import postgresql
from aett.adapters.postgresql import (
    AsyncCommitStore,
    AsyncPersistenceManagement,
    CommitStore,
    PersistenceManagement,
    SnapshotStore,
)
from aett.adapters.postgresql.dialect import dialect
from aett.adapters.sql.rendering import pyformat
from aett.adapters.sql.statement import Statement
from aett.adapters.store.record import Record
from aett.testing.laws.making import make, notes
from aett.testing.samples import TOPICS

HEAD = Head("tenant", "stream")


@pytest.fixture
def schema(postgresql_url: str) -> Iterator[str]:
    """A schema of the test's own."""
    name = f"s{uuid4().hex}"
    execute(postgresql_url, f"CREATE SCHEMA {name}")
    yield name
    execute(postgresql_url, f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def table(postgresql_url: str, schema: str) -> str:
    """An initialized table, qualified by its schema."""
    name = f"{schema}.commits"
    initialize(postgresql_url, name)
    return name


def execute(url: str, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


def initialize(url: str, table: str) -> None:
    with PersistenceManagement(url, table=table) as management:
        management.initialize()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("ALTER TABLE {t} DROP CONSTRAINT commits_sequence", "index commits_sequence should be .*, but is absent"),
        ("ALTER TABLE {t} DROP CONSTRAINT commits_commit_id", "index commits_commit_id"),
        ("ALTER TABLE {t} ALTER COLUMN commit_stamp TYPE integer", "column commits.commit_stamp .* is 'integer"),
        ("ALTER TABLE {t} ALTER COLUMN headers DROP NOT NULL", "column commits.headers"),
        ('ALTER TABLE {t} ALTER COLUMN stream_id TYPE text COLLATE "POSIX"', "column commits.stream_id"),
        ("ALTER SEQUENCE {t}_checkpoint_seq CACHE 20", "numbering of commits .* is 'by 1, cache 20'"),
        ("ALTER SEQUENCE {t}_checkpoint_seq INCREMENT -1 MINVALUE -9", "numbering of commits .* is 'by -1"),
        ("ALTER TABLE {t} ALTER COLUMN checkpoint DROP IDENTITY", "numbering of commits should be"),
        ("ALTER TABLE {t}_snapshots DROP COLUMN fingerprint", "column commits_snapshots.fingerprint"),
        ("UPDATE {s}.aett_schema SET version = 99", "schema version of commits should be '2', but is '99'"),
    ],
)
def test_initialize_names_what_differs(postgresql_url: str, table: str, spoil: str, told: str) -> None:
    execute(postgresql_url, spoil.format(t=table, s=table.partition(".")[0]))
    with pytest.raises(SchemaMismatch, match=told):
        initialize(postgresql_url, table)


def test_a_table_that_is_not_there_is_named(postgresql_url: str, schema: str) -> None:
    with CommitStore(postgresql_url, topic_map=TOPICS, table=f"{schema}.nothing") as store:
        with pytest.raises(SchemaMismatch, match="nothing.*initialize"):
            store.commit(make(HEAD))
    with pytest.raises(SchemaMismatch, match="no_schema"):
        initialize(postgresql_url, "no_schema.commits")


def test_the_number_is_drawn_behind_the_lock(postgresql_url: str, table: str) -> None:
    record = Record("t", "s", 3, 3, 3, b"i" * 16, 0, b"", b"", b"", None)
    values = record._asdict() | {"previous_sequence": 2, "previous_revision": 2}
    with psycopg.connect(postgresql_url) as connection:
        text = f"EXPLAIN (COSTS OFF) {pyformat(dialect(table).append)}".encode()
        plan = [row[0] for row in connection.execute(text, values).fetchall()]
    insert = next(index for index, line in enumerate(plan) if "Insert on" in line)
    scan = next(index for index, line in enumerate(plan) if "CTE Scan on barrier" in line and index > insert)
    assert scan > insert, "what is inserted does not come out of the barrier"


def test_two_spellings_of_one_table_are_one_barrier(postgresql_url: str, table: str) -> None:
    schema, _, name = table.partition(".")
    with psycopg.connect(postgresql_url, options=f"-c search_path={schema}") as connection:
        held = CommitStore(connection, topic_map=TOPICS, table=name).commit(make(HEAD)).unwrap()
        with CommitStore(postgresql_url, topic_map=TOPICS, table=table) as store:
            later = store.commit(make(Head("tenant", "other"))).unwrap()
            assert list(store.get_from("tenant")) == []
            connection.commit()
            assert [each.checkpoint for each in store.get_from("tenant")] == [held.checkpoint, later.checkpoint]


@pytest.mark.parametrize("settings", [{"row_factory": dict_row}, {"autocommit": False}, {"prepare_threshold": 0}])
def test_a_pool_of_the_callers_is_used_as_it_is_and_left_open(
    postgresql_url: str, table: str, settings: dict[str, Any]
) -> None:
    with ConnectionPool(postgresql_url, kwargs=settings, min_size=1, max_size=2, open=True) as pool:
        with CommitStore(pool, topic_map=TOPICS, table=table) as store:
            written = store.commit(make(HEAD)).unwrap()
        with pytest.raises(StoreClosed):
            store.find("tenant", "stream", written.commit_id)
        with CommitStore(pool, topic_map=TOPICS, table=table) as again:
            assert [each.commit_id for each in again.get_from("tenant")] == [written.commit_id]
    with pytest.raises(StoreClosed):
        CommitStore(pool, topic_map=TOPICS, table=table).commit(make(HEAD))


def test_victims_of_deadlocks_are_tried_again(postgresql_url: str, table: str) -> None:
    run_into_each_other(lambda: CommitStore(postgresql_url, topic_map=TOPICS, table=table), table, "pg_sleep")


@pytest.mark.parametrize(
    "made", [PersistenceManagement, lambda *place, **named: awaited(AsyncPersistenceManagement(*place, **named))]
)
def test_a_purge_that_fails_midway_has_done_nothing(postgresql_url: str, table: str, made: Any) -> None:
    undone_midway(
        lambda: CommitStore(postgresql_url, topic_map=TOPICS, table=table),
        lambda: made(postgresql_url, table=table),
        lambda _: execute(postgresql_url, f"ALTER TABLE {table}_snapshots RENAME TO gone"),
    )


@pytest.mark.parametrize("place", ["postgresql://nobody@{}/postgres", "postgresql://{}/no-such-database"])
def test_who_is_not_let_in_need_not_try_again(postgresql_url: str, place: str) -> None:
    parts = urlsplit(postgresql_url)
    where = parts.netloc.rpartition("@")[2]
    url = place.format(where if "nobody" in place else parts.netloc)
    not_let_in(postgresql, url, "does not exist")


def test_a_purge_does_not_hold_up_writers_for_ever(
    postgresql_url: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aett.adapters.postgresql.dialect._BOUND", "SET LOCAL lock_timeout = '100ms'")
    with psycopg.connect(postgresql_url) as connection:
        CommitStore(connection, topic_map=TOPICS, table=table).commit(make(HEAD)).unwrap()
        with PersistenceManagement(postgresql_url, table=table) as management:
            with pytest.raises(StorageUnavailable, match="lock timeout"):
                management.purge("tenant")
            connection.commit()
            management.purge("tenant")
        with CommitStore(postgresql_url, topic_map=TOPICS, table=table) as store:
            assert list(store.get("tenant", "stream")) == []


def test_no_server_is_told_without_its_password() -> None:
    with CommitStore("postgresql://ann:s3cret@127.0.0.1:1/d", topic_map=TOPICS) as store:
        with pytest.raises(StorageUnavailable, match="127.0.0.1:1/d") as told:
            store.commit(make(HEAD))
    seen: BaseException | None = told.value
    while seen is not None:
        assert "s3cret" not in f"{seen} {seen!r}"
        seen = seen.__cause__


def test_an_exhausted_pool_is_unavailable(postgresql_url: str, table: str) -> None:
    with ConnectionPool(postgresql_url, min_size=1, max_size=1, timeout=0.2, open=True) as pool, pool.connection():
        with pytest.raises(StorageUnavailable, match="no connection was free"):
            CommitStore(pool, topic_map=TOPICS, table=table).commit(make(HEAD))


def test_the_privileges_that_the_page_names_are_enough(postgresql_url: str, table: str) -> None:
    schema, role = table.partition(".")[0], f"r{uuid4().hex}"
    execute(
        postgresql_url,
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role};"
        f" GRANT SELECT, INSERT, UPDATE (checkpoint) ON {table} TO {role};"
        f" GRANT USAGE ON SEQUENCE {table}_checkpoint_seq TO {role};"
        f" GRANT SELECT, INSERT, UPDATE ON {table}_snapshots TO {role}",
    )
    url = postgresql_url.replace("postgres@", f"{role}@", 1)
    snapshot = Snapshot(Head("tenant", "stream", 1, 1, 1), "f", b"{}")
    with CommitStore(url, topic_map=TOPICS, table=table) as store, SnapshotStore(url, table=table) as snapshots:
        first = store.commit(make(HEAD)).unwrap()
        store.commit(make(Head.after(first))).unwrap()
        assert len(list(store.get_from("tenant"))) == 2
        for _ in range(2):
            snapshots.add(snapshot)
        assert snapshots.get("tenant", "stream") == snapshot
    with PersistenceManagement(url, table=table) as management:
        with pytest.raises(AccessRefused, match="permission denied"):
            management.purge("tenant")
    execute(postgresql_url, f"DROP OWNED BY {role}; DROP ROLE {role}")


# Awaited


def test_awaited_a_commit_is_part_of_the_callers_transaction(postgresql_url: str, table: str) -> None:
    async def joining() -> None:
        connect: Any = getattr(asyncpg, "connect")  # noqa: B009  # its type is partly unknown
        connection = await connect(postgresql_url)
        joined = AsyncCommitStore(connection, topic_map=TOPICS, table=table)
        async with AsyncCommitStore(postgresql_url, topic_map=TOPICS, table=table) as other:
            transaction = connection.transaction()
            await transaction.start()
            assert isinstance(await joined.commit(make(HEAD)), Success)
            assert [each async for each in other.get("tenant", "stream")] == []
            with pytest.raises(UnsupportedServer, match="within a transaction"):
                [each async for each in joined.get_from("tenant")]
            held = (await joined.commit(make(Head("tenant", "held"), *notes("x")))).unwrap()
            later = (await other.commit(make(Head("tenant", "later")))).unwrap()
            assert (later.checkpoint or 0) > (held.checkpoint or 0)
            assert [each async for each in other.get_from("tenant")] == []
            await transaction.commit()
            assert len([each async for each in other.get_from("tenant")]) == 3
        await connection.close()

    asyncio.run(joining())


def test_awaited_a_pool_of_the_callers_is_used_and_left_open(postgresql_url: str, table: str) -> None:
    async def pooled() -> None:
        create_pool: Any = getattr(asyncpg, "create_pool")  # noqa: B009  # its type is partly unknown
        async with create_pool(postgresql_url, min_size=1, max_size=2) as pool:
            async with AsyncCommitStore(pool, topic_map=TOPICS, table=table) as store:
                assert isinstance(await store.commit(make(HEAD)), Success)
            with pytest.raises(StoreClosed):
                await store.find("tenant", "stream", make(HEAD).commit_id)
            assert pool.get_size() >= 1
        with pytest.raises(StoreClosed):
            await AsyncCommitStore(pool, topic_map=TOPICS, table=table).commit(make(HEAD))

    asyncio.run(pooled())


def test_awaited_a_cancelled_task_leaves_no_connection_behind(postgresql_url: str, table: str) -> None:
    async def cancelling() -> None:
        async with AsyncCommitStore(postgresql_url, topic_map=TOPICS, table=table, pool_size=2) as store:
            for turn in range(30):
                head = Head("tenant", f"stream {turn}")
                task = asyncio.create_task(store.commit(make(head)))
                await asyncio.sleep(turn * 0.0002)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            # Both connections are there again, and nobody holds a lock.
            async with asyncio.timeout(20):
                await asyncio.gather(*(store.commit(make(Head("tenant", f"after {n}"))) for n in range(4)))
                assert len([each async for each in store.get_from("tenant")]) >= 4

    asyncio.run(cancelling())


def serve_several_loops(url: str, table: str) -> None:
    store = AsyncCommitStore(url, topic_map=TOPICS, table=table)
    for name in ("one", "two"):
        assert isinstance(asyncio.run(store.commit(make(Head("tenant", name)))), Success)

    async def closing() -> None:
        async with AsyncPersistenceManagement(url, table=table) as management:
            await management.initialize()
        await store.close()

    asyncio.run(closing())


def test_awaited_one_store_serves_several_loops(postgresql_url: str, table: str) -> None:
    serve_several_loops(postgresql_url, table)
    gc.collect()  # what the loops have left would end here, with its warnings


def test_awaited_victims_of_deadlocks_are_tried_again(postgresql_url: str, table: str) -> None:
    def made() -> AsyncCommitStore:
        return AsyncCommitStore(postgresql_url, topic_map=TOPICS, table=table)

    asyncio.run(await_each_other(made, table, "pg_sleep"))


def test_one_url_means_the_same_to_both_faces(postgresql_url: str, table: str) -> None:
    """With several hosts, the first of which nobody listens at."""
    hosts = postgresql_url.replace("127.0.0.1", "127.0.0.1:1,127.0.0.1")
    options = (
        "options=-c%20statement_timeout%3D5000%20-c%20work_mem%3D1MB&connect_timeout=10&keepalives_idle=30"
        "&application_name=a%2Bb&target_session_attrs=read-write&client_encoding=UTF8"
    )
    asked = Statement(
        "SELECT current_setting('statement_timeout'), current_setting('work_mem'),"
        " current_setting('application_name')"
    )
    with CommitStore(f"{hosts}?{options}", topic_map=TOPICS, table=table) as store:
        assert store._performer(asked) == [("5s", "1MB", "a+b")]
        assert isinstance(store.commit(make(Head("tenant", "one url"))), Success)

    async def awaiting() -> None:
        async with AsyncCommitStore(f"{hosts}?{options}", topic_map=TOPICS, table=table) as store:
            assert await store._performer(asked) == [("5s", "1MB", "a+b")]
            assert len([each async for each in store.get("tenant", "one url")]) == 1

    asyncio.run(awaiting())


def test_initialize_does_not_hide_the_history_behind_an_empty_table(postgresql_url: str, schema: str) -> None:
    """A schema that comes before the table's in the search path appears later: `$user`'s, mostly."""
    first = f"first{uuid4().hex}"
    url = f"{postgresql_url}?options=-c%20search_path%3D{first},{schema}"
    with PersistenceManagement(url) as management, CommitStore(url, topic_map=TOPICS) as store:
        management.initialize()
        stored = store.commit(make(HEAD)).unwrap()
        execute(postgresql_url, f"CREATE SCHEMA {first}")
        try:
            management.initialize()
            assert list(store.get("tenant", "stream")) == [stored]
            assert execute(postgresql_url, f"SELECT 1 FROM pg_tables WHERE schemaname = '{first}'") == []
            execute(postgresql_url, f"CREATE TABLE {first}.commits (mine integer)")
            with pytest.raises(SchemaMismatch, match="commits"):
                management.initialize()
        finally:
            execute(postgresql_url, f"DROP SCHEMA {first} CASCADE")
