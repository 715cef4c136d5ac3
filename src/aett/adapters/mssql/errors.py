"""What SQL Server's errors mean, by their numbers."""

from __future__ import annotations

import re
from typing import Final

import pyodbc

from aett.adapters.sql.failing import Failures
from aett.core.errors import (
    AettError,
    CorruptStorage,
    SchemaMismatch,
    StorageUnavailable,
    UnsupportedServer,
)

_NUMBER: Final = re.compile(r"\((\d+)\)")
_DUPLICATE: Final = (2627, 2601)
_VICTIM: Final = (1205, 3960)
_SCHEMA: Final = (207, 208, 213, 515, 4902)
_NOT_ALLOWED: Final = (229, 230, 262, 297, 300, 3906, 15247)
_CORRUPT: Final = (605, 823, 824)


def numbers(error: BaseException) -> frozenset[int]:
    """The server's numbers that the error tells: drivers put them, in parentheses, into their text."""
    return frozenset(int(each) for part in error.args for each in _NUMBER.findall(str(part)))


def duplicate(error: BaseException) -> bool:
    """Whether a unique key was taken."""
    return not numbers(error).isdisjoint(_DUPLICATE)


def _victim(error: BaseException) -> bool:
    return not numbers(error).isdisjoint(_VICTIM) or duplicate(error)


def _translated(error: Exception, name: str) -> AettError:
    found, told = numbers(error), f"{name}: {error.args[-1] if error.args else type(error).__name__}"
    if not found.isdisjoint(_SCHEMA):
        return SchemaMismatch(f"{told}; PersistenceManagement(...).initialize() creates and verifies tables")
    if not found.isdisjoint(_NOT_ALLOWED):
        return UnsupportedServer(told)
    if not found.isdisjoint(_CORRUPT):
        return CorruptStorage(told)
    return StorageUnavailable(told)


FAILURES: Final = Failures((pyodbc.Error,), _victim, _translated)
"""A duplicate key outside of an append is that of a snapshot that two add at once: it is tried again."""
