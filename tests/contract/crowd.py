"""Many at once: writers whose transactions sleep before and after they commit, and readers who follow the log."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from operator import methodcaller
from typing import Any
from uuid import uuid4

from attrs import field, frozen

from aett import AettError, Commit, Head, Success
from aett.testing.laws.making import make
from aett.testing.laws.reading import LAST


@frozen
class Crowd:
    """On one table of a server.

    connect: a connection, closed in the end, whose transactions are the caller's.
    begin, end_transaction: begins one, commits it.
    joined: the commit store on such a connection. opened: a store with a pool of its own.
    failures: what the driver raises. end: of the monotonic clock.
    """

    connect: Callable[[], AbstractContextManager[Any]]
    begin: Callable[[Any], object]
    joined: Callable[[Any], Any]
    opened: Callable[[], AbstractContextManager[Any]]
    failures: type[Exception]
    end: float
    end_transaction: Callable[[Any], object] = methodcaller("commit")
    written: dict[str, list[int]] = field(factory=dict[str, list[int]])
    told: list[tuple[str, int, list[int]]] = field(factory=list[tuple[str, int, list[int]]])
    """How far a tenant's log was settled, and what was there up to it."""

    _lock: threading.Lock = field(factory=threading.Lock)
    _over: threading.Event = field(factory=threading.Event)

    def _write(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311  # no secret
        while time.monotonic() < self.end:
            with suppress(self.failures, AettError), self.connect() as connection:
                while time.monotonic() < self.end:
                    self._transact(connection, chance)

    def _transact(self, connection: Any, chance: random.Random) -> None:
        self.begin(connection)
        joined, sleeps, tenant = self.joined(connection), not chance.randrange(3), chance.choice("to")
        done = list[int]()
        for _ in range(chance.randrange(1, 3)):
            if sleeps:
                time.sleep(chance.random() / 50)
            match joined.commit(make(Head(tenant, uuid4().hex), commit_id=uuid4())):
                case Success(Commit(checkpoint=int(checkpoint))):
                    done.append(checkpoint)
                case answer:
                    raise AssertionError(answer)
            if sleeps:
                time.sleep(chance.random() / 50)
        self.end_transaction(connection)
        with self._lock:
            self.written.setdefault(tenant, []).extend(done)

    def _read(self, tenant: str) -> list[int]:
        seen, looks = list[int](), 0
        with self.opened() as store:
            while True:
                over = self._over.is_set()
                if looks % 20 == 0:
                    settled = store.tail(tenant).settled
                    every = (each.checkpoint or 0 for each in store.get_all_to(tenant, LAST))
                    self.told.append((tenant, settled, [each for each in every if each <= settled]))
                looks += 1
                # Not always as far as the tail told: a writer may have announced itself, or queued, since.
                seen += [each.checkpoint or 0 for each in store.get_from(tenant, max(seen, default=0))]
                if over:
                    return seen
                time.sleep(0.005)

    def run(self, writers: int = 16, readers: str = "tto", *others: Callable[[Crowd], object]) -> None:
        """All of them; nothing may be skipped, nothing lost."""
        with ThreadPoolExecutor(writers + len(readers) + len(others)) as pool:
            reading = [(tenant, pool.submit(self._read, tenant)) for tenant in readers]
            writing = [pool.submit(self._write, number) for number in range(writers)]
            disturbing = [pool.submit(each, self) for each in others]
            try:
                for each in writing:
                    each.result()
                for other in disturbing:
                    other.result()
            finally:
                self._over.set()
            with self.opened() as store:
                logs = {tenant: [each.checkpoint for each in store.get_from(tenant)] for tenant in "to"}
            for tenant, seen in reading:
                assert seen.result() == logs[tenant], "a reader skipped"
        for tenant, settled, there in self.told:
            assert there == [each for each in logs[tenant] if each <= settled], f"not settled up to {settled}"
        for tenant, written in self.written.items():
            assert set(written) <= set(logs[tenant]), "what was acknowledged is lost"
