"""The DynamoDB stores on boto3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import boto3

from aett.adapters.aws.performing import AwsPerformer, lender_of
from aett.adapters.aws.place import POOL_SIZE, TIMEOUT, Configuration
from aett.adapters.dynamodb.engine import MAX_COMMIT_SIZE, DynamoEngine
from aett.adapters.dynamodb.management import ON_DEMAND, DynamoManagement
from aett.adapters.dynamodb.place import TABLE, configured
from aett.adapters.dynamodb.registers import DynamoCells
from aett.adapters.dynamodb.snapshots import DynamoSnapshots
from aett.adapters.store.blocking import (
    CommitStoreFace,
    PersistenceManagementFace,
    RegisterStoreFace,
    SnapshotStoreFace,
)
from aett.adapters.store.commits import Commits
from aett.adapters.store.reading import PAGE_SIZE
from aett.adapters.store.record import Recorder
from aett.adapters.store.registers import Registers
from aett.core.conflict import ConflictDetector
from aett.core.topic_map import TopicMap

Place: TypeAlias = str | Configuration | boto3.Session | Any
"""A URL, a configuration, a session of boto3's, or a client of its."""


class CommitStore(CommitStoreFace):
    """A commit store in a DynamoDB table.

    database: a URL (`dynamodb://eu-west-1`, perhaps with `?endpoint_url=` and `profile=`; credentials come
      from the usual chain), a `Configuration`, a `boto3.Session` or a boto3 client of yours.
    table: of everything; `PersistenceManagement` makes it.
    page_size: commits read at once.
    max_commit_size: bytes of headers, events and commands; more is `CommitTooLarge`.
    pool_size: connections at most. timeout: seconds to wait for one, and for what is then asked of it.
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
        super().__init__(plans, AwsPerformer(lender_of(configured(database), "dynamodb", pool_size, timeout)))


class SnapshotStore(SnapshotStoreFace):
    """A snapshot store in a DynamoDB table."""

    def __init__(
        self,
        database: Place,
        *,
        table: str = TABLE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(configured(database), "dynamodb", pool_size, timeout)
        super().__init__(DynamoSnapshots(table), AwsPerformer(lender))


class RegisterStore(RegisterStoreFace):
    """A register store in a DynamoDB table."""

    def __init__(
        self,
        database: Place,
        *,
        table: str = TABLE,
        pool_size: int = POOL_SIZE,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(configured(database), "dynamodb", pool_size, timeout)
        super().__init__(Registers(DynamoCells(table)), AwsPerformer(lender))


class PersistenceManagement(PersistenceManagementFace):
    """Creates, verifies, empties and drops a table.

    billing: arguments of CreateTable; on demand by default.
    """

    def __init__(
        self,
        database: Place,
        *,
        table: str = TABLE,
        billing: Mapping[str, Any] = ON_DEMAND,
        timeout: float = TIMEOUT,
    ) -> None:
        lender = lender_of(configured(database), "dynamodb", 1, timeout)
        super().__init__(DynamoManagement(table, billing), AwsPerformer(lender))
