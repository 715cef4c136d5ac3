"""What a server's errors mean, by their codes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from attrs import frozen

from aett.core.errors import (
    AccessRefused,
    AettError,
    CorruptStorage,
    SchemaMismatch,
    StorageUnavailable,
    UnsupportedServer,
)

C = TypeVar("C", bound=Hashable)

_LONGEST: Final = 500


def line(error: Exception) -> str:
    """What an error says first, or its class if it says nothing: the rest shows statements, or guesses."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_LONGEST]


@frozen(kw_only=True)
class Meanings(Generic[C]):
    """Codes that say more than that something failed. Whatever has none of them may pass: `StorageUnavailable`.

    schema: the place is not as `initialize` makes it. refused: this user is not let in, or may not do this, or the
    database does not exist. unsupported: a server that is read-only, or lacks what the engine needs.
    corrupt: what is stored cannot be read.
    """

    schema: tuple[C, ...]
    refused: tuple[C, ...]
    unsupported: tuple[C, ...]
    corrupt: tuple[C, ...] = ()

    def error(self, codes: frozenset[C], told: str) -> AettError:
        """The error of these codes; told: where, and what the server said."""
        if not codes.isdisjoint(self.refused):
            return AccessRefused(told)
        if not codes.isdisjoint(self.schema):
            return SchemaMismatch(
                f"{told}; PersistenceManagement(...).initialize() creates and verifies the place"
            )
        if not codes.isdisjoint(self.unsupported):
            return UnsupportedServer(told)
        if not codes.isdisjoint(self.corrupt):
            return CorruptStorage(told)
        return StorageUnavailable(told)
