"""The engine that keeps everything in this process's memory: for tests, and to read how a store works."""

from aett.adapters.memory.async_transactions import async_transaction
from aett.adapters.memory.memory import Memory
from aett.adapters.memory.stores import (
    AsyncCommitStore,
    AsyncPersistenceManagement,
    AsyncRegisterStore,
    AsyncSnapshotStore,
    CommitStore,
    PersistenceManagement,
    RegisterStore,
    SnapshotStore,
)
from aett.adapters.memory.transactions import transaction

__all__ = [
    "AsyncCommitStore",
    "AsyncPersistenceManagement",
    "AsyncRegisterStore",
    "AsyncSnapshotStore",
    "CommitStore",
    "Memory",
    "PersistenceManagement",
    "RegisterStore",
    "SnapshotStore",
    "async_transaction",
    "transaction",
]
