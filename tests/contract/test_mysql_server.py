"""What is MySQL's and MariaDB's own: what initialize verifies, locks, callers' pools and transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import aiomysql
import pymysql
import pytest
from sqlalchemy.pool import QueuePool
from tests.contract.served import await_each_other, awaited, not_let_in, run_into_each_other, undone_midway
from tests.servers.mariadb import mariadb
from tests.servers.server import Unavailable

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
from aett.adapters import mysql
from aett.adapters.mysql import (
    AsyncCommitStore,
    AsyncPersistenceManagement,
    CommitStore,
    PersistenceManagement,
    SnapshotStore,
)
from aett.adapters.mysql.server import arguments, server_of
from aett.testing.laws.making import make, notes
from aett.testing.samples import TOPICS

HEAD = Head("tenant", "stream")


def known(url: str) -> dict[str, Any]:
    return arguments(server_of(url, 1, 30.0))


def execute(url: str, text: str) -> None:
    with pymysql.connect(**known(url)) as connection, connection.cursor() as cursor:
        cursor.execute(text, ())


def initialize(url: str, table: str) -> None:
    with PersistenceManagement(url, table=table) as management:
        management.initialize()


@pytest.fixture
def table(mysql_url: str) -> Iterator[str]:
    """An initialized table."""
    name = f"t{uuid4().hex}"
    initialize(mysql_url, name)
    yield name
    with PersistenceManagement(mysql_url, table=name) as management:
        management.drop()


@pytest.fixture(scope="session")
def own_url() -> Iterator[str]:
    """A server of this worker's alone: its settings may be changed, which everybody would feel."""
    try:
        server = mariadb()
    except Unavailable as reason:
        pytest.skip(str(reason))
    with server:
        yield server.url


@pytest.fixture
def own_table(own_url: str) -> Iterator[str]:
    """An initialized table there."""
    name = f"t{uuid4().hex}"
    initialize(own_url, name)
    yield name
    with PersistenceManagement(own_url, table=name) as management:
        management.drop()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("ALTER TABLE {t} DROP KEY sequence", r"index \w+.sequence should be .*, but is absent"),
        ("ALTER TABLE {t} DROP KEY commit_id", r"index \w+.commit_id"),
        ("ALTER TABLE {t} MODIFY commit_stamp INT NOT NULL", r"column \w+.commit_stamp .* is 'int"),
        ("ALTER TABLE {t} MODIFY stream_id VARBINARY(64) NOT NULL", r"column \w+.stream_id .* is 'varbinary.64"),
        ("ALTER TABLE {t} MODIFY checkpoint BIGINT NOT NULL", r"column \w+.checkpoint .*AUTO_INCREMENT"),
        ("ALTER TABLE {t} ENGINE = Aria", "engine of .* should be 'InnoDB'"),
        ("ALTER TABLE {t}_snapshots DROP COLUMN fingerprint", "_snapshots.fingerprint"),
        ("UPDATE aett_schema SET version = 99 WHERE table_name = '{t}'", "schema version of .* is '99'"),
    ],
)
def test_initialize_names_what_differs(mysql_url: str, table: str, spoil: str, told: str) -> None:
    execute(mysql_url, spoil.format(t=table))
    with pytest.raises(SchemaMismatch, match=told):
        initialize(mysql_url, table)


def test_a_table_that_is_not_there_is_named(mysql_url: str) -> None:
    with CommitStore(mysql_url, topic_map=TOPICS, table="nothing") as store:
        with pytest.raises(SchemaMismatch, match="nothing.*initialize"):
            store.commit(make(HEAD))


def test_an_absent_row_of_the_barrier_is_no_refusal(mysql_url: str, table: str) -> None:
    execute(mysql_url, f"DELETE FROM {table}_barrier")
    with CommitStore(mysql_url, topic_map=TOPICS, table=table) as store:
        with pytest.raises(SchemaMismatch, match="the barrier's row is absent"):
            store.commit(make(HEAD))
        initialize(mysql_url, table)
        assert isinstance(store.commit(make(HEAD)), Success)


@pytest.mark.parametrize(
    ("setting", "usual", "told"),
    [
        ("auto_increment_increment = 2", "auto_increment_increment = 1", "must be 1"),
        ("read_only = 1", "read_only = 0", "read-only"),
    ],
)
def test_a_server_that_cannot_keep_the_order_is_refused(
    own_url: str, own_table: str, setting: str, usual: str, told: str
) -> None:
    execute(own_url, f"SET GLOBAL {setting}")
    try:
        with pytest.raises(UnsupportedServer, match=told):
            initialize(own_url, own_table)
    finally:
        execute(own_url, f"SET GLOBAL {usual}")


