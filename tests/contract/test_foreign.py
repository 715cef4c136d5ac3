"""The histories of aett 3.x and of eventsourcing, in tables as they make them, become commits."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pymysql
import pytest
from pymongo import MongoClient
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from aett import Commit, TopicMap, connect
from aett.adapters.aws.performing import lender_of
from aett.adapters.dynamodb.place import configured
from aett.adapters.s3 import PersistenceManagement
from aett.adapters.s3.place import located
from aett.cli.app import app

NOW = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)
ONE = UUID("00112233-4455-6677-8899-aabbccddeeff")
OURS = TopicMap.stored()

# aett 3.3.1, storage/synchronous/*/persistence_management.py
COLUMNS = {
    "sqlite": (
        "TenantId varchar(40) NOT NULL, StreamId char(40) NOT NULL, StreamIdOriginal text NOT NULL,"
        " StreamRevision int NOT NULL, Items int NOT NULL, CommitId guid NOT NULL, CommitSequence int NOT NULL,"
        " CommitStamp datetime NOT NULL, CheckpointNumber INTEGER PRIMARY KEY AUTOINCREMENT, Headers blob NULL,"
        " Payload blob NOT NULL"
    ),
    "postgresql": (
        "TenantId varchar(64) NOT NULL, StreamId char(64) NOT NULL, StreamIdOriginal varchar(1000) NOT NULL,"
        " StreamRevision int NOT NULL, Items smallint NOT NULL, CommitId uuid NOT NULL,"
        " CommitSequence int NOT NULL, CommitStamp timestamp NOT NULL, CheckpointNumber BIGSERIAL NOT NULL,"
        " Headers bytea NULL, Payload bytea NOT NULL"
    ),
    "mysql": (
        "TenantId varchar(36) charset utf8 NOT NULL, StreamId varchar(36) charset utf8 NOT NULL,"
        " StreamIdOriginal varchar(1000) charset utf8 NOT NULL, StreamRevision int NOT NULL,"
        " Items tinyint NOT NULL, CommitId binary(16) NOT NULL, CommitSequence int NOT NULL,"
        " CommitStamp TIMESTAMP NOT NULL, CheckpointNumber bigint AUTO_INCREMENT,"
        " Headers blob NULL, Payload mediumblob NOT NULL,"
        " PRIMARY KEY (CheckpointNumber)"
    ),
}
NAMES = (
    "TenantId, StreamId, StreamIdOriginal, CommitId, CommitSequence, StreamRevision, Items, CommitStamp, Headers,"
    " Payload"
)


def payload(topic: str, *, typed: bool = False) -> bytes:
    """As 3.x writes an event; or as an earlier one did, whose body tells its type."""
    body = {"source": "a", "version": 1, "owner": "Ada", **({"$type": topic} if typed else {})}
    return json.dumps([{"body": body, "headers": {"k": 1, **({} if typed else {"topic": topic})}}]).encode()


def rows(id_of: Callable[[UUID], object], stamp: object) -> list[tuple[Any, ...]]:
    """Two streams, one of which leaves gaps in its numbers."""
    return [
        ("t", "a", "a", id_of(ONE), 1, 1, 1, stamp, b'{"by":"me"}', payload("Opened")),
        ("t", "b", "b", id_of(uuid4()), 1, 1, 1, stamp, None, payload("Opened", typed=True)),
        ("t", "a", "a", id_of(uuid4()), 4, 7, 1, stamp, b"{}", payload("Closed")),
    ]


def aett(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stderr


def of_sqlite(tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE commits ({COLUMNS['sqlite']})")
        connection.executemany(
            f"INSERT INTO commits ({NAMES}) VALUES ({', '.join('?' * 10)})",
            rows(lambda each: each.bytes_le, NOW.isoformat(" ")),
        )
    connection.close()
    return f"sqlite:///{path}", "commits"


def of_postgresql(url: str) -> tuple[str, str]:
    table = f"old_{uuid4().hex[:8]}"
    with psycopg.connect(url) as opened:
        connection: Any = opened
        connection.execute(f"CREATE TABLE {table} ({COLUMNS['postgresql']})")
        with connection.cursor() as cursor:
            query = f"INSERT INTO {table} ({NAMES}) VALUES ({', '.join(['%s'] * 10)})"
            cursor.executemany(query, rows(lambda each: each, NOW.replace(tzinfo=None)))
    return url, table


def of_mysql(url: str) -> tuple[str, str]:
    table, parts = f"old_{uuid4().hex[:8]}", make_url(url)
    place = {"host": parts.host, "port": parts.port or 3306, "user": parts.username, "db": parts.database}
    connect_to: Any = pymysql.connect
    connection = connect_to(**place, password=parts.password or "")
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table} ({COLUMNS['mysql']})")
        query = f"INSERT INTO {table} ({NAMES}) VALUES ({', '.join(['%s'] * 10)})"
        cursor.executemany(query, rows(lambda each: each.bytes, NOW.replace(tzinfo=None, microsecond=0)))
        connection.commit()
    return url, table


def later(number: int) -> int:
    """Seconds, as 3.x keeps them where it has no order but that of its stamps."""
    return int(NOW.timestamp()) + number


def of_mongodb(url: str) -> tuple[str, str]:
    name = f"old_{uuid4().hex[:8]}"
    names = ("TenantId", "StreamId", "CommitId", "CommitSequence", "StreamRevision", "Headers", "Events")
    with MongoClient[dict[str, Any]](url) as client:
        collection = client.get_default_database()[name]
        for token, row in enumerate(rows(str, None)):
            values = (*row[:2], *row[3:6], row[8] or b"{}", row[9])
            more = {"CommitStamp": later(0), "CheckpointToken": token}
            collection.insert_one({**dict(zip(names, values, strict=True)), **more})
    return url, name


def of_dynamodb(url: str) -> tuple[str, str]:
    name = f"old_{uuid4().hex[:8]}"
    keys = {"TenantAndStream": "S", "CommitSequence": "N"}
    lender = lender_of(configured(url), "dynamodb", 1, 30)
    with closing(lender), lender.lent(alone=True) as client:
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in keys.items()],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        client.get_waiter("table_exists").wait(TableName=name)
        for number, (tenant, stream, _, commit_id, sequence, revision, *_, headers, events) in enumerate(
            rows(str, None)
        ):
            item = {
                "TenantAndStream": {"S": f"{tenant}{stream}"},
                "TenantId": {"S": tenant},
                "StreamId": {"S": stream},
                "StreamRevision": {"N": str(revision)},
                "CommitId": {"S": commit_id},
                "CommitSequence": {"N": str(sequence)},
                "CommitStamp": {"N": str(later(number))},
                "Headers": {"B": headers or b"{}"},
                "Events": {"B": events},
            }
            client.put_item(TableName=name, Item=item)
    return url, name


def of_s3(url: str) -> tuple[str, str]:
    folder = f"old_{uuid4().hex[:8]}"
    with PersistenceManagement(url) as management:
        management.initialize()  # the bucket
    place, space = located(url, None, "")
    lender = lender_of(place, "s3", 1, 30)
    with closing(lender), lender.lent(alone=True) as client:
        for number, (tenant, stream, _, commit_id, sequence, revision, *_, headers, events) in enumerate(
            rows(str, None)
        ):
            name = f"{later(number)}_{commit_id}_{sequence}_{revision}.json"
            document = {
                "tenant_id": tenant,
                "stream_id": stream,
                "stream_revision": revision,
                "commit_id": commit_id,
                "commit_sequence": sequence,
                "commit_stamp": datetime.fromtimestamp(later(number), UTC).isoformat(),
                "headers": {key: json.dumps(value) for key, value in json.loads(headers or b"{}").items()},
                "events": json.loads(events),
                "checkpoint_token": 0,
            }
            key = f"{space.prefix}{folder}/{tenant}/{stream}/{name}"
            client.put_object(Bucket=space.bucket, Key=key, Body=json.dumps(document).encode())
        client.put_object(Bucket=space.bucket, Key=f"{space.prefix}{folder}/readme.txt", Body=b"no commit")
    return url, folder


MAKERS = {
    "postgresql": of_postgresql,
    "mysql": of_mysql,
    "mongodb": of_mongodb,
    "dynamodb": of_dynamodb,
    "s3": of_s3,
}


@pytest.mark.parametrize("engine", ["sqlite", *MAKERS])
def test_the_history_of_3x_becomes_commits(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if engine == "sqlite":
        source, table = of_sqlite(tmp_path)
    else:
        source, table = MAKERS[engine](request.getfixturevalue(f"{engine}_url"))
    target = f"sqlite:///{tmp_path / 'new.db'}"
    command = ("import-3x", source, "--source-table", table, "--url", target)
    status, told = aett(*command)
    assert (status, told.strip()) == (0, "3 imported, 0 there before")
    assert aett(*command)[1].strip() == "0 imported, 3 there before"
    with connect(target, topic_map=OURS) as stores:
        found: list[Commit] = list(stores.commits.get_from("t"))
    first, other, last = found
    assert [each.stream_id for each in found] == ["a", "b", "a"]
    assert (first.commit_id, first.headers) == (ONE, {"by": "me"})
    assert first.commit_stamp.replace(microsecond=0) == NOW.replace(microsecond=0)
    assert first.events[0].headers == {"k": 1}
    (body, typed) = (first.bodies[0], other.bodies[0])
    assert (body.topic, json.loads(body.body)) == ("Opened", {"source": "a", "version": 1, "owner": "Ada"})  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    assert body == typed
    assert (last.commit_sequence, last.stream_revision) == (2, 2)
    assert last.headers == {"formerly": {"sequence": 4, "revision": 7}}


# eventsourcing 9.5.6, sqlite.py
STORED_EVENTS = (
    "CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB,"
    " PRIMARY KEY (originator_id, originator_version))"
)
STATE = b'{"timestamp":{"_type_":"datetime_iso","_data_":"2026-01-31T12:00:00.000005+00:00"},"name":"Fido"}'


def of_eventsourcing(tmp_path: Path, *events: tuple[Any, ...]) -> str:
    with sqlite3.connect(tmp_path / "es.db") as connection:
        connection.execute(STORED_EVENTS)
        connection.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?)", events)
    connection.close()
    return f"sqlite:///{tmp_path / 'es.db'}"


def test_the_history_of_eventsourcing_becomes_commits(tmp_path: Path) -> None:
    dogs = [("b", 1, "dogs:Registered", STATE), ("a", 1, "dogs:Registered", STATE), ("b", 2, "dogs:Fed", b"{}")]
    source, target = of_eventsourcing(tmp_path, *dogs), f"sqlite:///{tmp_path / 'new.db'}"
    command = ("import-eventsourcing", source, "--tenant", "kennel", "--url", target)
    assert aett(*command) == (0, "3 imported, 0 there before\n")
    assert aett(*command) == (0, "0 imported, 3 there before\n")
    with connect(target, topic_map=OURS) as stores:
        first, _, last = stores.commits.get_from("kennel")
    assert (first.stream_id, first.commit_stamp, last.commit_sequence) == ("b", NOW, 2)
    assert first.bodies[0].body == STATE  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


@pytest.mark.parametrize(
    ("state", "said"), [(b"\x80\x02cpickle", "is not stored as JSON"), (b"[]", "is not stored as JSON")]
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path, state: bytes, said: str) -> None:
    source = of_eventsourcing(tmp_path, ("a", 1, "dogs:Registered", STATE), ("a", 2, "dogs:Fed", state))
    status, told = aett("import-eventsourcing", source, "-t", "k", "-u", f"sqlite:///{tmp_path / 'new.db'}")
    assert status == 1
    assert f"originator a, version 2: {said}" in told


def test_a_driver_that_is_not_there_is_named_with_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    source = "postgres://user:secret@localhost/old"
    status, told = aett("import-3x", source, "-u", f"sqlite:///{tmp_path / 'new.db'}")
    assert status == 2
    assert 'needs psycopg: pip install "aett[postgresql]"' in told
    assert "secret" not in told


def test_a_source_that_is_none_is_told(tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'new.db'}"
    assert aett("import-3x", "ftp://x", "-u", target)[0] == 2
    assert aett("import-3x", f"sqlite:///{tmp_path / 'none.db'}", "-u", target)[0] == 3
    source = of_eventsourcing(tmp_path)
    assert aett("import-3x", source, "-u", target)[0] == 3
    assert aett("import-3x", source, "-u", target, "--source-table", "x; DROP TABLE y")[0] == 2
