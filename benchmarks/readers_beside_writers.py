"""What readers of the log cost its writers: appends a second beside a reader that polls, and without."""

# python -m benchmarks.readers_beside_writers postgresql://user@host/database
#
# 16 tasks append to streams of their own, for some seconds, by turns without a reader and with one in another
# process, which polls 50 times a second. Printed are the appends a second of each turn, and the ratio of the
# medians; absolute figures mean nothing on a shared machine. The tables are dropped afterwards.

from __future__ import annotations

import statistics
import sys
from functools import partial

from benchmarks.appending import a_reader, by_tasks, of

TASKS, TURNS = 16, 5


def main(url: str) -> None:
    """Turn by turn."""
    database = of(url.partition(":")[0], url)
    appended = partial(by_tasks, database, TASKS, pool_size=TASKS)
    appended()  # warm
    without, beside = list[float](), list[float]()
    for _ in range(TURNS):
        without.append(appended())
        with a_reader(database):
            beside.append(appended())
        print(f"without a reader {without[-1]:8.0f} a second, beside one {beside[-1]:8.0f}")  # noqa: T201
    with database.made("PersistenceManagement") as management:
        management.drop()
    print(f"ratio of the medians: {statistics.median(beside) / statistics.median(without):.2f}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
