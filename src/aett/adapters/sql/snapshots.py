"""The plans of a snapshot store on SQL."""

from __future__ import annotations

from attrs import frozen

from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.statement import Statement
from aett.core import identifier
from aett.core.head import Head
from aett.core.number import bound
from aett.core.plan import Plan
from aett.core.snapshot import Snapshot


@frozen
class SqlSnapshots:
    """A `SnapshotPlans`: one statement each."""

    dialect: Dialect

    def get(self, tenant_id: str, stream_id: str, max_revision: int) -> Plan[Snapshot | None]:
        """Look the newest up."""
        rows = yield from Statement(
            self.dialect.find_snapshot,
            {
                "tenant_id": identifier.tenant(tenant_id),
                "stream_id": identifier.stream(stream_id),
                "max_revision": bound("max_revision", max_revision),
            },
        )
        if not rows:
            return None
        *head, fingerprint, payload = rows[0]
        return Snapshot(Head(*head), fingerprint, payload)

    def add(self, snapshot: Snapshot) -> Plan[None]:
        """Insert or replace it."""
        head = snapshot.head
        yield from Statement(
            self.dialect.add_snapshot,
            {
                "tenant_id": head.tenant_id,
                "stream_id": head.stream_id,
                "stream_revision": head.revision,
                "commit_sequence": head.sequence,
                "checkpoint": head.checkpoint,
                "fingerprint": snapshot.fingerprint,
                "payload": snapshot.payload,
            },
            writes=True,
        )
