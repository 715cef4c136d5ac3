"""The port through which a place of storage is made ready, emptied and taken down (law L13)."""

from __future__ import annotations

from typing import Protocol


class PersistenceManagement(Protocol):
    """Creates and verifies what the stores need, and removes what they hold."""

    def initialize(self) -> None:
        """Create what is absent and verify what is there; safe to call twice, and by many at once.

        Raises `SchemaMismatch` naming what differs, `UnsupportedServer` if the laws cannot be kept.
        """
        ...

    def drop(self) -> None:
        """Remove everything, also the tables; no error if nothing is there. Ends the store."""
        ...

    def purge(self, tenant_id: str) -> None:
        """Remove the tenant's commits and snapshots. Its checkpoints are never given again."""
        ...

    def purge_stream(self, tenant_id: str, stream_id: str) -> None:
        """Remove the stream's commits and snapshots."""
        ...


class AsyncPersistenceManagement(Protocol):
    """A `PersistenceManagement` that is awaited."""

    async def initialize(self) -> None:
        """Create what is absent and verify what is there; safe to call twice, and by many at once.

        Raises `SchemaMismatch` naming what differs, `UnsupportedServer` if the laws cannot be kept.
        """
        ...

    async def drop(self) -> None:
        """Remove everything, also the tables; no error if nothing is there. Ends the store."""
        ...

    async def purge(self, tenant_id: str) -> None:
        """Remove the tenant's commits and snapshots. Its checkpoints are never given again."""
        ...

    async def purge_stream(self, tenant_id: str, stream_id: str) -> None:
        """Remove the stream's commits and snapshots."""
        ...
