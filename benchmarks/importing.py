"""Importing: many commits of many streams, beside the bare driver that copies the same rows at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg

from aett import Commit
from aett.adapters.store.record import WRITTEN
from aett.testing.samples import TOPICS
from benchmarks.appending import KEYS, TENANT, UNSAFE_COLUMNS, Database, chain, of, prepared
from benchmarks.case import Case, Sides
from benchmarks.places import Places

COMMITS, STREAM = 20_000, 20
KINDS = ("text", "text", "int8", "int8", "int8", "bytea", "int8", "bytea", "bytea", "bytea")


def _commits() -> list[Commit]:
    """Of streams of so many commits each."""
    return [commit for _ in range(COMMITS // STREAM) for commit in chain(STREAM)]


def _rows() -> list[tuple[Any, ...]]:
    """The same, encoded already."""
    streams = (prepared(STREAM) for _ in range(COMMITS // STREAM))
    return [tuple(each[name] for name in WRITTEN) for stream in streams for each in stream]


def by_import(database: Database) -> float:
    """Commits a second."""
    commits = _commits()
    with database.made("CommitStore", topic_map=TOPICS) as store:
        store.head(TENANT, "open")
        begin = time.perf_counter()
        for outcome in store.commit_all(commits):
            outcome.unwrap()
        return COMMITS / (time.perf_counter() - begin)


def by_copy(database: Database) -> float:
    """COPY into a table of the same columns and keys; commits a second."""
    rows, table = _rows(), f"{database.table}_copied"
    with psycopg.connect(database.where, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} {UNSAFE_COLUMNS}".encode())
        text = f"COPY {table} ({', '.join(WRITTEN)}) FROM STDIN (FORMAT BINARY)".encode()
        begin = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(text) as copy:
            copy.set_types(KINDS)
            for row in rows:
                copy.write_row(row)
        return COMMITS / (time.perf_counter() - begin)


def by_many(database: Database) -> float:
    """SQLite's `executemany` of a plain insert, in one transaction; commits a second."""
    rows, table = _rows(), f"{database.table}_copied"
    with closing(sqlite3.connect(database.where, isolation_level=None)) as connection:
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {table} (checkpoint INTEGER PRIMARY KEY, {', '.join(WRITTEN)}, {KEYS})"
        )
        begin = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            f"INSERT INTO {table} ({', '.join(WRITTEN)}) VALUES ({', '.join('?' * len(WRITTEN))})",  # noqa: S608
            rows,
        )
        connection.execute("COMMIT")
        return COMMITS / (time.perf_counter() - begin)


def _case(engine: str, against: str, target: float | None, bare: Any) -> Case:
    @contextmanager
    def begin(places: Places) -> Generator[Sides]:
        ours, theirs = of(engine, places.where(engine)), of(engine, places.where(engine))
        yield Sides(partial(by_import, ours), partial(bare, theirs))

    return Case(name=f"{engine} import", against=against, begin=begin, target=target)


CASES = (
    _case("sqlite", "executemany of a plain insert, one transaction", None, by_many),
    _case("postgresql", "a bare COPY of the same rows", 0.6, by_copy),
)
