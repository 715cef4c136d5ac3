"""`connect` and `aconnect`: all stores of a place from one URL, which share what they open."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from aett import (
    AsyncStores,
    Head,
    SchemaMismatch,
    Settings,
    Snapshot,
    StoreClosed,
    Stores,
    UnsupportedServer,
    aconnect,
    connect,
)
from aett.testing.samples import START, TOPICS, Noted

WITHOUT_TABLES = ("memory", "s3")
WITH_TRANSACTIONS = ("memory", "sqlite", "postgresql", "mysql", "mongodb")
ENGINES = (*WITH_TRANSACTIONS, "dynamodb", "s3", "mssql")
TENANT = "t"


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a place of this engine."""
    if engine == "memory":
        return "memory://"
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'events.db'}"
    found: str = request.getfixturevalue(f"{engine}_url")
    if engine == "s3":
        bucket, _, options = found.partition("?")
        return f"{bucket}/{uuid4().hex}?{options}"
    return found


@pytest.fixture
def settings(engine: str) -> dict[str, Any]:
    """A table of its own, and the class map."""
    own = {} if engine in WITHOUT_TABLES else {"table": f"t{uuid4().hex[:8]}"}
    return {"topic_map": TOPICS, **own}


@pytest.fixture
def stores(url: str, settings: dict[str, Any]) -> Generator[Stores]:
    with connect(url, **settings) as made:
        made.management.initialize()
        yield made
        made.management.drop()


async def ready(url: str, settings: dict[str, Any]) -> AsyncStores:
    made = aconnect(url, **settings)
    await made.management.initialize()
    return made


def note(head: Head) -> Any:
    return head.commit(Noted("x"), commit_id=uuid4(), stamp=START)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_url_gives_all_stores_of_a_place(stores: Stores) -> None:
    head = Head.after(stores.commits.commit(note(Head(TENANT, "s"))).unwrap())
    snapshot = Snapshot(head, "fingerprint", b"{}")
    stores.snapshots.add(snapshot)
    register = stores.registers.put(stores.registers.get(TENANT, "r"), b"1").unwrap()
    assert stores.commits.head(TENANT, "s").revision == 1
    assert stores.snapshots.get(TENANT, "s") == snapshot
    assert stores.registers.get(TENANT, "r") == register
    stores.management.purge_stream(TENANT, "s")
    assert not stores.commits.head(TENANT, "s").exists


@pytest.mark.parametrize("engine", ENGINES)
def test_one_url_gives_all_stores_of_a_place_awaited(url: str, settings: dict[str, Any]) -> None:
    async def main() -> None:
        async with await ready(url, settings) as stores:
            head = Head.after((await stores.commits.commit(note(Head(TENANT, "s")))).unwrap())
            snapshot = Snapshot(head, "fingerprint", b"{}")
            await stores.snapshots.add(snapshot)
            register = (await stores.registers.put(await stores.registers.get(TENANT, "r"), b"1")).unwrap()
            assert (await stores.commits.head(TENANT, "s")).revision == 1
            assert await stores.snapshots.get(TENANT, "s") == snapshot
            assert await stores.registers.get(TENANT, "r") == register
            await stores.management.drop()

    asyncio.run(main())


@pytest.mark.parametrize("engine", WITH_TRANSACTIONS)
def test_a_transaction_is_done_or_undone_as_a_whole(stores: Stores) -> None:
    with stores.transaction() as tx:
        tx.commit_store(topic_map=TOPICS).commit(note(Head(TENANT, "done"))).unwrap()
        tx.registers().put(stores.registers.get(TENANT, "r"), b"1").unwrap()
    with stores.transaction() as tx:
        tx.commit_store(topic_map=TOPICS).commit(note(Head(TENANT, "undone"))).unwrap()
        tx.rollback()
    assert stores.commits.head(TENANT, "done").exists
    assert stores.registers.get(TENANT, "r").payload == b"1"
    assert not stores.commits.head(TENANT, "undone").exists


@pytest.mark.parametrize("engine", WITH_TRANSACTIONS)
def test_a_transaction_is_done_or_undone_as_a_whole_awaited(url: str, settings: dict[str, Any]) -> None:
    async def main() -> None:
        async with await ready(url, settings) as stores:
            async with stores.transaction() as tx:
                (await tx.commit_store(topic_map=TOPICS).commit(note(Head(TENANT, "done")))).unwrap()
            async with stores.transaction() as tx:
                (await tx.commit_store(topic_map=TOPICS).commit(note(Head(TENANT, "undone")))).unwrap()
                tx.rollback()
            assert (await stores.commits.head(TENANT, "done")).exists
            assert not (await stores.commits.head(TENANT, "undone")).exists
            await stores.management.drop()

    asyncio.run(main())


