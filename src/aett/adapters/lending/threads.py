"""Performs steps on threads, for drivers that cannot be awaited."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, TypeVar

from aett.adapters.lending.blocking import OwnPool
from aett.adapters.store.blocking import Performer
from aett.adapters.store.loop import running_loop
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

A = TypeVar("A")


class ThreadedPerformer:
    """Performs each step on a thread; a cancelled task leaves it to be done there, and nothing half done.

    A forked child has none of its parent's threads: as any `OwnPool`, it starts its own.
    """

    def __init__(self, perform: Performer, threads: int) -> None:
        self._perform = perform
        self._threads = OwnPool(
            "threads", lambda: ThreadPoolExecutor(threads, thread_name_prefix="aett"), nullcontext, _let_go
        )

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        asked: Any = step
        answer: Any = None
        if isinstance(asked, Pause):
            await asyncio.sleep(asked.seconds)
        else:
            with self._threads.lent(alone=False) as threads:
                answer = await running_loop().run_in_executor(threads, self._perform, asked)
        return answer  # type: ignore[no-any-return]  # the step says what it is

    async def close(self) -> None:
        """Close what was opened."""
        self._threads.close()
        await asyncio.to_thread(self._perform.close)


def _let_go(threads: ThreadPoolExecutor) -> None:
    threads.shutdown(wait=False)  # the loop must not wait for them
