"""What following costs beside reading and decoding alone, and what partitions cost."""

# python -m benchmarks.following [URL]
#
# A log of 100,000 events, five to a commit, on SQLite in a temporary file, or on the database of the URL
# (postgresql://user@host/database). By turns: it is read and decoded, a projection catches up with it, a handler
# that inserts a row for each event does, with one partition, with eight, and with eight in two processes, and a
# reactor. Printed are the events a second of each turn, and the ratios of the medians; absolute figures mean
# nothing on a shared machine. The tables are dropped afterwards.

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from psycopg_pool import ConnectionPool

from aett import Followers, Handler, Head, Pace, Projection, Reactor, Recorded, Runner
from aett.testing.samples import START, TOPICS, Noted

EVENTS, EACH, STREAMS, TURNS = 100_000, 5, 100, 5
TENANT, ROWS, PAGE = "benchmark", "benchmark_rows", 1000
PACE = Pace(batch=PAGE, every=EVENTS)


def counted(state: int, recorded: Recorded[Noted]) -> int:
    """A state that costs nothing."""
    del recorded
    return state + 1


def inserted(batch: Sequence[Recorded[Noted]], tx: Any) -> None:
    """A row for each event."""
    for each in batch:
        tx.connection.execute(f"INSERT INTO {ROWS} VALUES ('{each.stream_id}', {each.revision})")  # noqa: S608


SHARED = Handler[Noted, Any](name="shared", topics=Noted, handle=inserted, partitions=8)


class Place:
    """A database with the log."""

    def __init__(self, url: str, *, made: bool = False) -> None:
        self.engine: Any = import_module(f"aett.adapters.{url.partition(':')[0] if '://' in url else 'sqlite'}")
        self.url = url
        self.pool = ConnectionPool(url, min_size=4, open=True) if url.startswith("postgresql:") else url
        self.management = self.engine.PersistenceManagement(url)
        if made:
            return
        self.management.initialize()
        self.management.purge(TENANT)
        with self.engine.transaction(url) as tx:
            tx.connection.execute(f"CREATE TABLE {ROWS} (stream VARCHAR(9), revision INT)")

    def store(self) -> Any:
        """A commit store with large pages."""
        return self.engine.CommitStore(self.url, topic_map=TOPICS, page_size=PAGE)

    def fill(self) -> int:
        """Write the log; its last checkpoint."""
        checkpoint = 0
        with self.store() as store:
            heads = [Head(TENANT, f"s{number}") for number in range(STREAMS)]
            for number in range(EVENTS // EACH):
                head = heads[number % STREAMS]
                commit = head.commit(*[Noted("x" * 50)] * EACH, commit_id=uuid4(), stamp=START)
                stored = store.commit(commit).unwrap()
                heads[number % STREAMS] = Head.after(stored)
                checkpoint = stored.checkpoint
        return checkpoint

    def read(self) -> None:
        """Read and decode everything."""
        with self.store() as store:
            for _ in store.get_from(TENANT, topics=TOPICS):
                pass

    def shared(self, upto: int) -> float:
        """Catch up with it in two processes; events a second from when both are ready."""
        context = multiprocessing.get_context("spawn")
        ready, go = context.Semaphore(0), context.Event()
        processes = [context.Process(target=work, args=(self.url, ready, go)) for _ in range(2)]
        for each in processes:
            each.start()
        for _ in processes:
            ready.acquire()
        with self.store() as store, self.engine.RegisterStore(self.url) as registers:
            followers = Followers(TENANT, store=store, registers=registers)
            begin = time.perf_counter()
            go.set()
            followers.wait_for(SHARED, upto, timeout=600)
            rate = EVENTS / (time.perf_counter() - begin)
            for each in processes:
                each.terminate()
                each.join()
            followers.remove(SHARED)
        with self.engine.transaction(self.url) as tx:
            tx.connection.execute(f"DELETE FROM {ROWS}")  # noqa: S608  # ours
        return rate

    def followed(self, follower: Any, upto: int) -> None:
        """Catch up with it."""
        with self.store() as store, self.engine.RegisterStore(self.url) as registers:
            followers = Followers(TENANT, store=store, registers=registers)
            with Runner(
                follower,
                tenants=[TENANT],
                store=store,
                registers=registers,
                begin=lambda: self.engine.transaction(self.pool),
                pace=PACE,
            ) as runner:
                while min(each.checkpoint for each in runner.status()) < upto:
                    time.sleep(0.002)
            followers.remove(follower)
        with self.engine.transaction(self.url) as tx:
            tx.connection.execute(f"DELETE FROM {ROWS}")  # noqa: S608  # ours


def work(url: str, ready: Any, go: Any) -> None:
    """A process that runs the follower until it is told to stop."""
    place = Place(url, made=True)
    with place.store() as store, place.engine.RegisterStore(url) as registers:
        ready.release()
        go.wait()
        Runner(
            SHARED,
            tenants=[TENANT],
            store=store,
            registers=registers,
            begin=lambda: place.engine.transaction(place.pool),
            pace=PACE,
            workers=2,
        ).run()


def measured(action: Callable[[], None]) -> float:
    """Events a second."""
    begin = time.perf_counter()
    action()
    return EVENTS / (time.perf_counter() - begin)


def main(url: str) -> None:
    """Turn by turn."""
    place = Place(url)
    last = place.fill()
    handler = partial(Handler[Noted, Any], topics=Noted, handle=inserted)
    projection = Projection[int, Noted](name="count", topics=Noted, initial=0, project=counted)
    reactor = Reactor[Noted](name="reactor", topics=Noted, react=lambda _: None)
    actions: dict[str, Callable[[], None]] = {
        "reading": place.read,
        "projection": lambda: place.followed(projection, last),
        "handler": lambda: place.followed(handler(name="one"), last),
        "8 partitions": lambda: place.followed(handler(name="eight", partitions=8), last),
        "reactor": lambda: place.followed(reactor, last),
    }
    results: dict[str, list[float]] = {name: [] for name in actions}
    results["8 in 2 processes"] = []
    for _ in range(TURNS):
        for name, action in actions.items():
            results[name].append(measured(action))
        results["8 in 2 processes"].append(place.shared(last))
        print(", ".join(f"{name} {each[-1]:8.0f}" for name, each in results.items()))  # noqa: T201
    medians = {name: statistics.median(each) for name, each in results.items()}
    for name in ("projection", "handler", "reactor"):
        print(f"{name} / reading: {medians[name] / medians['reading']:.2f}")  # noqa: T201
    for name in ("8 partitions", "8 in 2 processes"):
        print(f"{name} / handler: {medians[name] / medians['handler']:.2f}")  # noqa: T201
    with place.engine.transaction(url) as tx:
        tx.connection.execute(f"DROP TABLE {ROWS}")
    place.management.purge(TENANT)
    place.management.close()
    if isinstance(place.pool, ConnectionPool):
        place.pool.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(str(Path(folder) / "benchmark.db"))
