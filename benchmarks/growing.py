"""What must not grow: an append's cost with its stream, memory with what is read, the import with the library."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

from aett import DefaultAggregateRepository, Head, StateCache
from aett.testing.samples import START, TOPICS
from benchmarks.appending import NOTE, TENANT, Database, chain, of
from benchmarks.case import Case, Sides
from benchmarks.import_time import seconds
from benchmarks.places import Places
from benchmarks.reading import COUNT

LONG, SHORT, APPENDS = 100_000, 100, 300
EVENTS, OF_A_COMMIT = 1_000_000, 100
STREAMS = 20
BRIEF = 50

Heads = dict[str, Head]


def stream_of(store: Any, count: int, events: int = 1) -> Head:
    """A stream of so many commits; where it ends."""
    head = Head(TENANT, uuid4().hex)
    for outcome in store.commit_all(chain(count, events, head.stream_id)):
        head = Head.after(outcome.unwrap())
    return head


# The cost of an append


def _appends(database: Database, heads: Heads, which: str) -> float:
    """Seconds for an append, where a stream is as long as it is."""
    with database.made("CommitStore", topic_map=TOPICS) as store:
        head = heads[which]
        begin = time.perf_counter()
        for _ in range(APPENDS):
            head = Head.after(store.commit(head.commit(NOTE, commit_id=uuid4(), stamp=START)).unwrap())
        took = time.perf_counter() - begin
        heads[which] = head if which == "long" else stream_of(store, SHORT)
        return took / APPENDS


@contextmanager
def _of_a_long_stream(engine: str, places: Places) -> Generator[Sides]:
    database = of(engine, places.where(engine))
    with database.made("CommitStore", topic_map=TOPICS) as store:
        heads = {"long": stream_of(store, LONG), "short": stream_of(store, SHORT)}
    yield Sides(partial(_appends, database, heads, "long"), partial(_appends, database, heads, "short"))


# Memory


_READS = r"""
import re, sys
from pathlib import Path
from importlib import import_module
from aett import DefaultAggregateRepository
from aett.testing.samples import TOPICS
from benchmarks.reading import COUNT
where, table, tenant, stream, engine, what = sys.argv[1:]
def peak(): return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
with import_module(engine).CommitStore(where, topic_map=TOPICS, table=table) as store:
    repository = DefaultAggregateRepository(tenant, store=store)
    repository.get(COUNT, stream, max_revision=100).unwrap()
    next(store.get_from(tenant))
    begin = peak()
    if what == "load":
        repository.get(COUNT, stream).unwrap()
    else:
        for commit in store.get_from(tenant) if what == "log" else store.get(tenant, stream):
            commit.events
    print(peak() - begin)
"""


def _peak(database: Database, stream: str, what: str) -> float:
    """MiB above what a process takes that has read a little."""
    arguments = [database.where, database.table, TENANT, stream, database.engine.__name__, what]
    told = subprocess.run([sys.executable, "-c", _READS, *arguments], check=True, capture_output=True, text=True)  # noqa: S603  # ours
    return float(told.stdout)


@contextmanager
def _memory(engine: str, what: str, places: Places) -> Generator[Sides]:
    database = of(engine, places.where(engine))
    with database.made("CommitStore", topic_map=TOPICS) as store:
        head = stream_of(store, EVENTS // OF_A_COMMIT, OF_A_COMMIT)
    yield Sides(partial(_peak, database, head.stream_id, what), _one)


def _one() -> float:
    """There is nothing to compare with: a MiB, a millisecond."""
    return 1.0


# Import


def _import() -> float:
    """Milliseconds, less what Python takes."""
    return (seconds("import aett") - seconds("pass")) * 1000


@contextmanager
def _importing(_: Places) -> Generator[Sides]:
    yield Sides(_import, _one)


# Executing, with a cache of states and without


def _executes(database: Database, streams: list[str], cache: StateCache | None) -> float:
    """Commands a second, on streams that are as long as they are."""
    with database.made("CommitStore", topic_map=TOPICS) as store:
        repository = DefaultAggregateRepository(TENANT, store=store, cache=cache)
        for stream in streams:
            repository.get(COUNT, stream).unwrap()
        begin = time.perf_counter()
        for number in range(BRIEF):
            repository.execute(COUNT, streams[number % len(streams)], NOTE).unwrap()
        return BRIEF / (time.perf_counter() - begin)


@contextmanager
def _executing(engine: str, events: int, places: Places) -> Generator[Sides]:
    database = of(engine, places.where(engine))
    with database.made("CommitStore", topic_map=TOPICS) as store:
        streams = [stream_of(store, events).stream_id for _ in range(max(1, min(STREAMS, 20_000 // events)))]
    yield Sides(
        partial(_executes, database, streams, StateCache(1_000)), partial(_executes, database, streams, None)
    )


def _case(
    name: str,
    against: str,
    begin: Callable[[Places], AbstractContextManager[Sides]],
    target: float | None,
    *,
    less: bool = True,
) -> Case:
    return Case(name=name, against=against, begin=begin, target=target, lower_is_better=less)


CASES = (
    *(
        _case(
            f"{engine} append, {LONG:,} commits in the stream, cost",
            f"{SHORT} commits in the stream",
            partial(_of_a_long_stream, engine),
            1.2,
        )
        for engine in ("sqlite", "postgresql")
    ),
    *(
        _case(f"sqlite peak memory, {EVENTS:,} events, {what}, MiB", "1 MiB", partial(_memory, "sqlite", what), 64)
        for what in ("load", "stream", "log")
    ),
    _case("import aett, ms", "1 ms", _importing, 150),
    *(
        _case(
            f"{engine} execute with a cache, {events:,} events in the stream",
            "without",
            partial(_executing, engine, events),
            None,
            less=False,
        )
        for engine in ("sqlite", "postgresql")
        for events in (10, 100, 1_000, 10_000)
    ),
)
