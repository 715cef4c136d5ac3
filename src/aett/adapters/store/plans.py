"""What an engine's plans must offer for the faces to become its stores."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from aett.adapters.store.importing import Batch
from aett.adapters.store.reading import Reading
from aett.adapters.store.record import Recorder
from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.outcome import Outcome
from aett.core.page import Page
from aett.core.plan import Plan
from aett.core.register import Overtaken, Register
from aett.core.rejection import CommitRejection
from aett.core.snapshot import Snapshot
from aett.core.tail import Tail
from aett.core.topic_map import TopicMap


class CommitPlans(Protocol):
    """The algorithms of a commit store."""

    @property
    def recorder(self) -> Recorder:
        """What encodes commits."""
        ...

    def commit(self, commit: Commit) -> Plan[Outcome[Commit, CommitRejection]]:
        """Append, or find out why not."""
        ...

    def commit_all(self, batch: Batch) -> Plan[list[Outcome[Commit, CommitRejection]]]:
        """Append several, and find out why not."""
        ...

    def get(
        self,
        tenant_id: str,
        stream_id: str,
        min_revision: int,
        max_revision: int,
        *,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Reading[Commit]:
        """A stream between revisions."""
        ...

    def get_to(self, tenant_id: str, stream_id: str, max_time: datetime) -> Reading[Commit]:
        """A stream's prefix by time."""
        ...

    def get_all_to(self, tenant_id: str, max_time: datetime) -> Reading[Commit]:
        """A tenant's commits by time."""
        ...

    def get_from(
        self,
        tenant_id: str,
        checkpoint: int,
        max_checkpoint: int = MAX_REVISION,
        *,
        topics: TopicMap | Iterable[str] | None = None,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Reading[Commit]:
        """A tenant's log."""
        ...

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """Where a stream ends."""
        ...

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """Where a log ends."""
        ...

    def tenants(self) -> Reading[str]:
        """Who has a log."""
        ...

    def find(self, tenant_id: str, stream_id: str, commit_id: UUID) -> Plan[Commit | None]:
        """One commit by its id."""
        ...

    def pages(
        self, tenant_id: str, stream_id: str, min_revision: int, max_revision: int, max_time: datetime | None
    ) -> Reading[Page]:
        """A stream for folding."""
        ...


class SnapshotPlans(Protocol):
    """The algorithms of a snapshot store."""

    def get(self, tenant_id: str, stream_id: str, max_revision: int) -> Plan[Snapshot | None]:
        """The newest at or below a revision."""
        ...

    def add(self, snapshot: Snapshot) -> Plan[None]:
        """Keep one."""
        ...


class RegisterPlans(Protocol):
    """The algorithms of a register store."""

    def get(self, tenant_id: str, name: str) -> Plan[Register]:
        """What is in one."""
        ...

    def put(self, register: Register, payload: bytes) -> Plan[Outcome[Register, Overtaken]]:
        """Put something in its place."""
        ...

    def remove(self, register: Register) -> Plan[Outcome[Register, Overtaken]]:
        """Remove it."""
        ...

    def names(self, tenant_id: str, prefix: str) -> Reading[str]:
        """What registers there are."""
        ...


class ManagementPlans(Protocol):
    """The algorithms that make, empty and remove a place of storage."""

    def initialize(self) -> Plan[None]:
        """Create and verify."""
        ...

    def drop(self) -> Plan[None]:
        """Remove all."""
        ...

    def purge(self, tenant_id: str) -> Plan[None]:
        """Empty a tenant."""
        ...

    def purge_stream(self, tenant_id: str, stream_id: str) -> Plan[None]:
        """Empty a stream."""
        ...
