"""The engine of S3: sync on boto3, async on aioboto3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aett.core.later import later

if TYPE_CHECKING:
    from aett.adapters.aws.place import Configuration
    from aett.adapters.s3.async_stores import (
        AsyncCommitStore,
        AsyncPersistenceManagement,
        AsyncRegisterStore,
        AsyncSnapshotStore,
    )
    from aett.adapters.s3.stores import CommitStore, PersistenceManagement, RegisterStore, SnapshotStore

__all__ = [
    "AsyncCommitStore",
    "AsyncPersistenceManagement",
    "AsyncRegisterStore",
    "AsyncSnapshotStore",
    "CommitStore",
    "Configuration",
    "PersistenceManagement",
    "RegisterStore",
    "SnapshotStore",
]

__getattr__ = later(
    __name__,
    {
        **{name: "async_stores" if name.startswith("Async") else "stores" for name in __all__},
        "Configuration": "place",
    },
    {"place": "s3", "stores": "s3", "async_stores": "s3-async"},
)