def test_the_log_of_a_replica_is_not_read(own_url: str, own_table: str) -> None:
    with CommitStore(own_url, topic_map=TOPICS, table=own_table) as store:
        store.commit(make(HEAD)).unwrap()
        execute(own_url, "SET GLOBAL read_only = 1")
        try:
            with pytest.raises(UnsupportedServer, match="a replica"):
                list(store.get_from("tenant"))
            assert len(list(store.get("tenant", "stream"))) == 1
        finally:
            execute(own_url, "SET GLOBAL read_only = 0")


def test_a_packet_must_hold_the_largest_commit(mysql_url: str, table: str) -> None:
    # A store that takes more than the server's packets is refused where it is made ready.
    from aett.adapters.mysql.dialect import dialect  # noqa: PLC0415

    with pymysql.connect(**known(mysql_url)) as connection, connection.cursor() as cursor:
        cursor.execute(dialect(table, 64_000_000).refuse[0], ())
        assert "max_allowed_packet" in str(cursor.fetchall())


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_pool_of_the_callers_is_used_as_it_is_and_left_open(
    mysql_url: str, table: str, *, autocommit: bool
) -> None:
    settings = known(mysql_url) | {"autocommit": autocommit}
    connect: Any = pymysql.connect
    pool = QueuePool(lambda: connect(**settings), pool_size=2, timeout=5)
    with CommitStore(pool, topic_map=TOPICS, table=table) as store:
        written = store.commit(make(HEAD)).unwrap()
    with pytest.raises(StoreClosed):
        store.find("tenant", "stream", written.commit_id)
    with CommitStore(mysql_url, topic_map=TOPICS, table=table) as other:
        assert [each.commit_id for each in other.get_from("tenant")] == [written.commit_id]
    assert pool.checkedin() >= 1
    pool.dispose()


def test_victims_of_deadlocks_are_tried_again(mysql_url: str, table: str) -> None:
    run_into_each_other(lambda: CommitStore(mysql_url, topic_map=TOPICS, table=table), table, "SLEEP")


@pytest.mark.parametrize(
    "made", [PersistenceManagement, lambda *place, **named: awaited(AsyncPersistenceManagement(*place, **named))]
)
def test_a_purge_that_fails_midway_has_done_nothing(mysql_url: str, table: str, made: Any) -> None:
    undone_midway(
        lambda: CommitStore(mysql_url, topic_map=TOPICS, table=table),
        lambda: made(mysql_url, table=table),
        lambda _: execute(mysql_url, f"RENAME TABLE {table}_snapshots TO {table}_gone"),
    )
    execute(mysql_url, f"DROP TABLE {table}_gone")


@pytest.mark.parametrize("place", ["mysql://nobody:wrong@{}/d", "mysql://{}/no-such-database"])
def test_who_is_not_let_in_need_not_try_again(mysql_url: str, place: str) -> None:
    parts = urlsplit(mysql_url)
    where = parts.netloc.rpartition("@")[2]
    url = place.format(where if "nobody" in place else parts.netloc)
    url = urlunsplit(urlsplit(url)._replace(query=parts.query))
    not_let_in(mysql, url, "denied|Unknown database")


def test_no_server_is_told_without_its_password() -> None:
    with CommitStore("mysql://ann:s3cret@127.0.0.1:1/d", topic_map=TOPICS) as store:
        with pytest.raises(StorageUnavailable, match="127.0.0.1:1/d") as told:
            store.commit(make(HEAD))
    seen: BaseException | None = told.value
    while seen is not None:
        assert "s3cret" not in f"{seen} {seen!r}"
        seen = seen.__cause__


def test_the_privileges_that_the_page_names_are_enough(mysql_url: str, table: str) -> None:
    user = f"u{uuid4().hex[:20]}"
    execute(mysql_url, f"CREATE USER {user}@'%%'")
    for privileges, of in (
        ("SELECT, INSERT", table),
        ("SELECT, INSERT, DELETE", f"{table}_snapshots"),
        ("SELECT, INSERT, UPDATE", f"{table}_barrier"),
        ("SELECT, UPDATE", f"{table}_settled"),
    ):
        execute(mysql_url, f"GRANT {privileges} ON {of} TO {user}@'%%'")
    url = mysql_url.replace("root@", f"{user}@", 1)
    snapshot = Snapshot(Head("tenant", "stream", 1, 1, 1), "f", b"{}")
    with CommitStore(url, topic_map=TOPICS, table=table) as store, SnapshotStore(url, table=table) as snapshots:
        first = store.commit(make(HEAD)).unwrap()
        store.commit(make(Head.after(first))).unwrap()
        assert len(list(store.get_from("tenant"))) == 2
        for _ in range(2):
            snapshots.add(snapshot)
        assert snapshots.get("tenant", "stream") == snapshot
    with PersistenceManagement(url, table=table) as management:
        with pytest.raises(AccessRefused, match="denied"):
            management.purge("tenant")
    execute(mysql_url, f"DROP USER {user}@'%%'")


