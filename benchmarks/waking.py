"""How soon a handler in another process has what was committed, with bells and by polling."""

# python -m benchmarks.waking postgresql://user@host/database
#
# One process commits, now and then; another runs a handler, which tells when it was reached. Printed are median
# and 99th percentile of the milliseconds between the beginning of the commit and the handler, once with `bells`
# and once without. Then 16 tasks append as fast as they can, by turns with and without, and the ratio of the
# medians is printed: what bells cost the writers. Absolute figures mean nothing on a shared machine.

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from multiprocessing.synchronize import Event
from typing import Any
from uuid import uuid4

from aett import Handler, Head, Pace, Recorded, Runner
from aett.adapters import postgresql
from aett.adapters.postgresql import CommitStore, PersistenceManagement, RegisterStore, bells, transaction
from aett.testing.samples import START, TOPICS, Noted
from benchmarks.appending import TENANT, Database, by_tasks
from benchmarks.readers_beside_writers import TASKS

COMMITS, TURNS = 200, 3


def rung(url: str, *, with_bells: bool) -> AbstractContextManager[Any]:
    """Bells, or none."""
    return bells(url) if with_bells else nullcontext()


def follow(url: str, table: str, ready: Event, over: Event, times: Any, *, with_bells: bool) -> None:
    """The other process."""

    def handle(batch: Any, tx: Any) -> None:
        del tx
        now = time.time()
        each: Recorded[Noted]
        for each in batch:
            times.append(now - float(each.event.text))

    handler = Handler[Noted, Any](name=f"h{uuid4().hex}", topics=Noted, handle=handle)
    with (
        CommitStore(url, topic_map=TOPICS, table=table) as store,
        RegisterStore(url, table=table) as registers,
        rung(url, with_bells=with_bells),
        Runner(
            handler,
            tenants=[TENANT],
            store=store,
            registers=registers,
            begin=lambda: transaction(url, table=table),
            pace=Pace(batch=5000),
        ),
    ):
        time.sleep(1.0)
        del times[:]
        ready.set()
        over.wait(600)


def waking(url: str, table: str, *, with_bells: bool) -> list[float]:
    """Milliseconds from the commit to the handler."""
    context = multiprocessing.get_context("spawn")
    with multiprocessing.Manager() as manager:
        times: Any = manager.list()
        ready, over = context.Event(), context.Event()
        process = context.Process(
            target=follow, args=(url, table, ready, over, times), kwargs={"with_bells": with_bells}
        )
        process.start()
        ready.wait(60)
        with CommitStore(url, topic_map=TOPICS, table=table) as store, rung(url, with_bells=with_bells):
            head = Head(TENANT, str(uuid4()))
            for number in range(COMMITS):
                commit = head.commit(Noted(f"{time.time()!r}"), commit_id=uuid4(), stamp=START)
                head = Head.after(store.commit(commit).unwrap())
                time.sleep(0.02 + number % 10 / 20)  # so that it rests for shorter and for longer
        time.sleep(2.0)
        over.set()
        process.join()
        return sorted(each * 1000 for each in times)


def main(url: str) -> None:
    """Turn by turn."""
    table = f"benchmark_{uuid4().hex[:8]}"
    with PersistenceManagement(url, table=table) as management:
        management.initialize()
        for with_bells in (True, False):
            found = waking(url, table, with_bells=with_bells)
            how = "with bells" if with_bells else "by polling"
            percentile = found[int(len(found) * 0.99)]
            print(f"{how}: median {statistics.median(found):.1f} ms, 99th percentile {percentile:.1f} ms")  # noqa: T201
        results: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(TURNS):
            for with_bells, each in results.items():
                with rung(url, with_bells=with_bells):
                    each.append(by_tasks(Database(postgresql, url, table), TASKS, pool_size=TASKS))
        ratio = statistics.median(results[True]) / statistics.median(results[False])
        print(f"16 writers with bells, of what they do without: {ratio:.2f}")  # noqa: T201
        management.drop()


if __name__ == "__main__":
    main(sys.argv[1])
