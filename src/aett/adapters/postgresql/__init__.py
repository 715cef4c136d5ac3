"""The engine of PostgreSQL: sync on psycopg, async on asyncpg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aett.core.later import later

if TYPE_CHECKING:
    from aett.adapters.postgresql.async_stores import (
        AsyncCommitStore,
        AsyncPersistenceManagement,
        AsyncRegisterStore,
        AsyncSnapshotStore,
        async_transaction,
    )
    from aett.adapters.postgresql.ringing import bells
    from aett.adapters.postgresql.stores import (
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
    "bells",
    "transaction",
]

__getattr__ = later(
    __name__,
    {name: "async_stores" if name.lower().startswith("async") else "stores" for name in __all__}
    | {"bells": "ringing"},
    {"stores": "postgresql", "ringing": "postgresql", "async_stores": "postgresql-async"},
)
