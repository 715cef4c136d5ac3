"""The port through which states are cached (law L12)."""

from __future__ import annotations

from typing import Protocol

from aett.core.number import MAX_REVISION
from aett.core.snapshot import Snapshot


class SnapshotStore(Protocol):
    """Keeps snapshots; losing them all loses nothing but time."""

    def get(self, tenant_id: str, stream_id: str, *, max_revision: int = MAX_REVISION) -> Snapshot | None:
        """The newest snapshot at or below this revision, if there is one."""
        ...

    def add(self, snapshot: Snapshot) -> None:
        """Keep it, in place of any other of the same stream and revision."""
        ...


class AsyncSnapshotStore(Protocol):
    """A `SnapshotStore` that is awaited."""

    async def get(self, tenant_id: str, stream_id: str, *, max_revision: int = MAX_REVISION) -> Snapshot | None:
        """The newest snapshot at or below this revision, if there is one."""
        ...

    async def add(self, snapshot: Snapshot) -> None:
        """Keep it, in place of any other of the same stream and revision."""
        ...
