"""The port through which positions, leases and the like are kept (law L14).

A register is linearizable: whoever reads it sees what was put last. A name out of bounds raises
`InvalidIdentifier`, what is no register `InvalidRegister`, and what the storage does wrong one of the
`AettError`s.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from aett.core.outcome import Outcome
from aett.core.register import Overtaken, Register


class RegisterStore(Protocol):
    """Named cells with compare-and-set."""

    def get(self, tenant_id: str, name: str) -> Register:
        """What is in it now; a register that does not `exist` if there is nothing."""
        ...

    def put(self, register: Register, payload: bytes) -> Outcome[Register, Overtaken]:
        """Put this payload in the place of what was read: `Success` with the register as it is now.

        `Failure(Overtaken(found))` if the register is no longer of that version: of any number of writers who read
        the same, one is first. Raises `InvalidRegister` if the engine cannot store so many bytes.
        """
        ...

    def remove(self, register: Register) -> Outcome[Register, Overtaken]:
        """Remove what was read: `Success` with the empty register, `Failure` if it is of another version now."""
        ...

    def names(self, tenant_id: str, prefix: str = "") -> Iterator[str]:
        """The names of the tenant's registers that begin so, each once, in an order of the engine's."""
        ...


class AsyncRegisterStore(Protocol):
    """A `RegisterStore` that is awaited."""

    async def get(self, tenant_id: str, name: str) -> Register:
        """What is in it now; a register that does not `exist` if there is nothing."""
        ...

    async def put(self, register: Register, payload: bytes) -> Outcome[Register, Overtaken]:
        """Put this payload in the place of what was read: `Success` with the register as it is now.

        `Failure(Overtaken(found))` if the register is no longer of that version: of any number of writers who read
        the same, one is first. Raises `InvalidRegister` if the engine cannot store so many bytes.
        """
        ...

    async def remove(self, register: Register) -> Outcome[Register, Overtaken]:
        """Remove what was read: `Success` with the empty register, `Failure` if it is of another version now."""
        ...

    def names(self, tenant_id: str, prefix: str = "") -> AsyncIterator[str]:
        """The names of the tenant's registers that begin so, each once, in an order of the engine's."""
        ...
