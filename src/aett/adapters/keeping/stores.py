"""The eight stores over a keeper; an adapter's own are subclasses that say which: `stores` makes them.

    CommitStore, SnapshotStore, RegisterStore, PersistenceManagement, *awaited = stores(Folder, __name__)
    AsyncCommitStore, AsyncSnapshotStore, AsyncRegisterStore, AsyncPersistenceManagement = awaited

Subclasses that are written out can have docstrings and parameters of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from aett.adapters.keeping.keeper import Keeper
from aett.adapters.keeping.performing import AtOnce, Failures, KeeperPerformer
from aett.adapters.keeping.plans import KeeperCells, KeeperEngine, KeeperManagement, KeeperSnapshots
from aett.adapters.lending.threads import ThreadedPerformer
from aett.adapters.store.awaiting import (
    AsyncCommitStoreFace,
    AsyncPerformer,
    AsyncPersistenceManagementFace,
    AsyncRegisterStoreFace,
    AsyncSnapshotStoreFace,
)
from aett.adapters.store.blocking import (
    CommitStoreFace,
    PersistenceManagementFace,
    RegisterStoreFace,
    SnapshotStoreFace,
)
from aett.adapters.store.commits import Commits
from aett.adapters.store.reading import PAGE_SIZE
from aett.adapters.store.record import Recorder
from aett.adapters.store.registers import Registers
from aett.core.conflict import ConflictDetector
from aett.core.errors import StorageUnavailable
from aett.core.topic_map import TopicMap

K = TypeVar("K")


class Kept:
    """How the stores of an adapter come to their keeper; a base of all eight.

    keeper: makes one of what a store is given. failures: what the keeper's storage raises, and what that means,
    the first that fits.
    threads: on how many the awaited stores make its calls; 0 if it never waits for anything, as in memory.
    """

    keeper: ClassVar[Callable[..., Keeper]]
    failures: ClassVar[Failures] = ((OSError, StorageUnavailable),)
    threads: ClassVar[int] = 4

    @classmethod
    def _calls(cls, *where: Any) -> KeeperPerformer:
        return KeeperPerformer(cls.keeper(*where), cls.failures)

    @classmethod
    def _awaited_calls(cls, *where: Any) -> AsyncPerformer:
        performer = cls._calls(*where)
        return ThreadedPerformer(performer, cls.threads) if cls.threads else AtOnce(performer)


def _plans(
    topic_map: TopicMap, conflict_detector: ConflictDetector, page_size: int, max_commit_size: int | None
) -> Commits:
    return Commits(KeeperEngine(max_commit_size), Recorder(topic_map), page_size, conflict_detector)


class KeeperCommitStore(Kept, CommitStoreFace):
    """A commit store over a keeper.

    where: given to the keeper. page_size: commits read at once. max_commit_size: in bytes; None for no limit.
    """

    def __init__(
        self,
        *where: Any,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> None:
        plans = _plans(topic_map, conflict_detector, page_size, max_commit_size)
        super().__init__(plans, self._calls(*where))


class KeeperSnapshotStore(Kept, SnapshotStoreFace):
    """A snapshot store over a keeper."""

    def __init__(self, *where: Any) -> None:
        super().__init__(KeeperSnapshots(), self._calls(*where))


class KeeperRegisterStore(Kept, RegisterStoreFace):
    """A register store over a keeper."""

    def __init__(self, *where: Any) -> None:
        super().__init__(Registers(KeeperCells()), self._calls(*where))


class KeeperPersistenceManagement(Kept, PersistenceManagementFace):
    """Makes, empties and removes what a keeper keeps."""

    def __init__(self, *where: Any) -> None:
        super().__init__(KeeperManagement(), self._calls(*where))


class AsyncKeeperCommitStore(Kept, AsyncCommitStoreFace):
    """A `KeeperCommitStore` that is awaited."""

    def __init__(
        self,
        *where: Any,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> None:
        plans = _plans(topic_map, conflict_detector, page_size, max_commit_size)
        super().__init__(plans, self._awaited_calls(*where))


class AsyncKeeperSnapshotStore(Kept, AsyncSnapshotStoreFace):
    """A `KeeperSnapshotStore` that is awaited."""

    def __init__(self, *where: Any) -> None:
        super().__init__(KeeperSnapshots(), self._awaited_calls(*where))


class AsyncKeeperRegisterStore(Kept, AsyncRegisterStoreFace):
    """A register store over a keeper."""

    def __init__(self, *where: Any) -> None:
        super().__init__(Registers(KeeperCells()), self._awaited_calls(*where))


class AsyncKeeperPersistenceManagement(Kept, AsyncPersistenceManagementFace):
    """A `KeeperPersistenceManagement` that is awaited."""

    def __init__(self, *where: Any) -> None:
        super().__init__(KeeperManagement(), self._awaited_calls(*where))


def stores(
    keeper: Callable[..., Keeper],
    module: str,
    *,
    failures: Failures = Kept.failures,
    threads: int = Kept.threads,
) -> tuple[
    type[KeeperCommitStore],
    type[KeeperSnapshotStore],
    type[KeeperRegisterStore],
    type[KeeperPersistenceManagement],
    type[AsyncKeeperCommitStore],
    type[AsyncKeeperSnapshotStore],
    type[AsyncKeeperRegisterStore],
    type[AsyncKeeperPersistenceManagement],
]:
    """The eight classes of an adapter; what they are given, the keeper is made of.

    module: where they are to stand under their usual names: `__name__`. The rest as `Kept` has it.
    """
    own = {
        "keeper": staticmethod(keeper),
        "failures": failures,
        "threads": threads,
        "__module__": module,
    }

    def made(base: type[K]) -> type[K]:
        named: Any = type(base.__name__.replace("Keeper", ""), (base,), {**own, "__doc__": base.__doc__})
        return named  # type: ignore[no-any-return]  # made by its name

    return (
        made(KeeperCommitStore),
        made(KeeperSnapshotStore),
        made(KeeperRegisterStore),
        made(KeeperPersistenceManagement),
        made(AsyncKeeperCommitStore),
        made(AsyncKeeperSnapshotStore),
        made(AsyncKeeperRegisterStore),
        made(AsyncKeeperPersistenceManagement),
    )
