"""The engine of SQL Server: on pyodbc, async on threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aett.core.later import later

if TYPE_CHECKING:
    from aett.adapters.mssql.async_stores import (
        AsyncCommitStore,
        AsyncPersistenceManagement,
        AsyncRegisterStore,
        AsyncSnapshotStore,
        async_transaction,
    )
    from aett.adapters.mssql.stores import (
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
    {"stores": "mssql", "async_stores": "mssql-async"},
)
