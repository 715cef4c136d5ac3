"""The S3 stores on aioboto3."""

from __future__ import annotations

from typing import Any, TypeAlias

import aioboto3

from aett.adapters.aws.awaiting import AsyncAwsPerformer, lender_of
from aett.adapters.aws.performing import AT_ONCE
from aett.adapters.aws.place import TIMEOUT, Configuration
from aett.adapters.s3.engine import MAX_COMMIT_SIZE, S3Engine
from aett.adapters.s3.management import S3Management
from aett.adapters.s3.place import located, region_of
from aett.adapters.s3.registers import S3Cells
from aett.adapters.s3.snapshots import S3Snapshots
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
    """A commit store in an S3 bucket.

    place: a URL (`s3://bucket/prefix`, perhaps with `?region=`, `endpoint_url=` and `profile=`; credentials come
      from the usual chain); or a `Configuration`, an `aioboto3.Session` or an aioboto3 client of yours,
      beside `bucket`.
    bucket, prefix: where all keys stand, if no URL says so.
    page_size: commits read at once.
    max_commit_size: bytes of headers, events and commands; more is `CommitTooLarge`.
    pool_size: connections at most. timeout: seconds to wait for a server, or a connection.

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
        super().__init__(plans, AsyncAwsPerformer(lender_of(place, "s3", pool_size, timeout)))


class AsyncSnapshotStore(AsyncSnapshotStoreFace):
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
        super().__init__(S3Snapshots(space), AsyncAwsPerformer(lender_of(place, "s3", pool_size, timeout)))


class AsyncRegisterStore(AsyncRegisterStoreFace):
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
        super().__init__(Registers(S3Cells(space)), AsyncAwsPerformer(lender_of(place, "s3", pool_size, timeout)))


class AsyncPersistenceManagement(AsyncPersistenceManagementFace):
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
        super().__init__(self._management, AsyncAwsPerformer(lender_of(place, "s3", AT_ONCE, timeout)))

    async def sequence(self, tenant_id: str) -> None:
        """Give all of the tenant's commits their checkpoints, as whoever reads its log does."""
        await self._run(self._management.sequence(tenant_id), "sequence", (tenant_id,))
