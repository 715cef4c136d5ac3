"""Three processes run one follower, and are killed, or stopped for longer than their lease, at random."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from importlib import import_module
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from attrs import frozen

from aett import Followers, Handler, Head, Pace, Projection, Recorded, Runner
from aett.testing.profiles import chosen
from aett.testing.samples import START, TOPICS, Noted

KILLS = {"soak": 200}.get(chosen(), 12)
PACE = Pace(lease=0.4, batch=20, every=50, seconds=0.1, pause=0.01, longest_poll=0.05)
STREAMS = 5


def counted(state: dict[str, int], recorded: Recorded[Noted]) -> dict[str, int]:
    return {**state, recorded.stream_id: state.get(recorded.stream_id, 0) + recorded.revision}


PROJECTION = Projection[dict[str, int], Noted](
    name="sums", topics=Noted, initial={}, state=dict[str, int], project=counted
)


@frozen
class Where:
    """A database, and the tables in it."""

    engine: str
    url: str
    table: str

    def made(self, name: str, **settings: Any) -> Any:
        return getattr(import_module(self.engine), name)(self.url, table=self.table, **settings)

    def transaction(self) -> Any:
        return import_module(self.engine).transaction(self.url, table=self.table)

    def connected(self) -> Any:
        if self.engine.endswith("sqlite"):
            return closing(sqlite3.connect(self.url, timeout=30, isolation_level=None))
        return psycopg.connect(self.url, autocommit=True)

    @property
    def handler(self) -> Handler[Noted, Any]:
        return Handler[Noted, Any](name="seen", topics=Noted, handle=partial(handle, self.table))


def handle(table: str, batch: Sequence[Recorded[Noted]], tx: Any) -> None:
    """A row for each event; nothing but the follower keeps a second one away."""
    for each in batch:
        tx.connection.execute(f"INSERT INTO {table}_seen VALUES ('{each.stream_id}', {each.revision})")


def work(where: Where) -> None:
    """What each process does until it is killed."""
    with where.made("CommitStore", topic_map=TOPICS) as store, where.made("RegisterStore") as registers:
        runner = Runner(
            where.handler,
            PROJECTION,
            tenants=["t"],
            store=store,
            registers=registers,
            begin=where.transaction,
            pace=PACE,
            workers=2,
        )
        runner.run()


class Crew:
    """Three processes that run the follower."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._context = multiprocessing.get_context("forkserver")  # they need not import what it has imported
        self._chance = random.Random(7)  # noqa: S311  # no secret
        self.processes = [self._begun() for _ in range(3)]

    def _begun(self) -> BaseProcess:
        process = self._context.Process(target=work, args=(self._where,))
        process.start()
        return process

    def disturb(self) -> None:
        """Kill one and begin another, or stop one until its lease is over."""
        number = self._chance.randrange(3)
        process = self.processes[number]
        if process.pid is None:
            return
        if self._chance.randrange(3):
            process.kill()
            process.join()
            self.processes[number] = self._begun()
        else:
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(2 * PACE.lease)
            os.kill(process.pid, signal.SIGCONT)

    def end(self) -> None:
        """Tell them to stop; they do."""
        for each in self.processes:
            each.terminate()
        for each in self.processes:
            each.join(30)
            # One that has only just been begun does not know of signals yet, and holds nothing.
            assert each.exitcode in {0, -signal.SIGTERM}, "it did not stop in order"


def write_until(over: threading.Event, where: Where) -> None:
    heads = {f"s{number}": Head("t", f"s{number}") for number in range(STREAMS)}
    chance = random.Random(8)  # noqa: S311  # no secret
    with where.made("CommitStore", topic_map=TOPICS) as store:
        while not over.is_set():
            stream = chance.choice(list(heads))
            events = [Noted("x")] * chance.randrange(1, 4)
            commit = heads[stream].commit(*events, commit_id=uuid4(), stamp=START)
            heads[stream] = Head.after(store.commit(commit).unwrap())
            time.sleep(0.004)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Where]:
    in_a_file = request.param == "sqlite"
    url = str(tmp_path / "events.db") if in_a_file else request.getfixturevalue("postgresql_url")
    where = Where(f"aett.adapters.{request.param}", url, f"t{uuid4().hex}")
    with where.made("PersistenceManagement") as management:
        management.initialize()
        with where.connected() as connection:
            connection.execute(f"CREATE TABLE {where.table}_seen (stream VARCHAR(9), revision INT)")
        yield where
        with where.connected() as connection:
            connection.execute(f"DROP TABLE {where.table}_seen")
        management.drop()


def test_whatever_is_killed_and_stopped_everything_is_done_once(where: Where) -> None:
    crew, over = Crew(where), threading.Event()
    writer = threading.Thread(target=write_until, args=(over, where))
    writer.start()
    try:
        for _ in range(KILLS):
            time.sleep(0.3)
            crew.disturb()
    finally:
        over.set()
        writer.join()
    with where.made("CommitStore", topic_map=TOPICS) as store, where.made("RegisterStore") as registers:
        followers = Followers("t", store=store, registers=registers)
        newest = store.tail("t").newest
        try:
            followers.wait_for(where.handler, newest, timeout=60)
            followers.wait_for(PROJECTION, newest, timeout=60)
        finally:
            crew.end()
        assert followers.lag(where.handler).stop is None
        assert followers.lag(where.handler).holder == "", "it was not let go"
        wanted = [(each.stream_id, each.stream_revision) for each in store.get_from("t")]
        state = followers.state(PROJECTION).state
    tops: dict[str, int] = {}
    for stream, revision in wanted:
        tops[stream] = max(tops.get(stream, 0), revision)
    with where.connected() as connection:
        rows = sorted(connection.execute(f"SELECT stream, revision FROM {where.table}_seen").fetchall())
    assert rows == [(stream, number) for stream in sorted(tops) for number in range(1, tops[stream] + 1)]
    assert state == {stream: top * (top + 1) // 2 for stream, top in tops.items()}
