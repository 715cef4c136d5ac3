"""MongoDB keeps the laws: on pymongo, sync and async, and on a Motor client."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import Any, Never
from urllib.parse import urlsplit
from uuid import uuid4

import attrs
import pytest
from pymongo import MongoClient, WriteConcern
from tests.contract.served import ONE_BY_ONE, git_history_twice, harness
from tests.contract.stopped import LargePages, OneByOne, Stopped
from tests.contract.ways import another_way

from aett import (
    CommitTooLarge,
    Failure,
    Head,
    SchemaMismatch,
    Success,
    TopicMap,
    UnsupportedServer,
)
from aett.adapters import mongodb
from aett.adapters.mongodb.engine import MAX_COMMIT_SIZE
from aett.testing import Contract, Harness, Place, Race
from aett.testing.laws.making import STREAM, id_of, make
from aett.testing.samples import CONFLICTS, TOPICS, Photographed

ENGINE = "aett.adapters.mongodb"
RACE = Race(writers=4, commits=25, streams=3, seconds=2.0)


class TestMongodb(Stopped, LargePages):
    race = RACE
    round_trips = 3
    more_than_a_page = (505, 50_000)  # a batch has 16 MB, the first of a cursor 101 documents

    @pytest.fixture
    def harness(self, mongodb_url: str) -> Harness:
        return harness(ENGINE, mongodb_url, called="collection", slow=True, traits=ONE_BY_ONE)


@another_way()
class TestAsyncMongodb(OneByOne):
    race = RACE

    @pytest.fixture
    def harness(self, mongodb_url: str) -> Harness:
        return harness(ENGINE, mongodb_url, awaited=True, called="collection", slow=True, traits=ONE_BY_ONE)


class _OnMotor:
    """The async classes on a Motor client: each store has one of its own, made in the loop that uses it."""

    def __init__(self, url: str, collection: str) -> None:
        self.url, self.collection = url, collection
        self.clients: list[Any] = []

    def __reduce__(self) -> Never:
        raise TypeError("a Motor client belongs to its process")

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("Async"):
            raise AttributeError(name)
        return partial(self._made, name)

    def _made(self, name: str, **settings: Any) -> Any:
        from motor.motor_asyncio import AsyncIOMotorClient  # noqa: PLC0415  # it warns that its life has ended

        connect: Any = AsyncIOMotorClient
        client: Any = connect(self.url)
        self.clients.append(client)
        database = client[urlsplit(self.url).path.strip("/")]
        return getattr(mongodb, name)(database, collection=self.collection, **settings)


@another_way()
class TestMotor(Contract):
    race = RACE
    test_L7_1005_commits_are_read_back_whole: Any = None  # noqa: N815  # both of pymongo's faces read them

    @pytest.fixture
    def harness(self, mongodb_url: str) -> Harness:
        traits = attrs.evolve(ONE_BY_ONE, processes=False)

        @contextmanager
        def place() -> Generator[Place]:
            at: Any = _OnMotor(mongodb_url, f"t{uuid4().hex}")
            yield Place.of(at, awaited=True, commit_store={"max_commit_size": traits.max_commit_size})
            for client in at.clients:
                client.close()
            with mongodb.PersistenceManagement(mongodb_url, collection=at.collection) as management:
                management.drop()

        return Harness("MongoDB, on Motor", place, traits, slow=True)


@pytest.fixture
def client(mongodb_url: str) -> Generator[MongoClient[Any]]:
    with MongoClient[Any](mongodb_url) as client:
        yield client


@pytest.fixture
def collection(mongodb_url: str) -> Generator[str]:
    name = f"t{uuid4().hex}"
    with mongodb.PersistenceManagement(mongodb_url, collection=name) as management:
        management.initialize()
        yield name
        management.drop()


def test_L3_a_commit_is_part_of_the_sessions_transaction(  # noqa: N802
    client: MongoClient[Any], collection: str
) -> None:
    database = client["aett"]
    outside = mongodb.CommitStore(database, topic_map=TOPICS, collection=collection)
    assert isinstance(outside.commit(make(Head("tenant", "other"), commit_id=id_of(0))), Success)
    for how, expected in (("abort_transaction", 0), ("commit_transaction", 1)):
        with client.start_session() as session:
            session.start_transaction()
            joined = mongodb.CommitStore(
                database, topic_map=TOPICS, conflict_detector=CONFLICTS, collection=collection, session=session
            )
            assert isinstance(joined.commit(make(Head(*STREAM), commit_id=id_of(1))), Success)
            assert list(outside.get(*STREAM)) == []
            with pytest.raises(UnsupportedServer, match="within a transaction"):
                list(joined.get_from("tenant"))
            getattr(session, how)()
        assert len(list(outside.get(*STREAM))) == expected
        assert len(list(outside.get_from("tenant"))) == 1 + expected


def test_what_acknowledges_nothing_is_refused(client: MongoClient[Any]) -> None:
    database = client.get_database("aett", write_concern=WriteConcern(w=0))
    with pytest.raises(UnsupportedServer, match="write concern 0"):
        mongodb.CommitStore(database, topic_map=TopicMap())


def test_L13_a_missing_unique_index_is_named(  # noqa: N802
    client: MongoClient[Any], mongodb_url: str, collection: str
) -> None:
    client["aett"][collection].drop_index("sequence")
    client["aett"][collection].create_index(
        [("tenant_id", 1), ("stream_id", 1), ("commit_sequence", 1)], name="sequence"
    )
    with mongodb.PersistenceManagement(mongodb_url, collection=collection) as management:
        with pytest.raises(SchemaMismatch, match="sequence"):
            management.initialize()


def test_a_commit_of_more_than_a_document_holds_is_too_large(mongodb_url: str, collection: str) -> None:
    with mongodb.CommitStore(mongodb_url, topic_map=TOPICS, collection=collection) as store:
        for size, fits in ((12_550_000, True), (12_600_000, False)):  # as base64, a third more
            answer = store.commit(make(Head("tenant", f"{size}"), Photographed(bytes(size)), commit_id=uuid4()))
            match answer:
                case Success(_):
                    assert fits
                case Failure(CommitTooLarge(actual, limit)):
                    assert not fits
                    assert actual > limit == MAX_COMMIT_SIZE
                case _:
                    raise AssertionError(answer)


@pytest.mark.parametrize("url", ["mongodb://", "mongodb://user:secret@host", "http://user:secret@host/name", "x"])
def test_what_is_no_url_is_refused_without_its_secrets(url: str) -> None:
    for store in (mongodb.SnapshotStore, mongodb.AsyncSnapshotStore):
        with pytest.raises(ValueError, match="MongoDB is named by a URL") as caught:
            store(url)
        assert "secret" not in str(caught.value)


def test_git_history_runs_on_it(mongodb_url: str, client: MongoClient[Any]) -> None:
    git_history_twice(mongodb_url)
    assert client["aett"]["commits"].count_documents({"events": {"$regex": "README.md"}}) > 0
    mongodb.PersistenceManagement(client["aett"]).drop()