@pytest.mark.parametrize("engine", ["dynamodb", "s3"])
def test_where_there_are_no_transactions_that_is_said(stores: Stores) -> None:
    with pytest.raises(UnsupportedServer, match="has no transactions"):
        stores.transaction()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_store_that_is_closed_by_itself_leaves_the_others_open(stores: Stores) -> None:
    stores.snapshots.close()
    with pytest.raises(StoreClosed):
        stores.snapshots.get(TENANT, "s")
    assert not stores.registers.get(TENANT, "r").exists
    assert not stores.commits.head(TENANT, "s").exists


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_stores_that_are_closed_are_used_no_more(url: str, settings: dict[str, Any]) -> None:
    with connect(url, **settings) as stores:
        stores.management.initialize()
    for use in (
        lambda: stores.commits.head(TENANT, "s"),
        lambda: stores.snapshots.get(TENANT, "s"),
        lambda: stores.registers.get(TENANT, "r"),
        stores.management.initialize,
    ):
        with pytest.raises(StoreClosed):
            use()


def connections(url: str, name: str) -> int:
    with psycopg.connect(url) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
        found = connection.execute(query, (name,)).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("engine", ["postgresql"])
def test_all_stores_and_transactions_have_one_pool(url: str, settings: dict[str, Any]) -> None:
    name = uuid4().hex
    with connect(f"{url}?application_name={name}", pool_size=1, **settings) as stores:
        stores.management.initialize()
        stores.commits.head(TENANT, "s")
        stores.snapshots.get(TENANT, "s")
        stores.registers.get(TENANT, "r")
        with stores.transaction() as tx:
            tx.commit_store(topic_map=TOPICS).commit(note(Head(TENANT, "s"))).unwrap()
            assert connections(url, name) == 1
        assert stores.commits.head(TENANT, "s").exists


@pytest.mark.parametrize("engine", ["postgresql"])
def test_all_stores_and_transactions_have_one_pool_awaited(url: str, settings: dict[str, Any]) -> None:
    name = uuid4().hex

    async def main() -> None:
        async with await ready(f"{url}?application_name={name}", {"pool_size": 1, **settings}) as stores:
            await stores.snapshots.get(TENANT, "s")
            await stores.registers.get(TENANT, "r")
            async with stores.transaction() as tx:
                (await tx.commit_store(topic_map=TOPICS).commit(note(Head(TENANT, "s")))).unwrap()
                assert connections(url, name) == 1
            assert (await stores.commits.head(TENANT, "s")).exists

    asyncio.run(main())


def test_memory_is_always_new() -> None:
    with connect("memory://", topic_map=TOPICS) as one, connect("memory://", topic_map=TOPICS) as other:
        one.commits.commit(note(Head(TENANT, "s"))).unwrap()
        assert not other.commits.head(TENANT, "s").exists


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_sqlite_in_memory_is_one_database_for_all_stores(url: str) -> None:
    with connect(url, topic_map=TOPICS) as stores:
        stores.management.initialize()
        stores.commits.commit(note(Head(TENANT, "s"))).unwrap()
        stores.management.purge(TENANT)
        assert not stores.commits.head(TENANT, "s").exists
        with pytest.raises(UnsupportedServer, match="memory://"):
            stores.transaction()
        stores.management.drop()
        for use in (lambda: stores.snapshots.get(TENANT, "s"), lambda: stores.registers.get(TENANT, "r")):
            with pytest.raises(SchemaMismatch):
                use()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "named by a URL"),
        ("events.db", "named by a URL"),
        ("postgresql+psycopg://user:secret@host/db", "named by a URL"),
        ("ftp://user:secret@host/db", "named by a URL"),
        ("memory://secret", "memory has no name"),
    ],
)
def test_what_is_no_such_url_is_told_without_what_may_be_secret(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        connect(url, topic_map=TOPICS)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(("url", "engine"), [("memory://", "memory"), ("s3://bucket/prefix", "s3")])
def test_a_table_where_there_are_none_is_refused(url: str, engine: str) -> None:
    with pytest.raises(ValueError, match=f"{engine} has no tables"):
        connect(url, topic_map=TOPICS, table="t")


def test_a_setting_that_the_engine_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="the stores of sqlite have no setting pool_size"):
        connect(f"sqlite:///{tmp_path / 'events.db'}", topic_map=TOPICS, pool_size=3)


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    settings = Settings.of_environment({"AETT_URL": f"sqlite:///{path}", "AETT_TABLE": "t"})
    with connect(settings, topic_map=TOPICS, page_size=1) as stores:
        stores.management.initialize()
        stores.commits.commit(note(Head(TENANT, "s"))).unwrap()
    with connect(f"sqlite:///{path}", topic_map=TOPICS, table="t") as stores:
        assert stores.commits.head(TENANT, "s").exists
    assert str(path) not in repr(settings)
    with pytest.raises(ValueError, match="AETT_URL is not set"):
        Settings.of_environment({})
