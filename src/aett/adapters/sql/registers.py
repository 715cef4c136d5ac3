"""The cells of registers on SQL: a row each."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.statement import Change, Statement
from aett.adapters.store.registers import beginning
from aett.core.plan import Plan
from aett.core.register import Register


@frozen
class SqlCells:
    """A `Cells`: one statement each."""

    dialect: Dialect

    @property
    def max_payload_size(self) -> int | None:
        """As much as a commit."""
        return self.dialect.max_commit_size

    def find(self, tenant_id: str, name: str) -> Plan[Register | None]:
        """By the key."""
        rows = yield from Statement(self.dialect.find_register, {"tenant_id": tenant_id, "name": name})
        return Register(tenant_id, name, *rows[0]) if rows else None

    def swap(self, old: Register, new: Register) -> Plan[bool]:
        """Insert, update or delete the row; a condition on its version is in the statement."""
        words, place = self.dialect, {"tenant_id": old.tenant_id, "name": old.name}
        if not (old.exists or new.exists):
            return (yield from self.find(old.tenant_id, old.name)) is None
        put: dict[str, Any] = {"version": new.version, "payload": new.payload}
        if not old.exists:
            changed = yield from Change(words.add_register, {**place, **put})
        elif new.exists:
            changed = yield from Change(words.put_register, {**place, **put, "old_version": old.version})
        else:
            changed = yield from Change(words.remove_register, {**place, "old_version": old.version})
        return changed is not None

    def names(self, tenant_id: str, prefix: str, after: str | None, size: int) -> Plan[list[str]]:
        """By the key, from the prefix on."""
        parameters = {"tenant_id": tenant_id, "prefix": prefix, "after": after or "", "page_size": size}
        rows = yield from Statement(self.dialect.register_names, parameters)
        return beginning((name for (name,) in rows), prefix)
