"""Clients: the four stores of one user of a place, sync for the suite whichever face they have."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from typing import Any

from attrs import frozen

from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap
from aett.ports.commit_store import CommitStore
from aett.ports.persistence_management import PersistenceManagement
from aett.ports.register_store import RegisterStore
from aett.ports.snapshot_store import SnapshotStore
from aett.testing.awaited import (
    AwaitedCommitStore,
    AwaitedPersistenceManagement,
    AwaitedRegisterStore,
    AwaitedSnapshotStore,
    Loop,
)
from aett.testing.harness import Harness, Place
from aett.testing.samples import CONFLICTS, TOPICS
from aett.testing.traits import Traits

PAGE_SIZE = 3
"""Small, so that every boundary between two pages is met."""


@frozen
class Client:
    """One user of a place: four open stores."""

    commits: CommitStore
    snapshots: SnapshotStore
    registers: RegisterStore
    management: PersistenceManagement
    stack: ExitStack

    def close(self) -> None:
        """Close the four stores."""
        self.stack.close()


@frozen
class Begun:
    """A transaction that is open, its stores sync for the suite whichever face they have."""

    transaction: Any
    loop: Loop | None = None

    @property
    def commits(self) -> CommitStore:
        """A commit store within it."""
        store = self.transaction.commit_store(topic_map=TOPICS, conflict_detector=CONFLICTS)
        return store if self.loop is None else AwaitedCommitStore(store, self.loop)

    @property
    def snapshots(self) -> SnapshotStore:
        """A snapshot store within it."""
        store = self.transaction.snapshot_store()
        return store if self.loop is None else AwaitedSnapshotStore(store, self.loop)

    @property
    def registers(self) -> RegisterStore:
        """A register store within it."""
        store = self.transaction.registers()
        return store if self.loop is None else AwaitedRegisterStore(store, self.loop)


class Clients:
    """Connects clients to one place, and closes those that are still open at the end."""

    def __init__(self, place: Place, traits: Traits) -> None:
        self.place = place
        self.traits = traits
        self._stack = ExitStack()

    @cached_property
    def _loop(self) -> Loop:
        return self._stack.enter_context(closing(Loop()))

    @cached_property
    def one(self) -> Client:
        """A client with the sample topics and rules."""
        return self.connect()

    @cached_property
    def other(self) -> Client:
        """A second client of the same place."""
        return self.connect()

    def connect(
        self,
        *,
        topic_map: TopicMap = TOPICS,
        conflict_detector: ConflictDetector = CONFLICTS,
        page_size: int = PAGE_SIZE,
    ) -> Client:
        """One more client."""
        place, loop = self.place, self._loop if self.place.awaited else None
        stack = self._stack.enter_context(ExitStack())
        commits: Any = place.commit_store(
            topic_map=topic_map, conflict_detector=conflict_detector, page_size=page_size
        )
        snapshots: Any = place.snapshot_store()
        registers: Any = place.register_store()
        management: Any = place.persistence()
        if loop is None:
            for store in (commits, snapshots, registers, management):
                stack.enter_context(store)
        else:
            for store in (commits, snapshots, registers, management):
                loop.wait(store.__aenter__())
                stack.callback(_leave, loop, store)
            commits = AwaitedCommitStore(commits, loop)
            snapshots = AwaitedSnapshotStore(snapshots, loop)
            registers = AwaitedRegisterStore(registers, loop)
            management = AwaitedPersistenceManagement(management, loop)
        return Client(commits, snapshots, registers, management, stack)

    @contextmanager
    def transaction(self) -> Generator[Begun]:
        """A transaction of the place's, begun; committed when the block ends."""
        context: Any = self.place.transaction()
        if not self.place.awaited:
            with context as begun:
                yield Begun(begun)
            return
        loop = self._loop
        begun = loop.wait(context.__aenter__())
        try:
            yield Begun(begun, loop)
        except BaseException:
            if not loop.wait(context.__aexit__(*sys.exc_info())):
                raise
        else:
            loop.wait(context.__aexit__(None, None, None))

    def close(self) -> None:
        """Close every client, then the loop."""
        self._stack.close()


def _leave(loop: Loop, store: Any) -> None:
    loop.wait(store.__aexit__(None, None, None))


@contextmanager
def opened(harness: Harness, *, initialized: bool = True) -> Generator[Clients]:
    """The clients of a fresh place, by default initialized."""
    with harness.place() as place:
        clients = Clients(place, harness.traits)
        try:
            if initialized:
                clients.one.management.initialize()
            yield clients
        finally:
            clients.close()
