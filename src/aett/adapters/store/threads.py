"""Performs steps on threads, for drivers that cannot be awaited."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from aett.adapters.store.blocking import Performer
from aett.adapters.store.loop import running_loop
from aett.adapters.store.pause import Pause
from aett.core.errors import StoreClosed
from aett.core.plan import Step

A = TypeVar("A")


class ThreadedPerformer:
    """Performs each step on a thread; a cancelled task leaves it to be done there, and nothing half done.

    A forked child has none of its parent's threads, so it starts its own.
    """

    def __init__(self, perform: Performer, threads: int) -> None:
        self._perform = perform
        self._number = threads
        self._process = os.getpid()
        self._threads = self._started()
        self._closed = False

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        asked: Any = step
        answer: Any = None
        if isinstance(asked, Pause):
            await asyncio.sleep(asked.seconds)
        elif self._closed:
            raise StoreClosed("this store is closed")
        else:
            if self._process != os.getpid():
                self._process, self._threads = os.getpid(), self._started()
            answer = await running_loop().run_in_executor(self._threads, self._perform, asked)
        return answer  # type: ignore[no-any-return]  # the step says what it is

    async def close(self) -> None:
        """Close what was opened, when the threads have done."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._perform.close)
            self._threads.shutdown(wait=False)

    def _started(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._number, thread_name_prefix="aett")
