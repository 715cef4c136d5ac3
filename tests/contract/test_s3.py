"""S3 keeps the laws: on boto3, and on aioboto3."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, make_server

import aioboto3
import attrs
import boto3
import pytest
from tests.contract.answering import Answering, patient
from tests.contract.served import ONE_BY_ONE, TRAITS, At, git_history_twice
from tests.contract.stopped import LargePages, OneByOne, Stopped, Twice, awaited
from tests.contract.ways import another_way
from tests.servers.kinds import KINDS

from aett import (
    Commit,
    DuplicateCommit,
    Failure,
    Head,
    SchemaMismatch,
    Snapshot,
    StorageUnavailable,
    Success,
    UnsupportedServer,
)
from aett.adapters import s3
from aett.testing import Harness, Place, Race
from aett.testing.clients import Clients
from aett.testing.laws.making import STREAM, make, notes, whole
from aett.testing.model import must_be, unnumbered
from aett.testing.samples import CONFLICTS, TOPICS, Photographed

ENGINE = "aett.adapters.s3"
RACE = Race(writers=6, commits=20, streams=3, seconds=2.0)


def under(url: str, name: str) -> str:
    """The URL of a place of its own: a prefix; on our server a bucket, for moto looks at all keys of one."""
    if KINDS["s3"].is_named:
        return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    return urlunsplit(urlsplit(url)._replace(netloc=name, path="/in"))


def harness(url: str, *, awaited: bool = False) -> Harness:
    """The engine at a new prefix for each place."""

    @contextmanager
    def place() -> Generator[Place]:
        at: Any = At(ENGINE, {}, {})
        where = under(url, f"p{uuid4().hex}")
        yield Place.of(at, where, awaited=awaited, commit_store={"max_commit_size": TRAITS.max_commit_size})
        if KINDS["s3"].is_named:
            with at.PersistenceManagement(where) as management:
                management.drop()

    traits = attrs.evolve(ONE_BY_ONE, numbers_at_commit=False)
    return Harness(f"{ENGINE}, {'async' if awaited else 'sync'}", place, traits, slow=True)


@another_way(whole=KINDS["s3"].is_named)
class TestS3(Stopped, LargePages):
    race = RACE
    round_trips = 3

    @pytest.fixture
    def harness(self, s3_url: str) -> Harness:
        return harness(s3_url)

    def test_L7_what_is_more_than_a_servers_answer_holds_is_read_back_whole(self, clients: Clients) -> None:  # noqa: N802
        """And purged: a page of the service's has 1,000 keys.

        A commit is put without its claim and its marker, which are two thirds of the requests that it takes; so
        the log, whose segments and pages are shorter, has none of them.
        """
        store: Any = clients.connect(page_size=1000).commits
        engine, head, expected = store._plans.engine, Head(*STREAM), list[Commit]()
        stream = engine.space.tenant(head.tenant_id).stream(head.stream_id, 0)
        for number in range(1_005):
            body = Photographed(bytes(2_300)) if number % 100 else Photographed(b"small")
            expected.append(unnumbered(make(head, body)))
            store._run(engine._put(stream, store._plans.recorder.record(expected[-1]), bytes(16)), "commit")
            head = Head.after(expected[-1])
        must_be(map(unnumbered, store.get(*STREAM)), expected, "L7: 1,005 commits of a stream")
        with closing(Clients(awaited(clients.place), clients.traits)) as awaiting:
            last = awaiting.connect(page_size=1000).commits.get(*STREAM, min_revision=998)
            must_be(map(unnumbered, last), expected[997:], "L8: the last of 1,005 commits")
        clients.one.management.purge_stream(*STREAM)
        assert whole(clients.other, STREAM) == []
        assert store._run(engine.bucket.listed(stream.commits), "list") == [], "L13: something is left"


@another_way(whole=KINDS["s3"].is_named, performed_elsewhere=True)
class TestAsyncS3(OneByOne):
    race = RACE

    @pytest.fixture
    def harness(self, s3_url: str) -> Harness:
        return harness(s3_url, awaited=True)


@pytest.fixture
def url(s3_url: str) -> Generator[str]:
    """A prefix that is ready."""
    where = under(s3_url, f"p{uuid4().hex}")
    with s3.PersistenceManagement(where) as management:
        management.initialize()
        yield where
        management.drop()


def arguments_of(url: str) -> dict[str, Any]:
    """What a client of this place is made with."""
    options = parse_qs(urlsplit(url).query)
    return {"region_name": options["region"][0], "endpoint_url": options["endpoint_url"][0]}


def space_of(url: str) -> dict[str, Any]:
    """What names this place beside a client."""
    return {"bucket": urlsplit(url).netloc, "prefix": urlsplit(url).path}


@pytest.fixture
def client(s3_url: str) -> Generator[Any]:
    with patient("s3", arguments_of(s3_url)) as client:
        yield client


def keys(client: Any, url: str) -> list[str]:
    """All keys of a place, without its prefix."""
    space = space_of(url)
    prefix = f"{space['prefix'].strip('/')}/"
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=space["bucket"], Prefix=prefix)
    return [each["Key"].removeprefix(prefix) for page in pages for each in page.get("Contents", ())]


def test_a_client_of_the_callers_is_used_and_left_open(client: Any, url: str) -> None:
    for number in range(2):
        with s3.CommitStore(client, **space_of(url), topic_map=TOPICS, conflict_detector=CONFLICTS) as store:
            store.commit(make(Head("tenant", f"{number}"), commit_id=uuid4())).unwrap()
    assert len([each for each in keys(client, url) if "/streams/" in each]) == 2


def test_an_object_is_sent_at_once(url: str) -> None:
    sent: list[Any] = []
    with s3.CommitStore(url, topic_map=TOPICS) as store:
        performer: Any = store._performer
        with performer._lender.lent(alone=False) as own:
            own.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(request))
        store.commit(make(Head(*STREAM), commit_id=uuid4())).unwrap()
    assert len(sent) == 3
    assert not any("Expect" in each.headers for each in sent)


def test_an_async_client_of_the_callers_is_used_and_left_open(url: str) -> None:
    async def use() -> None:
        session: Any = aioboto3.Session()
        async with session.client("s3", **arguments_of(url)) as client:
            for number in range(2):
                async with s3.AsyncCommitStore(client, **space_of(url), topic_map=TOPICS) as store:
                    (await store.commit(make(Head("tenant", f"{number}"), commit_id=uuid4()))).unwrap()
            assert (await client.list_objects_v2(Bucket=space_of(url)["bucket"]))["KeyCount"] > 0

    asyncio.run(use())


def test_a_configuration_or_a_session_names_a_place(url: str) -> None:
    made = arguments_of(url)
    keys = {"access_key": "testing", "secret_key": "marked"}
    place = s3.Configuration(region=made["region_name"], endpoint_url=made["endpoint_url"], **keys)
    with s3.CommitStore(place, **space_of(url), topic_map=TOPICS) as store:
        assert list(store.get(*STREAM)) == []
    session: Any = boto3.Session(region_name="us-east-1")
    s3.CommitStore(session, bucket="somewhere", topic_map=TOPICS).close()  # nobody is asked until its first use


@pytest.mark.parametrize(
    ("place", "more", "told"),
    [
        ("s3://key:secret@bucket", {}, "URL"),
        ("http://bucket", {}, "URL"),
        ("s3://bucket?a=b", {}, "options"),
        ("s3://", {}, "a bucket must be named"),
        ("s3://bucket", {"bucket": "another"}, "names bucket and prefix itself"),
        (f"s3://bucket/{'x' * 400}", {}, "at most 400 bytes"),
    ],
)
def test_what_names_no_place_is_refused_without_its_secrets(place: str, more: dict[str, Any], told: str) -> None:
    for store in (s3.SnapshotStore, s3.AsyncSnapshotStore):
        with pytest.raises(ValueError, match=told) as caught:
            store(place, **more)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("place", [object(), 7])
def test_what_makes_no_clients_is_refused(place: object) -> None:
    for store in (s3.SnapshotStore, s3.AsyncSnapshotStore):
        with pytest.raises(TypeError, match="a client of s3's"):
            store(place, bucket="bucket")


def test_a_commit_can_be_read_by_people(client: Any, url: str) -> None:
    with s3.CommitStore(url, topic_map=TOPICS) as store:
        store.commit(make(Head("tenant", "a/b c"), *notes("Ann booked"), commit_id=uuid4())).unwrap()
    (key,) = (each for each in keys(client, url) if "/streams/" in each)
    assert key == "tenants/tenant/streams/a%2Fb%20c/0/0000000000000000001"
    space = space_of(url)
    body = client.get_object(Bucket=space["bucket"], Key=f"{space['prefix'].strip('/')}/{key}")["Body"].read()
    told = json.loads(body)
    assert told["events"][0]["body"]["text"] == "Ann booked"
    assert (told["stream_id"], told["commit_sequence"]) == ("a/b c", 1)


def test_a_commit_is_numbered_by_whoever_reads_the_log_or_by_upkeep(client: Any, url: str) -> None:
    with (
        s3.CommitStore(url, topic_map=TOPICS) as store,
        s3.PersistenceManagement(url) as management,
    ):
        head = Head(*STREAM)
        for _ in range(3):
            head = Head.after(store.commit(make(head, commit_id=uuid4())).unwrap())
        assert head.checkpoint is None
        assert [each for each in keys(client, url) if "/log/" in each] == []
        management.sequence(STREAM[0])
        assert len([each for each in keys(client, url) if "/log/" in each]) == 1
        told = [each.checkpoint or 0 for each in store.get_from(STREAM[0])]
        assert told == sorted(set(told))
        assert len(told) == 3
        management.sequence(STREAM[0])
        assert [each for each in keys(client, url) if "/pending/" in each] == []
        assert list(store.get_from(STREAM[0], told[-1])) == list(store.get_from(STREAM[0], 10**15)) == []


def test_awaited_upkeep_brings_a_log_up_to_date(url: str) -> None:
    async def use() -> None:
        async with (
            s3.AsyncCommitStore(url, topic_map=TOPICS) as store,
            s3.AsyncPersistenceManagement(url) as management,
        ):
            (await store.commit(make(Head(*STREAM), commit_id=uuid4()))).unwrap()
            await management.sequence(STREAM[0])
            assert len([each async for each in store.get_from(STREAM[0])]) == 1

    asyncio.run(use())


def test_L4_a_writer_knows_its_own_write_when_each_request_is_repeated(url: str) -> None:  # noqa: N802
    with s3.CommitStore(url, topic_map=TOPICS) as store:
        store._performer = Twice(store._performer)
        commit = make(Head(*STREAM), *notes("one"), commit_id=uuid4())
        stored = store.commit(commit).unwrap()
        assert store.commit(commit) == Failure(DuplicateCommit(stored))
        following = make(Head.after(stored), *notes("two"), commit_id=uuid4())
        assert isinstance(store.commit(following), Success)
        assert len(list(store.get(*STREAM))) == len(list(store.get_from(STREAM[0]))) == 2


def test_1_5_megabytes_in_a_stream_are_read_and_purged(url: str) -> None:
    with (
        s3.CommitStore(url, topic_map=TOPICS) as store,
        s3.PersistenceManagement(url) as management,
    ):
        head = Head(*STREAM)
        for _ in range(5):
            head = Head.after(store.commit(make(head, Photographed(bytes(300_000)), commit_id=uuid4())).unwrap())
        assert len(list(store.get(*STREAM))) == len(list(store.get_from(STREAM[0]))) == 5
        management.purge_stream(*STREAM)
        assert list(store.get(*STREAM)) == list(store.get_from(STREAM[0])) == []


def test_a_versioned_bucket_is_purged_of_all_versions(client: Any, s3_url: str) -> None:
    bucket = f"versioned-{uuid4().hex}"
    client.create_bucket(Bucket=bucket)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    url = urlunsplit(urlsplit(s3_url)._replace(netloc=bucket))
    snapshot = Snapshot(Head(*STREAM, 1, 1), "shape", b"{}")
    with (
        s3.PersistenceManagement(url) as management,
        s3.CommitStore(url, topic_map=TOPICS) as store,
        s3.SnapshotStore(url) as snapshots,
    ):
        management.initialize()
        store.commit(make(Head(*STREAM), *notes("hers"), commit_id=uuid4())).unwrap()
        for _ in range(2):
            snapshots.add(snapshot)
        assert len(list(store.get_from(STREAM[0]))) == 1
        management.purge(STREAM[0])
        listed = client.list_object_versions(Bucket=bucket)
        left = [each["Key"] for each in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))]
        assert [each for each in left if "/streams/" in each or "/ids/" in each or "/snapshots/" in each] == []
        management.drop()
        assert "Versions" not in client.list_object_versions(Bucket=bucket)


def test_L13_another_layout_is_named(client: Any, url: str) -> None:  # noqa: N802
    space = space_of(url)
    client.put_object(Bucket=space["bucket"], Key=f"{space['prefix'].strip('/')}/schema", Body=b"99")
    with s3.PersistenceManagement(url) as management, pytest.raises(SchemaMismatch, match="version 1, but is 99"):
        management.initialize()


def test_a_bucket_that_is_absent_is_named(s3_url: str) -> None:
    url = urlunsplit(urlsplit(s3_url)._replace(netloc="absent"))
    with s3.CommitStore(url, topic_map=TOPICS) as store:
        with pytest.raises(SchemaMismatch, match="initialize"):
            list(store.get(*STREAM))
    with s3.PersistenceManagement(url) as management:
        management.drop()  # no error


def refusing(client: Any, status: int, code: str, times: int) -> Answering:
    """Refuses the first requests of a client that put something, with a status and a code."""
    body = f"<Error><Code>{code}</Code><Message>not now</Message></Error>".encode()
    return Answering(client, "before-send.s3.PutObject", status, body, times)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(("status", "code"), [(409, "ConditionalRequestConflict"), (503, "SlowDown")])
def test_what_the_service_refuses_for_a_while_is_asked_for_again(
    client: Any, url: str, status: int, code: str
) -> None:
    refused = refusing(client, status, code, 5)
    with s3.CommitStore(client, **space_of(url), topic_map=TOPICS) as store:
        assert isinstance(store.commit(make(Head(*STREAM), commit_id=uuid4())), Success)
        assert refused.left == 0
        assert len(list(store.get(*STREAM))) == 1


@pytest.mark.usefixtures("unhurried")
def test_what_the_service_refuses_for_ever_is_unavailable(client: Any, url: str) -> None:
    refusing(client, 503, "SlowDown", 1000)
    with s3.CommitStore(client, **space_of(url), topic_map=TOPICS) as store:
        with pytest.raises(StorageUnavailable, match="SlowDown"):
            store.commit(make(Head(*STREAM), commit_id=uuid4()))


@pytest.mark.usefixtures("unhurried")
def test_an_endpoint_where_nobody_answers_is_unavailable() -> None:
    url = "s3://bucket?region=us-east-1&endpoint_url=http://127.0.0.1:9"
    with s3.CommitStore(url, topic_map=TOPICS, timeout=1) as store:
        with pytest.raises(StorageUnavailable, match=r"s3 at http://127\.0\.0\.1:9"):
            list(store.get(*STREAM))


class Careless:
    """An endpoint that puts whatever it is told to, whatever the condition."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """Answer."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
        if method == "PUT":
            self.objects[path] = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = b"<ListVersionsResult/>" if "versions" in query else b""
        start("200 OK", [("Content-Length", f"{len(answer)}"), ("ETag", '"one"'), ("Content-Type", "text/xml")])
        return [answer]


def test_an_endpoint_that_ignores_conditions_is_refused(s3_url: str) -> None:
    del s3_url  # whose credentials are needed
    with make_server("127.0.0.1", 0, Careless(), handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        with s3.PersistenceManagement(f"s3://bucket?region=us-east-1&endpoint_url={endpoint}") as management:
            with pytest.raises(UnsupportedServer, match="If-None-Match"):
                management.initialize()
        server.shutdown()


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # its own name
        """Say nothing."""


def test_git_history_runs_on_it(url: str, client: Any) -> None:
    git_history_twice(url)
    assert [each for each in keys(client, url) if "/streams/" in each]
