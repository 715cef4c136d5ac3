"""Adapters of an object that keeps records: both faces of all three stores, in one step."""

from aett.adapters.keeping.keeper import Keeper
from aett.adapters.keeping.stores import (
    AsyncKeeperCommitStore,
    AsyncKeeperPersistenceManagement,
    AsyncKeeperRegisterStore,
    AsyncKeeperSnapshotStore,
    KeeperCommitStore,
    KeeperPersistenceManagement,
    KeeperRegisterStore,
    KeeperSnapshotStore,
    Kept,
    stores,
)
from aett.adapters.store.record import Record

__all__ = [
    "AsyncKeeperCommitStore",
    "AsyncKeeperPersistenceManagement",
    "AsyncKeeperRegisterStore",
    "AsyncKeeperSnapshotStore",
    "Keeper",
    "KeeperCommitStore",
    "KeeperPersistenceManagement",
    "KeeperRegisterStore",
    "KeeperSnapshotStore",
    "Kept",
    "Record",
    "stores",
]
