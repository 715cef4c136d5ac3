"""Programs that end loops and processes with a store in use: `python leaving.py PROGRAM ENGINE URL ARGUMENTS`.

ARGUMENTS: what else the engine's classes take, as JSON. Each says `done` in the end.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from functools import partial
from importlib import import_module
from typing import Any
from uuid import uuid4

from aett import Head
from aett.testing.laws.making import make, notes
from aett.testing.samples import TOPICS

SECONDS = 30


def commit(number: int) -> Any:
    """A commit of a stream of its own."""
    return make(Head("leaving", f"{number} {uuid4()}"), *notes("here"), commit_id=uuid4())


def waited(child: int) -> None:
    """Until the child has ended well."""
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status


def forks(stores: Any) -> None:
    """The child inherits the store, commits through it, and ends as programs end; then its parent goes on."""
    store = stores.CommitStore()
    store.commit(commit(1)).unwrap()
    if (child := os.fork()) == 0:
        store.commit(commit(2)).unwrap()
        gc.collect()
        sys.exit(0)
    waited(child)
    store.commit(commit(3)).unwrap()
    store.close()


def forks_awaiting(stores: Any) -> None:
    """The same; the child has a loop of its own."""
    store = stores.AsyncCommitStore()
    loop = asyncio.new_event_loop()

    def here(number: int) -> None:
        loop.run_until_complete(asyncio.wait_for(store.commit(commit(number)), SECONDS)).unwrap()

    async def there() -> None:
        (await store.commit(commit(2))).unwrap()

    here(1)
    for _ in range(2):
        if (child := os.fork()) == 0:
            asyncio.run(there())
            gc.collect()
            sys.exit(0)
        waited(child)
        here(3)
    loop.run_until_complete(store.close())
    loop.close()


def ends_loops(stores: Any) -> None:
    """Runs one loop after another with one store, and closes it in none of them."""
    store = stores.AsyncCommitStore()

    async def use() -> None:
        (await store.commit(commit(0))).unwrap()

    for _ in range(3):
        asyncio.run(use())


def closes_loops(stores: Any, loops: int) -> None:
    """Closes one loop after another, without an orderly end, with one store, which it closes in the last."""
    store = stores.AsyncCommitStore()
    for number in range(loops):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(store.commit(commit(number))).unwrap()
        loop.close()
    asyncio.run(store.close())


PROGRAMS: dict[str, Any] = {
    "forks": forks,
    "forks awaiting": forks_awaiting,
    "ends loops": ends_loops,
    "closes 5 loops": partial(closes_loops, loops=5),
    "closes 200 loops": partial(closes_loops, loops=200),
}


class Stores:
    """The engine's classes, at one place."""

    def __init__(self, engine: str, url: str, arguments: str) -> None:
        self.engine, self.url, self.arguments = engine, url, json.loads(arguments)

    def __getattr__(self, name: str) -> Any:
        return partial(getattr(import_module(self.engine), name), self.url, topic_map=TOPICS, **self.arguments)


if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](Stores(*sys.argv[2:]))
    sys.stdout.write("done\n")
