"""Appending: beside the bare driver with the same statement, and beside a plain insert that keeps no law."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import Any, TypeVar
from uuid import uuid4

import aiosqlite
from attrs import frozen

from aett import Commit, Head
from aett.adapters.sql.rendering import numbered, pyformat
from aett.adapters.store.record import WRITTEN, Recorder
from aett.testing.samples import START, TOPICS, Noted
from benchmarks.case import Case, Sides
from benchmarks.places import Places

T = TypeVar("T")

SECONDS = 1.5
TENANT = "benchmark"
NOTE = Noted("x" * 100)
HERTZ = 50

KEYS = ", ".join(
    f"UNIQUE (tenant_id, stream_id, {name})" for name in ("commit_sequence", "stream_revision", "commit_id")
)

Parameters = dict[str, Any]


@frozen
class Database:
    """Where one side writes: an engine, and tables that it has for itself."""

    engine: Any
    where: Any
    table: str = "commits"

    def made(self, name: str, **settings: Any) -> Any:
        """A store."""
        return getattr(self.engine, name)(self.where, table=self.table, **settings)

    @property
    def statement(self) -> str:
        """The engine's own, with which aett appends."""
        dialect: Any = import_module(f"{self.engine.__name__}.dialect")
        return str(dialect.dialect(self.table).append)


def of(engine: str, where: Any) -> Database:
    """A place with empty tables."""
    made = Database(import_module(f"aett.adapters.{engine}"), where, f"t{uuid4().hex[:8]}")
    with made.made("PersistenceManagement") as management:
        management.initialize()
    return made


def prepared(count: int, events: int = 1) -> list[Parameters]:
    """What is sent for so many commits of one stream, encoded already."""
    head = Head(TENANT, uuid4().hex)
    encoded = Recorder(TOPICS).record(head.commit(*[NOTE] * events, commit_id=uuid4(), stamp=START))._asdict()
    return [
        encoded
        | {
            "commit_id": uuid4().bytes,
            "commit_sequence": number + 1,
            "first_revision": number * events + 1,
            "stream_revision": (number + 1) * events,
            "previous_sequence": number,
            "previous_revision": number * events,
        }
        for number in range(count)
    ]


def chain(count: int, events: int = 1, stream: str | None = None) -> Iterator[Commit]:
    """So many commits of one stream, of which nothing is there."""
    head = Head(TENANT, stream or uuid4().hex)
    for _ in range(count):
        commit = head.commit(*[NOTE] * events, commit_id=uuid4(), stamp=START)
        head = Head.after(commit)
        yield commit


UNSAFE_COLUMNS = (
    '(checkpoint bigserial PRIMARY KEY, tenant_id text COLLATE "C", stream_id text COLLATE "C",'
    " commit_sequence bigint, first_revision bigint, stream_revision bigint, commit_id bytea, commit_stamp bigint,"
    f" headers bytea, events bytea, commands bytea, {KEYS})"
)
"""PostgreSQL's, of a table that is numbered by a plain sequence."""


# Aett


def by_one(database: Database, events: int = 1, **settings: Any) -> float:
    """One writer; commits a second."""
    with database.made("CommitStore", topic_map=TOPICS, **settings) as store:
        head = Head(TENANT, uuid4().hex)
        store.head(TENANT, "open")

        def write(_: object) -> None:
            nonlocal head
            commit = head.commit(*[NOTE] * events, commit_id=uuid4(), stamp=START)
            head = Head.after(store.commit(commit).unwrap())

        return _each(range(1_000_000), write)


def by_threads(database: Database, threads: int, **settings: Any) -> float:
    """Each its own stream; commits a second."""
    counts = [0] * threads
    with database.made("CommitStore", topic_map=TOPICS, **settings) as store:
        end = time.perf_counter() + SECONDS

        def write(number: int) -> None:
            head = Head(TENANT, uuid4().hex)
            while time.perf_counter() < end:
                commit = head.commit(NOTE, commit_id=uuid4(), stamp=START)
                head = Head.after(store.commit(commit).unwrap())
                counts[number] += 1

        return _in_threads(write, threads, counts)


def by_tasks(database: Database, tasks: int, latencies: list[float] | None = None, **settings: Any) -> float:
    """Each its own stream; commits a second. latencies: how long each took, in seconds, is added here."""

    async def main() -> float:
        async with database.made("AsyncCommitStore", topic_map=TOPICS, **settings) as store:
            await store.head(TENANT, "open")

            async def write() -> int:
                head, count = Head(TENANT, uuid4().hex), 0
                while time.perf_counter() < end:
                    commit = head.commit(NOTE, commit_id=uuid4(), stamp=START)
                    begin = time.perf_counter()
                    head = Head.after((await store.commit(commit)).unwrap())
                    if latencies is not None:
                        latencies.append(time.perf_counter() - begin)
                    count += 1
                return count

            end = time.perf_counter() + SECONDS
            return await _in_tasks(write, tasks)

    return asyncio.run(main())


