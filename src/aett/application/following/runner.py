"""The blocking runner: threads that take turns (`turns`, `roster`)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType
from typing import Final, Self

from aett.application.following.followers import Follower
from aett.application.following.pace import Pace
from aett.application.following.performing import Begin, FollowersPerformer
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
from aett.core.plan import run
from aett.ports.bell import listening
from aett.ports.commit_store import CommitStore
from aett.ports.register_store import RegisterStore

_LOG: Final = logger("following")


class Runner:
    """Runs followers until it is told to stop. Any number of runners, in any processes, may run the same ones.

        with Runner(BALANCES, tenants=["bank"], store=store, registers=registers):
            ...                                    # they run in threads of their own as long as the block

        Runner(...).run()                          # they run here, until SIGINT or SIGTERM, or until `stop`

    followers: projections, handlers and reactors.
    tenants: whose logs; `Tenants.ALL`: of everybody who has one, now or later.
    store, registers: the ports; several threads use them at once.
    begin: begins a transaction of the database in which the registers are, `lambda: transaction(pool)`; handlers
      need it.
    workers: how many threads take turns. name: what the name of this runner, in the registers, begins
      with; by default host and process.
    observe: is told of every turn, in the thread that took it; for metrics and traces.

    When it stops, what is in hand is finished, and the followers are let go. Raises `ValueError`, `TypeError` or
    `UnsupportedType`, at once, if a follower cannot be run.
    """

    def __init__(
        self,
        *followers: Follower,
        tenants: Iterable[str] | Tenants,
        store: CommitStore,
        registers: RegisterStore,
        begin: Begin | None = None,
        pace: Pace = Pace(),
        workers: int = 4,
        name: str | None = None,
        observe: Observe | None = None,
    ) -> None:
        named = checked(followers, tenants, workers, transactions=begin is not None)
        self._observe = observe
        self.name = name_of_this(name)
        self._performer = FollowersPerformer(store, registers, begin)
        self._roster = Roster(followers, pace, everybody=tenants is Tenants.ALL)
        self._workers = workers
        self._changed = threading.Condition()
        self._threads = list[threading.Thread]()
        self._listening = ExitStack()
        self._over = True
        for tenant_id in named:
            self._roster.meet(tenant_id, time.monotonic())

    def run(self) -> None:
        """Run until SIGINT or SIGTERM comes (in the main thread), or somebody calls `stop`."""
        with self, self._signalled(), self._changed:
            while not self._over:
                self._changed.wait(1.0)  # a signal's handler runs when it wakes

    def stop(self) -> None:
        """Tell it to stop; it does so when what is in hand is finished."""
        # Not under the lock: a signal may come while its thread holds it.
        self._over = True

    def wake(self, tenant_id: str) -> None:
        """Something was written to this tenant's log: whoever rests at its end looks at once."""
        with self._changed:
            if self._roster.ring(tenant_id, time.monotonic()):
                self._changed.notify()

    def status(self) -> list[Running]:
        """What this runner knows of its followers."""
        with self._changed:
            return [running(each) for each in self._roster]

    def __enter__(self) -> Self:
        """Begin to run."""
        if self._threads:
            raise RuntimeError("this runner runs already")
        self._over = False
        self._listening.enter_context(listening(self.wake))
        self._threads = [
            threading.Thread(target=self._work, name=f"aett {number}", daemon=True)
            for number in range(self._workers)
        ]
        for each in self._threads:
            each.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop: finish what is in hand, and let the followers go."""
        self.stop()
        self._listening.close()
        with self._changed:
            self._changed.notify_all()
        for each in self._threads:
            each.join()
        self._threads = []
        for entry in self._roster:
            self._release(entry)

    @contextmanager
    def _signalled(self) -> Generator[None]:
        """While it is entered, signals stop the runner."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def told(number: int, frame: FrameType | None) -> None:
            del number, frame
            self.stop()

        before = {each: signal.signal(each, told) for each in SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _work(self) -> None:
        """What each thread does."""
        while (entry := self._next()) is not None:
            turns = Turns(entry.part, self.name, self._roster.pace)
            begun = time.monotonic()
            turn = run(turns.turn(entry.memory), self._performer)
            observed(self._observe, entry.part, turn, time.monotonic() - begun)
            with self._changed:
                if self._roster.put_back(entry, turn, time.monotonic()):
                    self._performer.stretches.forget(entry.part.tenant_id)
                self._changed.notify()

    def _next(self) -> Entry | None:
        """Whose turn it is, as soon as it is somebody's; None when the runner stops."""
        while not self._over:
            self._discover()
            with self._changed:
                now = time.monotonic()
                if (entry := self._roster.take(now)) is not None:
                    return entry
                self._changed.wait(self._roster.rest(now))
        return None

    def _discover(self) -> None:
        """Look for new tenants, if it is time to."""
        with self._changed:
            now = time.monotonic()
            if not self._roster.discovers(now):
                return
        try:
            found = self._performer(ReadTenants())
        except Exception as error:  # noqa: BLE001  # of the storage: it may pass
            _LOG.warning("tenants could not be read: %s: %s", type(error).__name__, error)
            return
        with self._changed:
            for tenant_id in found:
                self._roster.meet(tenant_id, now)
            self._changed.notify_all()

    def _release(self, entry: Entry) -> None:
        try:
            run(Turns(entry.part, self.name).release(entry.memory), self._performer)
        except Exception as error:  # noqa: BLE001  # of the storage: its lease runs out instead
            _LOG.warning("%s was not let go: %s: %s", entry.part.register, type(error).__name__, error)
