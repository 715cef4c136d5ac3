"""The stores that keep everything in this process's memory, sync and async."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, ClassVar, Final, TypeVar

from aett.adapters.keeping import (
    AsyncKeeperCommitStore,
    AsyncKeeperPersistenceManagement,
    AsyncKeeperRegisterStore,
    AsyncKeeperSnapshotStore,
    KeeperCommitStore,
    KeeperPersistenceManagement,
    KeeperRegisterStore,
    KeeperSnapshotStore,
    Kept,
)
from aett.adapters.keeping.performing import AtOnce, Failures, KeeperPerformer
from aett.adapters.keeping.plans import Call
from aett.adapters.memory.memory import WAIT, Memory
from aett.adapters.store.awaiting import AsyncPerformer
from aett.adapters.store.reading import PAGE_SIZE
from aett.core.conflict import ConflictDetector
from aett.core.plan import Step
from aett.core.topic_map import TopicMap

A = TypeVar("A")

_WRITES: Final = frozenset({"append", "add_snapshot", "swap_register", "purge", "purge_stream", "drop"})
_LOOK: Final = 0.001
"""Seconds between looks whether a transaction has ended."""


def _place(memory: Memory | None) -> Memory:
    return memory or Memory()


class _InMemory(Kept):
    """Calls that cannot fail, and wait for nothing."""

    keeper = staticmethod(_place)
    failures: ClassVar[Failures] = ()
    threads = 0

    @classmethod
    def _awaited_calls(cls, *where: Any) -> AsyncPerformer:
        memory = _place(*where)
        return _InTurn(memory, KeeperPerformer(memory, cls.failures))


async def free(memory: Memory) -> None:
    """Wait for a transaction to end; who has waited for too long is told so by what he does next."""
    if memory.busy:
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT):
                while memory.busy:  # noqa: ASYNC110  # it may end in a thread without a loop
                    await asyncio.sleep(_LOOK)


class _InTurn(AtOnce):
    """Calls that have nothing to wait for but a transaction, which a task of the same loop may have open."""

    def __init__(self, memory: Memory, perform: KeeperPerformer) -> None:
        super().__init__(perform)
        self._memory = memory

    async def __call__(self, step: Step[A], /) -> A:
        """Make the call, when no transaction is in the way."""
        if isinstance(step, Call) and step.method in _WRITES:
            await free(self._memory)
        return await super().__call__(step)


class CommitStore(_InMemory, KeeperCommitStore):
    """A commit store in memory.

    memory: the place, which other stores may share; by default one of its own.
    page_size: commits read at once. max_commit_size: in bytes; None for no limit.
    """

    def __init__(
        self,
        memory: Memory | None = None,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> None:
        super().__init__(
            memory,
            topic_map=topic_map,
            conflict_detector=conflict_detector,
            page_size=page_size,
            max_commit_size=max_commit_size,
        )


class SnapshotStore(_InMemory, KeeperSnapshotStore):
    """A snapshot store in memory."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class RegisterStore(_InMemory, KeeperRegisterStore):
    """A register store in memory."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class PersistenceManagement(_InMemory, KeeperPersistenceManagement):
    """Empties a memory; there is nothing to initialize."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class AsyncCommitStore(_InMemory, AsyncKeeperCommitStore):
    """A `CommitStore` that is awaited."""

    def __init__(
        self,
        memory: Memory | None = None,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        page_size: int = PAGE_SIZE,
        max_commit_size: int | None = None,
    ) -> None:
        super().__init__(
            memory,
            topic_map=topic_map,
            conflict_detector=conflict_detector,
            page_size=page_size,
            max_commit_size=max_commit_size,
        )


class AsyncSnapshotStore(_InMemory, AsyncKeeperSnapshotStore):
    """A `SnapshotStore` that is awaited."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class AsyncRegisterStore(_InMemory, AsyncKeeperRegisterStore):
    """A `RegisterStore` that is awaited."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)


class AsyncPersistenceManagement(_InMemory, AsyncKeeperPersistenceManagement):
    """A `PersistenceManagement` that is awaited."""

    def __init__(self, memory: Memory | None = None) -> None:
        super().__init__(memory)
