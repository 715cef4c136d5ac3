"""What PostgreSQL's errors mean, by their SQLSTATE, whichever driver raises them."""

from __future__ import annotations

from typing import Final

from aett.core.errors import (
    AettError,
    CorruptStorage,
    SchemaMismatch,
    StorageUnavailable,
    UnsupportedServer,
)

_VICTIM: Final = ("40001", "40P01")
_SCHEMA: Final = ("42P01", "42703", "42804", "42883", "42P10", "3F000", "23502", "428C9", "42809")
_NOT_ALLOWED: Final = ("42501", "25006", "0A000")
_CORRUPT: Final = ("XX001", "XX002")


def _state(error: BaseException) -> str:
    return getattr(error, "sqlstate", None) or ""


def victim(error: BaseException) -> bool:
    """Whether the server undid it for the sake of others: it may be tried again."""
    return _state(error) in _VICTIM


def translated(error: Exception, name: str) -> AettError:
    """The error of ours that this one of a driver's means."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    code, told = _state(error), f"{name}: {lines[0]}"  # the rest shows the statement, or guesses
    if code in _SCHEMA:
        return SchemaMismatch(f"{told}; PersistenceManagement(...).initialize() creates and verifies tables")
    if code in _NOT_ALLOWED:
        return UnsupportedServer(told)
    if code in _CORRUPT:
        return CorruptStorage(told)
    return StorageUnavailable(told)
