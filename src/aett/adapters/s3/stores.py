"""The S3 stores on boto3."""

from __future__ import annotations

from typing import Any, TypeAlias

import boto3

from aett.adapters.aws.performing import AT_ONCE, AwsPerformer, lender_of
from aett.adapters.aws.place import TIMEOUT, Configuration
from aett.adapters.s3.engine import MAX_COMMIT_SIZE, S3Engine
from aett.adapters.s3.management import S3Management
from aett.adapters.s3.place import located, region_of
from aett.adapters.s3.registers import S3Cells
from aett.adapters.s3.snapshots import S3Snapshots
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
    """A commit store in an S3 bucket.

    place: a URL (`s3://bucket/prefix`, perhaps with `?region=`, `endpoint_url=` and `profile=`; credentials come
      from the usual chain); or a `Configuration`, a `boto3.Session` or a boto3 client of yours, beside `bucket`.
    bucket, prefix: where all keys stand, if no URL says so.
    page_size: commits read at once.
    max_commit_size: bytes of headers, events and commands; more is `CommitTooLarge`.
    pool_size: connections at most. timeout: seconds to wait for one, and for what is then asked of it.

    A commit has no checkpoint until somebody has read the log.
    """

    def __init__(
        self,
        place: Place,
        *,
        topic_map: TopicMap,
        conflict_detector: ConflictDetector = ConflictDetector(),
        bucket: str | None = None,
        prefix: str = "",
        page_size: int = PAGE_SIZE,
        max_commit_size: int = MAX_COMMIT_SIZE,
        pool_size: int = AT_ONCE,
        timeout: float = TIMEOUT,
    ) -> None:
        place, space = located(place, bucket, prefix)
        plans = Commits(S3Engine(space, max_commit_size), Recorder(topic_map), page_size, conflict_detector)
        super().__init__(plans, AwsPerformer(lender_of(place, "s3", pool_size, timeout)))


class SnapshotStore(SnapshotStoreFace):
    """A snapshot store in an S3 bucket."""

    def __init__(
        self,
        place: Place,
        *,
        bucket: str | None = None,
        prefix: str = "",
        pool_size: int = AT_ONCE,
        timeout: float = TIMEOUT,
    ) -> None:
        place, space = located(place, bucket, prefix)
        super().__init__(S3Snapshots(space), AwsPerformer(lender_of(place, "s3", pool_size, timeout)))


class RegisterStore(RegisterStoreFace):
    """A register store in an S3 bucket."""

    def __init__(
        self,
        place: Place,
        *,
        bucket: str | None = None,
        prefix: str = "",
        pool_size: int = AT_ONCE,
        timeout: float = TIMEOUT,
    ) -> None:
        place, space = located(place, bucket, prefix)
        super().__init__(Registers(S3Cells(space)), AwsPerformer(lender_of(place, "s3", pool_size, timeout)))


class PersistenceManagement(PersistenceManagementFace):
    """Makes a bucket ready, proves that it keeps its word, and empties it; and brings logs up to date."""

    def __init__(
        self,
        place: Place,
        *,
        bucket: str | None = None,
        prefix: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        place, space = located(place, bucket, prefix)
        self._management = S3Management(space, region_of(place))
        super().__init__(self._management, AwsPerformer(lender_of(place, "s3", AT_ONCE, timeout)))

    def sequence(self, tenant_id: str) -> None:
        """Give all of the tenant's commits their checkpoints, as whoever reads its log does."""
        self._run(self._management.sequence(tenant_id), "sequence", (tenant_id,))
