"""All stores of one place, awaited: see `stores` for the steps."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Self

from aett.adapters.store.awaiting import (
    AsyncCommitStoreFace,
    AsyncPersistenceManagementFace,
    AsyncRegisterStoreFace,
    AsyncSnapshotStoreFace,
)
from aett.connecting.engine import Engine, engine_of
from aett.connecting.settings import Settings
from aett.core.conflict import ConflictDetector
from aett.core.errors import UnsupportedServer
from aett.core.topic_map import TopicMap
from aett.ports.transaction import AsyncTransaction


def aconnect(
    url: str | Settings,
    *,
    topic_map: TopicMap,
    conflict_detector: ConflictDetector = ConflictDetector(),
    table: str | None = None,
    **settings: Any,
) -> AsyncStores:
    """As `connect`, awaited."""
    both = {"topic_map": topic_map, "conflict_detector": conflict_detector}
    return AsyncStores(engine_of(url, table, {**settings, **both}))


class AsyncStores:
    """The stores of one place, which share what they open. `aconnect` makes them.

    commits, snapshots, registers: its stores. management: what makes them ready, and empties them.
    """

    commits: AsyncCommitStoreFace
    snapshots: AsyncSnapshotStoreFace
    registers: AsyncRegisterStoreFace
    management: AsyncPersistenceManagementFace

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.commits, self.snapshots, self.registers, self.management = engine.made("Async")
        self.snapshots.share(self.commits)
        self.registers.share(self.commits)
        if engine.shares_management:
            self.management.share(self.commits)

    async def __aenter__(self) -> Self:
        """They open at their first use."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close them."""
        await self.close()

    async def close(self) -> None:
        """Let go of what they opened; they are used no more."""
        for each in (self.management, self.registers, self.snapshots, self.commits):
            await each.close()

    def transaction(self) -> AbstractAsyncContextManager[AsyncTransaction[Any]]:
        """A transaction of several stores, and of what you do on its connection.

        See the engine's `async_transaction`.

        Raises `UnsupportedServer` if the engine has none.
        """
        engine = self._engine
        begin = getattr(engine.module, "async_transaction", None)
        if begin is None:
            raise UnsupportedServer(f"{engine.name} has no transactions of several streams and stores")
        if engine.name == "mongodb":
            return _in_mongodb(begin, self.commits, engine)
        return begin(engine.place_of(self.commits), **engine.of(begin))  # type: ignore[no-any-return]  # the engine's


@asynccontextmanager
async def _in_mongodb(begin: Any, commits: Any, engine: Engine) -> AsyncGenerator[AsyncTransaction[Any]]:
    async with (
        commits.borrowed().lent(alone=False) as space,
        begin(space.database, **engine.of(begin)) as transaction,
    ):
        yield transaction
