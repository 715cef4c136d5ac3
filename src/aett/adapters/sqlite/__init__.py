"""The engine of SQLite: sync on Python's own driver, async on aiosqlite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aett.adapters.sqlite.stores import CommitStore, PersistenceManagement, SnapshotStore

if TYPE_CHECKING:
    from aett.adapters.sqlite.async_stores import (
        AsyncCommitStore,
        AsyncPersistenceManagement,
        AsyncSnapshotStore,
    )

__all__ = [
    "AsyncCommitStore",
    "AsyncPersistenceManagement",
    "AsyncSnapshotStore",
    "CommitStore",
    "PersistenceManagement",
    "SnapshotStore",
]


def __getattr__(name: str) -> Any:
    """The async stores, when they are asked for: only they need aiosqlite."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from aett.adapters.sqlite import async_stores  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'{name} needs aiosqlite: pip install "aett[sqlite-async]"', name=error.name
        ) from error
    return getattr(async_stores, name)