def _in_threads(write: Callable[[int], None], threads: int, counts: list[int]) -> float:
    begin = time.perf_counter()
    running = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return sum(counts) / (time.perf_counter() - begin)


async def _in_tasks(write: Callable[[], Awaitable[int]], tasks: int) -> float:
    begin = time.perf_counter()
    counts = await asyncio.gather(*(write() for _ in range(tasks)))
    return sum(counts) / (time.perf_counter() - begin)


# SQLite's driver


def _sqlite(database: Database, synchronous: str = "FULL") -> sqlite3.Connection:
    connection = sqlite3.connect(database.where, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def sqlite_by_one(database: Database, events: int = 1, synchronous: str = "FULL") -> float:
    """The same statement, its parameters encoded before."""
    text, commits = database.statement, prepared(int(30_000 * SECONDS) // events, events)
    connection = _sqlite(database, synchronous)
    rate = _each(commits, lambda given: connection.execute(text, given).fetchall())
    connection.close()
    return rate


def _each(given: Sequence[T], write: Callable[[T], object]) -> float:
    """What one writer does in a second, until the time is over or nothing is left."""
    count, begin, passed = 0, time.perf_counter(), 0.0
    for count, each in enumerate(given, 1):  # noqa: B007  # how many there were
        write(each)
        if (passed := time.perf_counter() - begin) > SECONDS:
            break
    return count / passed


def sqlite_by_threads(database: Database, threads: int) -> float:
    """Each its own stream and transaction, one after the other: SQLite has one writer."""
    text, counts, turn = database.statement, [0] * threads, threading.Lock()
    commits = [iter(prepared(2_000)) for _ in range(threads)]
    connection = _sqlite(database)
    end = time.perf_counter() + SECONDS

    def write(number: int) -> None:
        while time.perf_counter() < end:
            with turn:
                connection.execute(text, next(commits[number])).fetchall()
            counts[number] += 1

    rate = _in_threads(write, threads, counts)
    connection.close()
    return rate


def sqlite_by_tasks(database: Database, tasks: int) -> float:
    """Each its own stream and transaction."""

    async def main() -> float:
        text = database.statement
        async with aiosqlite.connect(database.where, isolation_level=None) as connection:
            await connection.execute("PRAGMA synchronous = FULL")

            async def write() -> int:
                count, commits = 0, iter(prepared(10_000 // tasks))
                while time.perf_counter() < end:
                    await connection.execute_fetchall(text, next(commits))
                    count += 1
                return count

            end = time.perf_counter() + SECONDS
            return await _in_tasks(write, tasks)

    return asyncio.run(main())


# PostgreSQL's and MariaDB's drivers. What is unsafe is a plain sequence: readers miss what is committed later than
# what was numbered later.


def postgresql_by_one(database: Database) -> float:
    """The same statement, its parameters encoded before."""
    import psycopg  # noqa: PLC0415

    text, commits = pyformat(database.statement).encode(), prepared(int(10_000 * SECONDS))
    with psycopg.connect(database.where, autocommit=True) as connection:
        return _each(commits, lambda given: connection.execute(text, given).fetchall())


def postgresql_by_one_task(database: Database) -> float:
    """The same, awaited."""
    import asyncpg  # noqa: PLC0415

    text, names = numbered(database.statement)

    async def main() -> float:
        connection: Any = await asyncpg.connect(database.where)
        commits, count = iter(prepared(int(10_000 * SECONDS))), 0
        begin = time.perf_counter()
        while (passed := time.perf_counter() - begin) < SECONDS:
            given = next(commits)
            await connection.fetch(text, *(given[name] for name in names))
            count += 1
        await connection.close()
        return count / passed

    return asyncio.run(main())


def postgresql_unsafe(database: Database, tasks: int) -> float:
    """A plain insert for each commit, in a transaction of its own, by a pool of so many connections."""
    import asyncpg  # noqa: PLC0415

    table, columns = f"{database.table}_unsafe", ", ".join(WRITTEN)

    async def main() -> float:
        pool: Any = await asyncpg.create_pool(database.where, min_size=tasks, max_size=tasks)
        await pool.execute(f"CREATE TABLE IF NOT EXISTS {table} {UNSAFE_COLUMNS}")
        values = ", ".join(f"${number}" for number, _ in enumerate(WRITTEN, 1))
        text = f"INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING checkpoint"  # noqa: S608

        async def write() -> int:
            count, commits = 0, iter(prepared(40_000 // tasks))
            while time.perf_counter() < end:
                given = next(commits)
                await pool.fetchval(text, *(given[name] for name in WRITTEN))
                count += 1
            return count

        end = time.perf_counter() + SECONDS
        rate = await _in_tasks(write, tasks)
        await pool.close()
        return rate

    return asyncio.run(main())


def mysql_unsafe(database: Database, tasks: int) -> float:
    """A plain insert for each commit, in a transaction of its own, by a pool of so many connections."""
    import aiomysql  # noqa: PLC0415
    from sqlalchemy.engine import make_url  # noqa: PLC0415

    url, table, columns = make_url(database.where), f"{database.table}_unsafe", ", ".join(WRITTEN)

    async def main() -> float:
        create_pool: Any = getattr(aiomysql, "create_pool")  # noqa: B009  # its type is partly unknown
        pool = await create_pool(
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password or "",
            db=url.database,
            autocommit=True,
            minsize=tasks,
            maxsize=tasks,
        )
        async with pool.acquire() as connection, connection.cursor() as cursor:
            await cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (checkpoint bigint AUTO_INCREMENT PRIMARY KEY,"
                " tenant_id varbinary(64), stream_id varbinary(255), commit_sequence bigint,"
                " first_revision bigint, stream_revision bigint, commit_id binary(16), commit_stamp bigint,"
                f" headers longblob, events longblob, commands longblob, {KEYS})"
            )
        values = ", ".join(["%s"] * len(WRITTEN))
        text = f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608

        async def write() -> int:
            count, commits = 0, iter(prepared(40_000 // tasks))
            while time.perf_counter() < end:
                given = next(commits)
                async with pool.acquire() as connection, connection.cursor() as cursor:
                    await cursor.execute(text, [given[name] for name in WRITTEN])
                count += 1
            return count

        end = time.perf_counter() + SECONDS
        rate = await _in_tasks(write, tasks)
        pool.close()
        await pool.wait_closed()
        return rate

    return asyncio.run(main())


# A reader beside the writers


def _read(engine: str, where: str, table: str, ready: Event, over: Event) -> None:
    position, database = 0, Database(import_module(engine), where, table)
    with database.made("CommitStore", topic_map=TOPICS) as store:
        position = store.tail(TENANT).settled
        while not over.is_set():
            for commit in store.get_from(TENANT, position):
                position = commit.checkpoint or position
            ready.set()
            time.sleep(1 / HERTZ)


@contextmanager
def a_reader(database: Database) -> Generator[None]:
    """Somebody in another process follows the log, 50 times a second."""
    context = get_context("spawn")
    ready, over = context.Event(), context.Event()
    reader = context.Process(
        target=_read, args=(database.engine.__name__, database.where, database.table, ready, over)
    )
    reader.start()
    ready.wait(60)
    try:
        yield
    finally:
        over.set()
        reader.join()


# Cases

Side = Callable[[Database], float]


def _case(
    engine: str, what: str, against: str, target: float, aett: Side, bare: Side, *, read: bool = False
) -> Case:
    @contextmanager
    def begin(places: Places) -> Generator[Sides]:
        ours, theirs = of(engine, places.where(engine)), of(engine, places.where(engine))

        def beside() -> float:
            with a_reader(ours):
                return aett(ours)

        yield Sides(beside if read else partial(aett, ours), partial(bare, theirs))

    return Case(name=f"{engine} append, {what}", against=against, begin=begin, target=target)


_SAME, _ALONE = "bare driver, same statement", "bare driver, a transaction each"
_UNSAFE = "plain insert by a sequence"

CASES = (
    _case("sqlite", "FULL, sync", _SAME, 0.9, by_one, sqlite_by_one),
    _case("sqlite", "FULL, async", _SAME, 0.9, partial(by_tasks, tasks=1), partial(sqlite_by_tasks, tasks=1)),
    _case(
        "sqlite",
        "NORMAL, sync",
        _SAME,
        0.65,
        partial(by_one, synchronous="NORMAL"),
        partial(sqlite_by_one, synchronous="NORMAL"),
    ),
    _case("sqlite", "100 events", _SAME, 0.65, partial(by_one, events=100), partial(sqlite_by_one, events=100)),
    _case(
        "sqlite", "16 threads", _ALONE, 5, partial(by_threads, threads=16), partial(sqlite_by_threads, threads=16)
    ),
    _case("sqlite", "64 tasks", _ALONE, 5, partial(by_tasks, tasks=64), partial(sqlite_by_tasks, tasks=64)),
    _case("postgresql", "1 client, sync", _SAME, 0.9, by_one, postgresql_by_one),
    _case("postgresql", "1 client, async", _SAME, 0.9, partial(by_tasks, tasks=1), postgresql_by_one_task),
    *(
        _case(
            engine,
            f"{tasks} tasks, a reader",
            _UNSAFE,
            target,
            partial(by_tasks, tasks=tasks),
            partial(unsafe, tasks=tasks),
            read=True,
        )
        for engine, unsafe, targets in (
            ("postgresql", postgresql_unsafe, {16: 1.5, 128: 5}),
            ("mysql", mysql_unsafe, {16: 1.2, 128: 4}),
        )
        for tasks, target in targets.items()
    ),
)
