"""The engine of MongoDB: on pymongo, sync and async, or on a Motor client of the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aett.core.later import later

if TYPE_CHECKING:
    from aett.adapters.mongodb.async_stores import (
        AsyncCommitStore,
        AsyncPersistenceManagement,
        AsyncRegisterStore,
        AsyncSnapshotStore,
    )
    from aett.adapters.mongodb.stores import CommitStore, PersistenceManagement, RegisterStore, SnapshotStore

__all__ = [
    "AsyncCommitStore",
    "AsyncPersistenceManagement",
    "AsyncRegisterStore",
    "AsyncSnapshotStore",
    "CommitStore",
    "PersistenceManagement",
    "RegisterStore",
    "SnapshotStore",
]

__getattr__ = later(
    __name__,
    {name: "async_stores" if name.startswith("Async") else "stores" for name in __all__},
    {"stores": "mongodb", "async_stores": "mongodb-async"},
)
