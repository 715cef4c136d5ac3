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
    from aett.adapters.mongodb.async_transactions import async_transaction
    from aett.adapters.mongodb.stores import CommitStore, PersistenceManagement, RegisterStore, SnapshotStore
    from aett.adapters.mongodb.transactions import transaction

__all__ = [
    "AsyncCommitStore",
    "AsyncPersistenceManagement",
    "AsyncRegisterStore",
    "AsyncSnapshotStore",
    "CommitStore",
    "PersistenceManagement",
    "RegisterStore",
    "SnapshotStore",
    "async_transaction",
    "transaction",
]

__getattr__ = later(
    __name__,
    {
        **{name: "async_stores" if name.startswith("Async") else "stores" for name in __all__},
        "async_transaction": "async_transactions",
        "transaction": "transactions",
    },
    {
        "stores": "mongodb",
        "transactions": "mongodb",
        "async_stores": "mongodb-async",
        "async_transactions": "mongodb-async",
    },
)
