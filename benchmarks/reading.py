"""Reading: beside the bare driver with the same query, page by page, its JSON parsed into dictionaries."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import msgspec
import psycopg

from aett import Aggregate, DefaultAggregateRepository, Impossible, Result, Success, accept
from aett.adapters.sql.rendering import pyformat
from aett.testing.samples import TOPICS, Noted
from benchmarks.appending import TENANT, Database, of, prepared
from benchmarks.case import Case, Sides
from benchmarks.places import Places

COMMITS, PAGE = 10_000, 500
LAST = 2**62


def _counted(state: int, event: Noted) -> Result[int, Impossible]:
    return Success(state + len(event.text))


COUNT = Aggregate[int, Noted, Noted, Any](
    name="count", initial=0, evolve=_counted, decide=lambda _, note: accept(note)
)

Rows = Callable[[str, dict[str, Any]], list[Any]]


def fill(database: Database) -> str:
    """One stream of so many commits; its id."""
    commits = prepared(COMMITS)
    text = database.statement
    with _connected(database) as rows:
        for each in commits:
            rows(text, each)
    return str(commits[0]["stream_id"])


@contextmanager
def _connected(database: Database) -> Generator[Rows]:
    """The bare driver."""
    if database.engine.__name__.endswith("sqlite"):
        with closing(sqlite3.connect(database.where, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            yield lambda text, parameters: connection.execute(text, parameters).fetchall()
    else:
        with psycopg.connect(database.where, autocommit=True) as connection:
            yield lambda text, parameters: connection.execute(pyformat(text).encode(), parameters).fetchall()


def by_get(database: Database, stream: str) -> float:
    """As commits, whose events are looked at; commits a second."""
    with database.made("CommitStore", topic_map=TOPICS, page_size=PAGE) as store:
        store.head(TENANT, "open")
        begin, count = time.perf_counter(), 0
        for commit in store.get(TENANT, stream):
            count += len(commit.events)
        return COMMITS / (time.perf_counter() - begin)


def by_load(database: Database, stream: str) -> float:
    """Folded; commits a second."""
    with database.made("CommitStore", topic_map=TOPICS, page_size=PAGE) as store:
        repository = DefaultAggregateRepository(TENANT, store=store)
        store.head(TENANT, "open")
        begin = time.perf_counter()
        repository.get(COUNT, stream).unwrap()
        return COMMITS / (time.perf_counter() - begin)


def bare(database: Database, stream: str, parsed: Callable[[bytes], Any]) -> float:
    """The same query; commits a second."""
    dialect: Any = import_module(f"{database.engine.__name__}.dialect")
    text = dialect.dialect(database.table).stream_page
    with _connected(database) as rows:
        rows("SELECT 1", {})
        begin, low = time.perf_counter(), 1
        while True:
            found = rows(
                text, {"tenant_id": TENANT, "stream_id": stream, "low": low, "high": LAST, "page_size": PAGE}
            )
            for row in found:
                for encoded in row[7:10]:
                    if encoded:
                        parsed(encoded)
            if len(found) < PAGE:
                return COMMITS / (time.perf_counter() - begin)
            low = found[-1][4] + 1


def _case(
    engine: str, what: str, target: float | None, aett: Any, parsed: Callable[[bytes], Any], by: str
) -> Case:
    @contextmanager
    def begin(places: Places) -> Generator[Sides]:
        database = of(engine, places.where(engine))
        stream = fill(database)
        yield Sides(partial(aett, database, stream), partial(bare, database, stream, parsed))

    return Case(name=f"{engine} {what}", against=f"same query, {by}", begin=begin, target=target)


CASES = tuple(
    _case(engine, what, target if by == "json" else None, aett, parsed, by)
    for engine in ("sqlite", "postgresql")
    for what, target, aett in (("read as Commit", 0.55, by_get), ("load", 0.85, by_load))
    for parsed, by in ((json.loads, "json"), (msgspec.json.decode, "msgspec"))
)
