"""The DynamoDB stores on aioboto3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import aioboto3

from aett.adapters.aws.awaiting import AsyncAwsPerformer, lender_of
from aett.adapters.aws.place import POOL_SIZE, TIMEOUT, Configuration
from aett.adapters.dynamodb.engine import MAX_COMMIT_SIZE, DynamoEngine
from aett.adapters.dynamodb.management import ON_DEMAND, DynamoManagement
from aett.adapters.dynamodb.place import TABLE, configured
from aett.adapters.dynamodb.registers import DynamoCells
from aett.adapters.dynamodb.snapshots import DynamoSnapshots
from aett.adapters.store.awaiting import (
    AsyncCommitStoreFace,
    AsyncPersistenceManagementFace,
    AsyncRegisterStoreFace,
    AsyncSnapshotStoreFace,
)
from aett.adapters.store.commits import Commits
from aett.adapters.store.reading import PAGE_SIZE
from aett.adapters.store.record import Recorder
from aett.adapters.store.registers import Registers
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap

Place: TypeAlias = str | Configuration | aioboto3.Session | Any
"""A URL, a configuration, a session of aioboto3's, or a client of its."""


class AsyncCommitStore(AsyncCommitStoreFace):
    """A `CommitStore` that is awaited.

    database: a URL, a `Configuration`, an `aioboto3.Session` of yours, or an aioboto3 client of yours.
      The rest as for `CommitStore`.
    """

    def __init__(
        self,
        database: Place,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        table: str = TABLE,
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        plans = Commits(DynamoEngine(table, max_commit_size), Recorder(topic_map), page_size, conflict_detector)
        super().__init__(plans, AsyncAwsPerformer(lender_of(configured(database), "dynamodb", pool_size, timeout)))


class AsyncSnapshotStore(AsyncSnapshotStoreFace):
    """A `SnapshotStore` that is awaited."""

    def __init__(
        self,
        database: Place,
        *,
        table: str = TABLE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(configured(database), "dynamodb", pool_size, timeout)
        super().__init__(DynamoSnapshots(table), AsyncAwsPerformer(lender))


class AsyncRegisterStore(AsyncRegisterStoreFace):
    """A `RegisterStore` that is awaited."""

    def __init__(
        self,
        database: Place,
        *,
        table: str = TABLE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(configured(database), "dynamodb", pool_size, timeout)
        super().__init__(Registers(DynamoCells(table)), AsyncAwsPerformer(lender))


class AsyncPersistenceManagement(AsyncPersistenceManagementFace):
    """A `PersistenceManagement` that is awaited."""

    def __init__(
        self,
        database: Place,
        *,
        table: str = TABLE,
        billing: Mapping[str, Any] = ON_DEMAND,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(configured(database), "dynamodb", 1, timeout)
        super().__init__(DynamoManagement(table, billing), AsyncAwsPerformer(lender))
