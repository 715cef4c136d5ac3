"""The engine of MySQL and MariaDB: sync on PyMySQL, async on aiomysql."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aett.core.later import later

if TYPE_CHECKING:
    from aett.adapters.mysql.async_stores import (
        AsyncCommitStore,
        AsyncPersistenceManagement,
        AsyncRegisterStore,
        AsyncSnapshotStore,
        async_transaction,
    )
    from aett.adapters.mysql.stores import (
        CommitStore,
        PersistenceManagement,
        RegisterStore,
        SnapshotStore,
        transaction,
    )

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
    {name: "async_stores" if name.lower().startswith("async") else "stores" for name in __all__},
    {"stores": "mysql", "async_stores": "mysql-async"},
)
