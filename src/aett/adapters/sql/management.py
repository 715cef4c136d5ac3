"""The plans that make, empty and remove tables."""

from __future__ import annotations

from attrs import frozen

from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.statement import Parameters, Statement, Transaction
from aett.core import identifier
from aett.core.errors import SchemaMismatch, UnsupportedServer
from aett.core.plan import Plan


@frozen
class SqlManagement:
    """A `ManagementPlans` by a dialect's statements."""

    dialect: Dialect

    def initialize(self) -> Plan[None]:
        """Prepare the server, create what is absent, then verify all of it by name."""
        for text in self.dialect.refuse:
            if reasons := (yield from Statement(text)):
                raise UnsupportedServer("; ".join(str(reason) for (reason,) in reasons))
        for text in self.dialect.prepare:
            yield from Statement(text, writes=True)
        yield from _transaction(self.dialect.create)
        if self.dialect.proof:
            *_, rows = yield from Transaction(tuple(map(Statement, self.dialect.proof)))
            if not rows:
                raise UnsupportedServer(
                    "this server does not show who holds its locks: the log would skip commits"
                )
        found: dict[str, str] = {}
        for text in self.dialect.describe:
            found.update((yield from Statement(text)))
        differences = [
            f"{name} should be {right!r}, but " + (f"is {found[name]!r}" if name in found else "is absent")
            for name, right in self.dialect.described.items()
            if found.get(name) != right
        ]
        if differences:
            raise SchemaMismatch("; ".join(differences))

    def drop(self) -> Plan[None]:
        """Drop the tables, with all that they hold."""
        yield from _transaction(self.dialect.drop)

    def purge(self, tenant_id: str) -> Plan[None]:
        """Delete the tenant's rows."""
        yield from self._purge(self.dialect.purge, {"tenant_id": identifier.tenant(tenant_id)})

    def purge_stream(self, tenant_id: str, stream_id: str) -> Plan[None]:
        """Delete the stream's rows."""
        place = {"tenant_id": identifier.tenant(tenant_id), "stream_id": identifier.stream(stream_id)}
        yield from self._purge(self.dialect.purge_stream, place)

    def _purge(self, texts: tuple[str, ...], parameters: Parameters) -> Plan[None]:
        """Delete without writers beside: what they append meanwhile would follow what is gone."""
        yield from _transaction((*self.dialect.alone, *texts), parameters)


def _transaction(texts: tuple[str, ...], parameters: Parameters | None = None) -> Plan[None]:
    yield from Transaction(tuple(Statement(text, parameters or {}, writes=True) for text in texts))
