"""DynamoDB keeps the laws: on boto3, and on aioboto3."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import aioboto3
import boto3
import pytest
from tests.contract.answering import Answering, patient
from tests.contract.served import ONE_BY_ONE, git_history_twice
from tests.contract.served import harness as served
from tests.contract.stopped import LargePages, OneByOne, Stopped, Twice
from tests.contract.ways import another_way
from tests.servers.kinds import KINDS

from aett import (
    CommitTooLarge,
    DuplicateCommit,
    Failure,
    Head,
    SchemaMismatch,
    Snapshot,
    StorageUnavailable,
    Success,
    UnsupportedServer,
)
from aett.adapters import dynamodb
from aett.adapters.dynamodb.engine import MAX_COMMIT_SIZE
from aett.testing import Harness, Race
from aett.testing.laws.making import STREAM, make, notes
from aett.testing.samples import CONFLICTS, TOPICS, Photographed

ENGINE = "aett.adapters.dynamodb"
RACE = Race(writers=8, commits=25, streams=4, seconds=2.0)


def harness(url: str, *, awaited: bool = False) -> Harness:
    """The engine at a new table for each place."""
    return served(ENGINE, url, awaited=awaited, slow=True, traits=ONE_BY_ONE)


@another_way(whole=KINDS["dynamodb"].is_named)
class TestDynamodb(Stopped, LargePages):
    race = RACE
    round_trips = 2
    more_than_a_page = (205, 11_500)  # an answer has 1 MB

    @pytest.fixture
    def harness(self, dynamodb_url: str) -> Harness:
        return harness(dynamodb_url)


@another_way(whole=KINDS["dynamodb"].is_named)
class TestAsyncDynamodb(OneByOne):
    race = RACE

    @pytest.fixture
    def harness(self, dynamodb_url: str) -> Harness:
        return harness(dynamodb_url, awaited=True)


@pytest.fixture
def table(dynamodb_url: str) -> Generator[str]:
    name = f"t{uuid4().hex}"
    with dynamodb.PersistenceManagement(dynamodb_url, table=name) as management:
        management.initialize()
        yield name
        management.drop()


def arguments_of(url: str) -> dict[str, Any]:
    """What a client of this place is made with."""
    options = parse_qs(urlsplit(url).query)
    return {"region_name": urlsplit(url).netloc, "endpoint_url": options["endpoint_url"][0]}


@pytest.fixture
def client(dynamodb_url: str) -> Generator[Any]:
    with patient("dynamodb", arguments_of(dynamodb_url)) as client:
        yield client


def test_a_client_of_the_callers_is_used_and_left_open(client: Any, table: str) -> None:
    for _ in range(2):
        with dynamodb.CommitStore(client, topic_map=TOPICS, conflict_detector=CONFLICTS, table=table) as store:
            store.commit(make(Head("tenant", f"{uuid4()}"), commit_id=uuid4())).unwrap()
    assert client.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"


def test_an_async_client_of_the_callers_is_used_and_left_open(dynamodb_url: str, table: str) -> None:
    async def use() -> None:
        session: Any = aioboto3.Session()
        async with session.client("dynamodb", **arguments_of(dynamodb_url)) as client:
            for number in range(2):
                async with dynamodb.AsyncCommitStore(client, topic_map=TOPICS, table=table) as store:
                    (await store.commit(make(Head("tenant", f"{number}"), commit_id=uuid4()))).unwrap()
            assert (await client.describe_table(TableName=table))["Table"]["TableStatus"] == "ACTIVE"

    asyncio.run(use())


@pytest.mark.parametrize("place", [object(), 7])
def test_what_is_no_place_is_refused(place: object) -> None:
    refuse(place)


def test_a_client_of_another_service_is_refused() -> None:
    session: Any = boto3.Session()
    refuse(session.client("s3", region_name="us-east-1"))


def refuse(place: object) -> None:
    for store in (dynamodb.SnapshotStore, dynamodb.AsyncSnapshotStore):
        with pytest.raises(TypeError, match="a client of dynamodb's"):
            store(place)


def test_a_sync_store_refuses_an_async_client_and_the_other_way_round(client: Any, dynamodb_url: str) -> None:
    with pytest.raises(TypeError, match="aioboto3"):
        dynamodb.AsyncSnapshotStore(client)

    async def use() -> None:
        session: Any = aioboto3.Session()
        async with session.client("dynamodb", **arguments_of(dynamodb_url)) as awaited:
            with pytest.raises(TypeError, match="boto3"):
                dynamodb.SnapshotStore(awaited)

    asyncio.run(use())


@pytest.mark.parametrize(
    "url",
    ["dynamodb://key:secret@eu-west-1", "s3://eu-west-1", "dynamodb://eu-west-1/table", "x", "dynamodb://e?a=b"],
)
def test_what_is_no_url_is_refused_without_its_secrets(url: str) -> None:
    for store in (dynamodb.SnapshotStore, dynamodb.AsyncSnapshotStore):
        with pytest.raises(ValueError, match=r"URL") as caught:
            store(url)
        assert "secret" not in str(caught.value)


def test_L13_another_key_schema_is_named(client: Any, dynamodb_url: str) -> None:  # noqa: N802
    name = f"t{uuid4().hex}"
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with dynamodb.PersistenceManagement(dynamodb_url, table=name) as management:
        with pytest.raises(
            SchemaMismatch, match=r"pk should be HASH of S.*sk should be RANGE of S, but is absent"
        ):
            management.initialize()
        management.drop()


def test_a_table_that_is_absent_is_named(dynamodb_url: str) -> None:
    with dynamodb.CommitStore(dynamodb_url, topic_map=TOPICS, table="absent") as store:
        with pytest.raises(SchemaMismatch, match="initialize"):
            list(store.get(*STREAM))


def test_billing_is_on_demand_unless_told_otherwise(client: Any, dynamodb_url: str) -> None:
    provisioned = {"ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 5}}
    cases: list[tuple[dict[str, Any], str]] = [({}, "PAY_PER_REQUEST"), ({"billing": provisioned}, "PROVISIONED")]
    for billing, mode in cases:
        name = f"t{uuid4().hex}"
        with dynamodb.PersistenceManagement(dynamodb_url, table=name, **billing) as management:
            management.initialize()
            described = client.describe_table(TableName=name)["Table"]
            assert described.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED") == mode
            management.drop()


def test_a_commit_of_more_than_an_item_holds_is_too_large(dynamodb_url: str, table: str) -> None:
    with dynamodb.CommitStore(dynamodb_url, topic_map=TOPICS, table=table) as store:
        for size, fits in ((303_000, True), (305_000, False)):  # as base64, a third more
            answer = store.commit(make(Head("t" * 64, "s" * 255), Photographed(bytes(size)), commit_id=uuid4()))
            match answer:
                case Success(_):
                    assert fits
                case Failure(CommitTooLarge(actual, limit)):
                    assert not fits
                    assert actual > limit == MAX_COMMIT_SIZE
                case _:
                    raise AssertionError(answer)


def test_a_snapshot_of_more_than_an_item_holds_is_no_schemas_fault(dynamodb_url: str, table: str) -> None:
    with dynamodb.SnapshotStore(dynamodb_url, table=table) as snapshots:
        with pytest.raises(UnsupportedServer, match="Item size"):
            snapshots.add(Snapshot(Head("tenant", "stream", 1, 1), "shape", bytes(420_000)))


def test_a_configuration_or_a_session_names_a_place(dynamodb_url: str, table: str) -> None:
    made = arguments_of(dynamodb_url)
    keys = {"access_key": "testing", "secret_key": "marked"}
    place = dynamodb.Configuration(region=made["region_name"], endpoint_url=made["endpoint_url"], **keys)
    assert "marked" not in repr(place)
    with dynamodb.CommitStore(place, topic_map=TOPICS, table=table) as store:
        assert list(store.get(*STREAM)) == []
    session: Any = boto3.Session(region_name="us-east-1", profile_name=None)
    store = dynamodb.CommitStore(session, topic_map=TOPICS)  # nobody is asked until its first use
    store.close()


def test_commits_of_full_size_are_read_and_purged(dynamodb_url: str, table: str) -> None:
    with (
        dynamodb.CommitStore(dynamodb_url, topic_map=TOPICS, table=table) as store,
        dynamodb.PersistenceManagement(dynamodb_url, table=table) as management,
    ):
        head = Head(*STREAM)
        for _ in range(12):  # nearly 5 MB: no page holds them, nor does a transaction
            head = Head.after(store.commit(make(head, Photographed(bytes(300_000)), commit_id=uuid4())).unwrap())
        assert len(list(store.get(*STREAM))) == len(list(store.get_from(STREAM[0]))) == 12
        management.purge_stream(*STREAM)
        assert list(store.get(*STREAM)) == list(store.get_from(STREAM[0])) == []


def test_L4_a_writer_knows_its_own_write_when_each_request_is_repeated(dynamodb_url: str, table: str) -> None:  # noqa: N802
    with dynamodb.CommitStore(dynamodb_url, topic_map=TOPICS, table=table) as store:
        plain = store._performer
        store._performer = Twice(plain)
        commit = make(Head(*STREAM), *notes("one"), commit_id=uuid4())
        stored = store.commit(commit).unwrap()
        assert store.commit(commit) == Failure(DuplicateCommit(stored))
        following = make(Head.after(stored), *notes("two"), commit_id=uuid4())
        assert isinstance(store.commit(following), Success)
        assert len(list(store.get(*STREAM))) == 2


@pytest.mark.usefixtures("unhurried")
def test_throttled_requests_are_made_again(client: Any, table: str) -> None:
    code = "ProvisionedThroughputExceededException"
    body = f'{{"__type": "com.amazonaws.dynamodb.v20120810#{code}"}}'.encode()
    throttled = Answering(client, "before-send.dynamodb", 400, body, 3, {"x-amzn-errortype": code})
    with dynamodb.CommitStore(client, topic_map=TOPICS, table=table) as store:
        assert isinstance(store.commit(make(Head(*STREAM), commit_id=uuid4())), Success)
        assert throttled.left == 0
        throttled.left = 1000
        with pytest.raises(StorageUnavailable, match=code):
            list(store.get(*STREAM))


@pytest.mark.usefixtures("unhurried")
def test_an_endpoint_where_nobody_answers_is_unavailable() -> None:
    url = "dynamodb://us-east-1?endpoint_url=http://127.0.0.1:9"
    with dynamodb.CommitStore(url, topic_map=TOPICS, timeout=1) as store:
        with pytest.raises(StorageUnavailable, match=r"dynamodb at http://127\.0\.0\.1:9"):
            list(store.get(*STREAM))


def test_git_history_runs_on_it(dynamodb_url: str, client: Any) -> None:
    git_history_twice(dynamodb_url)
    assert client.scan(TableName="commits")["Count"] > 0
    dynamodb.PersistenceManagement(dynamodb_url).drop()
