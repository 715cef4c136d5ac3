"""A program that forks with a store in use: `python forking.py ENGINE URL FACE`. It says `done` in the end.

The child inherits the store in use, commits through it, and ends as programs end, so that what it inherited
would be finalized. Then the parent commits again, in the loop that it had.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from importlib import import_module
from typing import Any
from uuid import uuid4

from aett import Head
from aett.testing.laws.making import make, notes
from aett.testing.samples import TOPICS

SECONDS = 30


def commit(number: int) -> Any:
    """A commit of a stream of its own."""
    return make(Head("forking", f"{number} {uuid4()}"), *notes("here"), commit_id=uuid4())


def waited(child: int) -> None:
    """Until the child has ended well."""
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status


def blocking(store: Any) -> None:
    """With the sync face."""
    store.commit(commit(1)).unwrap()
    if (child := os.fork()) == 0:
        store.commit(commit(2)).unwrap()
        gc.collect()
        sys.exit(0)
    waited(child)
    store.commit(commit(3)).unwrap()
    store.close()


def awaiting(store: Any) -> None:
    """With the async face: the child has a loop of its own."""
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


if __name__ == "__main__":
    engine, url, face = sys.argv[1:]
    stores = import_module(engine)
    if face == "async":
        awaiting(stores.AsyncCommitStore(url, topic_map=TOPICS))
    else:
        blocking(stores.CommitStore(url, topic_map=TOPICS))
    sys.stdout.write("done\n")
