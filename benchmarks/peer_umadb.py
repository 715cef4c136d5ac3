"""What a client of UmaDB does: a script for an environment of its own. `python THIS CASE URL SECONDS`.

Each event is appended under the condition that its stream, a tag, has got no other since its last.
"""

import json
import sys
import threading
import time
from importlib import import_module
from typing import Any
from uuid import uuid4

COMMITS = 10_000
DATA = json.dumps({"text": "x" * 100, "urgent": False, "tags": []}).encode()

umadb: Any = import_module("umadb")


def _append(url: str, seconds: float) -> float:
    client, stream, position, count = umadb.Client(url), uuid4().hex, None, 0
    query = umadb.Query([umadb.QueryItem(tags=[stream])])
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        condition = umadb.AppendCondition(query, position)
        position = client.append([umadb.Event("noted", DATA, [stream])], condition)
        count += 1
    return count / (time.perf_counter() - begin)


def _append_by(threads: int, url: str, seconds: float) -> float:
    rates = [0.0] * threads

    def work(number: int) -> None:
        rates[number] = _append(url, seconds)

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    return sum(rates)


def _read(url: str) -> float:
    client, stream = umadb.Client(url), uuid4().hex
    for _ in range(COMMITS // 100):
        client.append([umadb.Event("noted", DATA, [stream])] * 100)
    query = umadb.Query([umadb.QueryItem(tags=[stream])])
    begin = time.perf_counter()
    found = [json.loads(each.event.data) for each in client.read(query)]
    return len(found) / (time.perf_counter() - begin)


if __name__ == "__main__":
    case, where, duration = sys.argv[1:]
    told = _read(where) if case == "read" else _append_by(int(case.split()[-1]), where, float(duration))
    print(told)  # noqa: T201  # its answer
