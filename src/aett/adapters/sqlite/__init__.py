"""The engine of SQLite: sync on Python's own driver, async on aiosqlite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aett.core.later import later

if TYPE_CHECKING:
    from aett.adapters.sqlite.async_stores import (
        AsyncCommitStore,
        AsyncPersistenceManagement,
        AsyncRegisterStore,
        AsyncSnapshotStore,
    )
    from aett.adapters.sqlite.async_transactions import async_transaction
    from aett.adapters.sqlite.stores import (
        CommitStore,
        PersistenceManagement,
        RegisterStore,
        SnapshotStore,
    )
    from aett.adapters.sqlite.transactions import transaction

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
        "stores": "sqlite",
        "transactions": "sqlite",
        "async_stores": "sqlite-async",
        "async_transactions": "sqlite-async",
    },
)
