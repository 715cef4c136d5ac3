"""The plans of a register store over any engine's cells.

1. A cell holds a version and a payload. It is changed by one atomic step, on the condition that it still has the
   version that was read (0: that there is none). One of several writers is first; the others look what is there.
2. A version is the one before it plus one. The first is taken at random: a cell that is removed and made anew
   would otherwise have the versions of before, and who remembers one of those would overwrite what it never saw.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import Final, Protocol

from attrs import evolve, frozen

from aett.adapters.store.reading import PAGE_SIZE, Fetched, Reading
from aett.core import identifier
from aett.core.errors import InvalidRegister
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan
from aett.core.register import Overtaken, Register

_BITS: Final = 48
"""Of a first version: so many that none comes twice, so few that people can read them."""


class Cells(Protocol):
    """What an engine does with cells; names have been checked."""

    @property
    def max_payload_size(self) -> int | None:
        """The bytes that a cell holds; None if there is no limit that could be met."""
        ...

    def find(self, tenant_id: str, name: str) -> Plan[Register | None]:
        """What is in a cell."""
        ...

    def swap(self, old: Register, new: Register) -> Plan[bool]:
        """Change a cell from `old` to `new`, if it still has the version of `old`; in one atomic step.

        Version 0: nothing is there, or is to be there.
        """
        ...

    def names(self, tenant_id: str, prefix: str, after: str | None, size: int) -> Plan[list[str]]:
        """The first names, at most `size`, that begin so; or those after the last that was given."""
        ...


def beginning(names: Iterable[str], prefix: str) -> list[str]:
    """Those that begin so, of names in order from the prefix on."""
    return list(takewhile(lambda name: name.startswith(prefix), names))


def first_version() -> int:
    """A number that no cell has had."""
    return secrets.randbits(_BITS) + 1


@frozen
class Registers:
    """A `RegisterPlans`. first: gives the version of a cell that is made."""

    cells: Cells
    first: Callable[[], int] = first_version
    page_size: int = PAGE_SIZE

    def get(self, tenant_id: str, name: str) -> Plan[Register]:
        """Look it up."""
        empty = Register(tenant_id, name)
        return (yield from self.cells.find(empty.tenant_id, empty.name)) or empty

    def put(self, register: Register, payload: bytes) -> Plan[Outcome[Register, Overtaken]]:
        """Swap it for the next version."""
        old = _register(register)
        new = evolve(old, version=old.version + 1 if old.exists else self.first(), payload=payload)
        limit = self.cells.max_payload_size
        if limit is not None and len(payload) > limit:
            raise InvalidRegister(f"register {old.name!r}: {len(payload)} bytes are too many, {limit} are allowed")
        return (yield from self._swapped(old, new))

    def remove(self, register: Register) -> Plan[Outcome[Register, Overtaken]]:
        """Swap it for nothing."""
        old = _register(register)
        return (yield from self._swapped(old, Register(old.tenant_id, old.name)))

    def _swapped(self, old: Register, new: Register) -> Plan[Outcome[Register, Overtaken]]:
        if (yield from self.cells.swap(old, new)):
            return Success(new)
        return Failure(Overtaken((yield from self.get(old.tenant_id, old.name))))

    def names(self, tenant_id: str, prefix: str) -> Reading[str]:
        """Pages of names, by keyset on the name."""
        tenant_id, prefix = identifier.tenant(tenant_id), identifier.register_prefix(prefix)

        def fetch(place: tuple[str | None]) -> Plan[Fetched[str]]:
            found = yield from self.cells.names(tenant_id, prefix, place[0], self.page_size)
            return Fetched(found, (found[-1],) if len(found) == self.page_size else None)

        return Reading((None,), fetch)


def _register(register: Register) -> Register:
    if not isinstance(register, Register):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidRegister(f"a store puts into a Register, not {type(register).__name__}")
    return register
