"""What readers of the log cost its writers: appends a second beside a reader that polls, and without."""

# python benchmarks/readers_beside_writers.py postgresql://user@host/database
#
# 16 tasks append to streams of their own, for some seconds, by turns without a reader and with one in another
# process, which polls 50 times a second. Printed are the appends a second of each turn, and the ratio of the
# medians; absolute figures mean nothing on a shared machine. The tables are dropped afterwards.

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import time
from importlib import import_module
from multiprocessing.synchronize import Event
from typing import Any
from uuid import uuid4

from aett import Head
from aett.testing.samples import START, TOPICS, Noted

TASKS, SECONDS, TURNS, HERTZ = 16, 3.0, 5, 50
TENANT = "benchmark"


def engine_of(url: str) -> Any:
    """The package that a URL belongs to."""
    return import_module(f"aett.adapters.{url.partition(':')[0]}")


def read(url: str, table: str, ready: Event, over: Event) -> None:
    """Follow the log until it is over."""
    position = 0
    with engine_of(url).CommitStore(url, topic_map=TOPICS, table=table) as store:
        while not over.is_set():
            for commit in store.get_from(TENANT, position):
                position = commit.checkpoint
            ready.set()
            time.sleep(1 / HERTZ)


async def appended(url: str, table: str) -> float:
    """Appends a second."""
    end, count = time.perf_counter() + SECONDS, 0
    async with engine_of(url).AsyncCommitStore(url, topic_map=TOPICS, table=table, pool_size=TASKS) as store:

        async def write() -> None:
            nonlocal count
            head = Head(TENANT, str(uuid4()))
            while time.perf_counter() < end:
                commit = head.commit(Noted("x"), commit_id=uuid4(), stamp=START)
                head = Head.after((await store.commit(commit)).unwrap())
                count += 1

        begin = time.perf_counter()
        await asyncio.gather(*(write() for _ in range(TASKS)))
        return count / (time.perf_counter() - begin)


def beside_a_reader(url: str, table: str) -> float:
    """The same while somebody reads."""
    context = multiprocessing.get_context("spawn")
    ready, over = context.Event(), context.Event()
    reader = context.Process(target=read, args=(url, table, ready, over))
    reader.start()
    ready.wait(60)
    try:
        return asyncio.run(appended(url, table))
    finally:
        over.set()
        reader.join()


def main(url: str) -> None:
    """Turn by turn."""
    table = f"benchmark_{uuid4().hex[:8]}"
    with engine_of(url).PersistenceManagement(url, table=table) as management:
        management.initialize()
        asyncio.run(appended(url, table))  # warm
        without, beside = list[float](), list[float]()
        for _ in range(TURNS):
            without.append(asyncio.run(appended(url, table)))
            beside.append(beside_a_reader(url, table))
            print(f"without a reader {without[-1]:8.0f} a second, beside one {beside[-1]:8.0f}")  # noqa: T201
        management.drop()
    print(f"ratio of the medians: {statistics.median(beside) / statistics.median(without):.2f}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
