"""What SQLite's errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from tenacity import wait_random_exponential

from aett.core.errors import AettError, CorruptStorage, SchemaMismatch, StorageUnavailable, StoreClosed

_PRIMARY: Final = 0xFF
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_ANOTHER_SCHEMA: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)


PAUSE: Final = wait_random_exponential(multiplier=0.002, max=0.1)
"""Seconds between attempts while others write: jitter keeps processes from waking together."""


def code(error: BaseException) -> int:
    """SQLite's primary result code; 0 if there is none."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY


def busy(error: BaseException) -> bool:
    """Whether another writer is in the way, for now."""
    return isinstance(error, sqlite3.Error) and code(error) in _BUSY


def translated(error: Exception, name: str, path: Path | None) -> AettError:  # noqa: PLR0911  # a table
    """The error of ours that this one of the driver's means."""
    number = code(error)
    if number == sqlite3.SQLITE_CANTOPEN and path is not None:
        return _cannot_open(path)
    if number == sqlite3.SQLITE_NOTADB:
        return SchemaMismatch(f"{name} is not a SQLite database")
    if number == sqlite3.SQLITE_CORRUPT:
        return CorruptStorage(f"{name}: {error}")
    if number in _ANOTHER_SCHEMA:
        return SchemaMismatch(
            f"{name}: {error}; PersistenceManagement(...).initialize() creates and verifies tables"
        )
    if number == 0 and isinstance(error, sqlite3.ProgrammingError | ValueError):
        return StoreClosed(f"{name} is closed: {error}")
    if number in _BUSY:
        return StorageUnavailable(f"{name}: other writers kept it busy for longer than busy_timeout: {error}")
    return StorageUnavailable(f"{name}: {error}")


def _cannot_open(path: Path) -> AettError:
    if not path.absolute().parent.is_dir():
        return StorageUnavailable(f"{path}: the directory {path.absolute().parent} does not exist")
    if not path.exists():
        return SchemaMismatch(f"{path} does not exist: create it with PersistenceManagement(...).initialize()")
    return StorageUnavailable(f"{path} cannot be opened as a SQLite database")