HOSTILE = "q' \" \\ % %s :x \0 \n \\' ;--"


@pytest.fixture(params=["NO_BACKSLASH_ESCAPES", "ANSI", "PAD_CHAR_TO_FULL_LENGTH", ""])
def odd_url(request: pytest.FixtureRequest, own_url: str) -> Iterator[str]:
    """The server, with another sql_mode for whoever connects from now on."""
    with pymysql.connect(**known(own_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@global.sql_mode", ())
        ((usual,),) = cursor.fetchall()
        cursor.execute("SET GLOBAL sql_mode = %s", (request.param,))
        yield own_url
        cursor.execute("SET GLOBAL sql_mode = %s", (usual,))


def test_whatever_the_sql_mode_what_is_stored_comes_back(odd_url: str, own_table: str) -> None:
    commit = make(Head("t' \\ % %s", "it's \" \\ :tenant_id"), *notes(HOSTILE))
    with CommitStore(odd_url, topic_map=TOPICS, table=own_table) as store:
        stored = store.commit(commit).unwrap()
        assert list(store.get(commit.tenant_id, commit.stream_id)) == [stored]

    async def awaited() -> None:
        again = make(Head("t' \\ % %s", "another '\" \\"), *notes(HOSTILE))
        async with AsyncCommitStore(odd_url, topic_map=TOPICS, table=own_table) as store:
            stored = (await store.commit(again)).unwrap()
            assert [each async for each in store.get(again.tenant_id, again.stream_id)] == [stored]

    asyncio.run(awaited())


def test_awaited_a_connection_that_would_garble_is_refused(mysql_url: str, table: str) -> None:
    async def garbling() -> None:
        connect: Any = getattr(aiomysql, "connect")  # noqa: B009  # its type is partly unknown
        connection = await connect(**(known(mysql_url) | {"sql_mode": "'NO_BACKSLASH_ESCAPES'"}))
        with pytest.raises(UnsupportedServer, match="NO_BACKSLASH_ESCAPES"):
            await AsyncCommitStore(connection, topic_map=TOPICS, table=table).commit(make(HEAD))
        connection.close()

    asyncio.run(garbling())


# Awaited


def test_awaited_a_commit_is_part_of_the_callers_transaction(mysql_url: str, table: str) -> None:
    async def joining() -> None:
        connect: Any = getattr(aiomysql, "connect")  # noqa: B009  # its type is partly unknown
        connection = await connect(**known(mysql_url))
        joined = AsyncCommitStore(connection, topic_map=TOPICS, table=table)
        async with AsyncCommitStore(mysql_url, topic_map=TOPICS, table=table) as other:
            await connection.begin()
            assert isinstance(await joined.commit(make(HEAD)), Success)
            assert [each async for each in other.get("tenant", "stream")] == []
            with pytest.raises(UnsupportedServer, match="within a transaction"):
                [each async for each in joined.get_from("tenant")]
            held = (await joined.commit(make(Head("tenant", "held"), *notes("x")))).unwrap()
            later = (await other.commit(make(Head("tenant", "later")))).unwrap()
            assert (later.checkpoint or 0) > (held.checkpoint or 0)
            assert [each async for each in other.get_from("tenant")] == []
            await connection.commit()
            assert len([each async for each in other.get_from("tenant")]) == 3
        connection.close()

    asyncio.run(joining())


@pytest.mark.parametrize("autocommit", [True, False])
def test_awaited_a_pool_of_the_callers_is_used_and_left_open(
    mysql_url: str, table: str, *, autocommit: bool
) -> None:
    async def pooled() -> None:
        create_pool: Any = getattr(aiomysql, "create_pool")  # noqa: B009  # its type is partly unknown
        async with create_pool(minsize=1, maxsize=2, **(known(mysql_url) | {"autocommit": autocommit})) as pool:
            async with AsyncCommitStore(pool, topic_map=TOPICS, table=table) as store:
                assert isinstance(await store.commit(make(HEAD)), Success)
            with pytest.raises(StoreClosed):
                await store.find("tenant", "stream", make(HEAD).commit_id)
            async with AsyncCommitStore(mysql_url, topic_map=TOPICS, table=table) as other:
                assert len([each async for each in other.get_from("tenant")]) == 1

    asyncio.run(pooled())


def test_awaited_a_cancelled_task_leaves_no_connection_behind(mysql_url: str, table: str) -> None:
    async def cancelling() -> None:
        async with AsyncCommitStore(mysql_url, topic_map=TOPICS, table=table, pool_size=2) as store:
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


def test_awaited_victims_of_deadlocks_are_tried_again(mysql_url: str, table: str) -> None:
    def made() -> AsyncCommitStore:
        return AsyncCommitStore(mysql_url, topic_map=TOPICS, table=table)

    asyncio.run(await_each_other(made, table, "SLEEP"))
