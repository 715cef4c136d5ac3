"""Registers: named cells that remember one value, put in place by compare-and-set.

Whatever remembers a position, or who holds a lease, is a register: it is overwritten, and so never part of a log.
"""

from __future__ import annotations

from attrs import field, frozen

from aett.core import identifier, number
from aett.core.errors import InvalidRegister


@frozen
class Register:
    """A cell as it was read. `Register(tenant_id, name)` is one in which there is nothing yet.

    version: 0 if there is nothing in it; otherwise a number that grows by one each time that something is put
      into the cell. A cell that was removed begins anew at another number, taken at random: who remembers a
      version of before never has it again.
    payload: what is in it; bytes that mean nothing to the store.

    Raises `InvalidIdentifier` or `InvalidRegister`.
    """

    tenant_id: str = field(converter=identifier.tenant)
    name: str = field(converter=identifier.register)
    version: int = field(default=0, validator=number.an_int)
    payload: bytes = b""

    def __attrs_post_init__(self) -> None:
        """Refuse what no cell can be."""
        if type(self.payload) is not bytes:
            raise InvalidRegister(f"a register's payload must be bytes, not {type(self.payload).__name__}")
        if self.version < 0 or (self.version == 0 and self.payload):
            raise InvalidRegister(f"register {self.name!r} cannot be of version {self.version}")

    @property
    def exists(self) -> bool:
        """Whether there is something in it."""
        return self.version > 0


@frozen
class Overtaken:
    """Somebody put something else into the register, or removed it; `found` is what it is now. Nothing changed."""

    found: Register
