"""The awaiting runner: tasks that take turns (`turns`, `roster`)."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Final, Self

from aett.application.following.async_performing import AsyncBegin, AsyncFollowersPerformer
from aett.application.following.followers import Follower
from aett.application.following.pace import Pace
from aett.application.following.roster import Entry, Roster
from aett.application.following.running import (
    SIGNALS,
    Observe,
    Running,
    Tenants,
    checked,
    name_of_this,
    observed,
    running,
)
from aett.application.following.steps import ReadTenants
from aett.application.following.turns import Turns
from aett.core.logs import logger
from aett.core.plan import arun
from aett.ports.bell import listening
from aett.ports.commit_store import AsyncCommitStore
from aett.ports.register_store import AsyncRegisterStore

_LOG: Final = logger("following")


class AsyncRunner:
    """A `Runner` whose followers' functions may be awaited; it runs in tasks of the loop in which it is entered.

        async with AsyncRunner(BALANCES, tenants=["bank"], store=store, registers=registers):
            ...

        await AsyncRunner(...).run()

    workers: how many take turns at once. A function that blocks, blocks the loop.
    """

    def __init__(
        self,
        *followers: Follower,
        tenants: Iterable[str] | Tenants,
        store: AsyncCommitStore,
        registers: AsyncRegisterStore,
        begin: AsyncBegin | None = None,
        pace: Pace = Pace(),
        workers: int = 4,
        name: str | None = None,
        observe: Observe | None = None,
    ) -> None:
        named = checked(followers, tenants, workers, transactions=begin is not None)
        self._observe = observe
        self.name = name_of_this(name)
        self._performer = AsyncFollowersPerformer(store, registers, begin)
        self._roster = Roster(followers, pace, everybody=tenants is Tenants.ALL)
        self._workers = workers
        self._changed = asyncio.Event()
        self._tasks = list[asyncio.Task[None]]()
        self._listening = ExitStack()
        self._over = True
        for tenant_id in named:
            self._roster.meet(tenant_id, time.monotonic())

    async def run(self) -> None:
        """Run until SIGINT or SIGTERM comes (in the main thread), somebody calls `stop`, or it is cancelled."""
        async with self:
            with self._signalled():
                await asyncio.gather(*self._tasks)

    def stop(self) -> None:
        """Tell it to stop; it does so when what is in hand is finished. To be called in its loop."""
        self._over = True
        self._changed.set()

    def wake(self, tenant_id: str) -> None:
        """Something was written to this tenant's log: whoever rests at its end looks at once."""
        if self._roster.ring(tenant_id, time.monotonic()):
            self._changed.set()

    def status(self) -> list[Running]:
        """What this runner knows of its followers."""
        return [running(each) for each in self._roster]

    async def __aenter__(self) -> Self:
        """Begin to run."""
        if self._tasks:
            raise RuntimeError("this runner runs already")
        self._over = False
        loop = asyncio.get_running_loop()

        def rung(tenant_id: str) -> None:
            with suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(self.wake, tenant_id)

        self._listening.enter_context(listening(rung))
        self._tasks = [asyncio.create_task(self._work(), name=f"aett {each}") for each in range(self._workers)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop: finish what is in hand, and let the followers go."""
        self.stop()
        self._listening.close()
        try:
            await asyncio.gather(*self._tasks)  # cancelled meanwhile, it cancels what is in hand
        finally:
            self._tasks = []
            await asyncio.shield(asyncio.ensure_future(self._let_go()))

    @contextmanager
    def _signalled(self) -> Generator[None]:
        """While it is entered, signals stop the runner."""
        loop, added = asyncio.get_running_loop(), list[signal.Signals]()
        try:
            # Where there are no signals for loops (on Windows, beside the main thread), whoever runs it stops it.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                for each in SIGNALS:
                    loop.add_signal_handler(each, self.stop)
                    added.append(each)
            yield
        finally:
            for each in added:
                loop.remove_signal_handler(each)

    async def _work(self) -> None:
        """What each task does."""
        while (entry := await self._next()) is not None:
            turns = Turns(entry.part, self.name, self._roster.pace)
            begun = time.monotonic()
            turn = await arun(turns.turn(entry.memory), self._performer)
            observed(self._observe, entry.part, turn, time.monotonic() - begun)
            if self._roster.put_back(entry, turn, time.monotonic()):
                self._performer.stretches.forget(entry.part.tenant_id)
            self._changed.set()

    async def _next(self) -> Entry | None:
        """Whose turn it is, as soon as it is somebody's; None when the runner stops."""
        while not self._over:
            await self._discover()
            now = time.monotonic()
            if (entry := self._roster.take(now)) is not None:
                return entry
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._roster.rest(now)):
                    await self._changed.wait()
        return None

    async def _discover(self) -> None:
        """Look for new tenants, if it is time to."""
        now = time.monotonic()
        if not self._roster.discovers(now):
            return
        try:
            found = await self._performer(ReadTenants())
        except Exception as error:  # noqa: BLE001  # of the storage: it may pass
            _LOG.warning("tenants could not be read: %s: %s", type(error).__name__, error)
            return
        for tenant_id in found:
            self._roster.meet(tenant_id, now)
        self._changed.set()

    async def _let_go(self) -> None:
        for entry in self._roster:
            try:
                await arun(Turns(entry.part, self.name).release(entry.memory), self._performer)
            except Exception as error:  # noqa: BLE001  # of the storage: its lease runs out instead
                _LOG.warning("%s was not let go: %s: %s", entry.part.register, type(error).__name__, error)
