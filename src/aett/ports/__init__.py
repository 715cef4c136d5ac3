"""The ports: what an engine does for the rest of the house, as Protocols."""

from aett.ports.commit_store import AsyncCommitStore, CommitStore
from aett.ports.persistence_management import AsyncPersistenceManagement, PersistenceManagement
from aett.ports.register_store import AsyncRegisterStore, RegisterStore
from aett.ports.snapshot_store import AsyncSnapshotStore, SnapshotStore
from aett.ports.transaction import AsyncTransaction, Transaction

__all__ = [
    "AsyncCommitStore",
    "AsyncPersistenceManagement",
    "AsyncRegisterStore",
    "AsyncSnapshotStore",
    "AsyncTransaction",
    "CommitStore",
    "PersistenceManagement",
    "RegisterStore",
    "SnapshotStore",
    "Transaction",
]
