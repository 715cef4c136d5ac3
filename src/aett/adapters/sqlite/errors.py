"""What SQLite's errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from tenacity import wait_random_exponential

from aett.adapters.sqlite.database import Database
from aett.core.errors import (
    AccessRefused,
    AettError,
    CorruptStorage,
    SchemaMismatch,
    StorageUnavailable,
    StoreClosed,
    UnsupportedServer,
)

_PRIMARY: Final = 0xFF
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_REFUSED: Final = (sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY)
_ANOTHER_SCHEMA: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)


PAUSE: Final = wait_random_exponential(multiplier=0.002, max=0.1)
"""Seconds between attempts while others write: jitter keeps processes from waking together."""


def code(error: BaseException) -> int:
    """SQLite's primary result code; 0 if there is none."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY


def busy(error: BaseException) -> bool:
    """Whether another writer is in the way, for now."""
    return isinstance(error, sqlite3.Error) and code(error) in _BUSY


def translated(error: Exception, database: Database) -> AettError:  # noqa: PLR0911  # a table
    """The error of ours that this one of the driver's means."""
    name, number = database.name, code(error)
    if number == sqlite3.SQLITE_CANTOPEN and database.path is not None:
        return _cannot_open(database.path, create=database.create)
    if number == sqlite3.SQLITE_NOTADB:
        return SchemaMismatch(f"{name} is not a SQLite database")
    if number in _REFUSED:
        return AccessRefused(f"{name}: {error}")
    if number == sqlite3.SQLITE_CORRUPT:
        return CorruptStorage(f"{name}: {error}")
    if number in _ANOTHER_SCHEMA:
        return SchemaMismatch(
            f"{name}: {error}; PersistenceManagement(...).initialize() creates and verifies tables"
        )
    if number in _BUSY:
        return StorageUnavailable(f"{name}: other writers kept it busy for longer than busy_timeout: {error}")
    if isinstance(error, sqlite3.ProgrammingError):  # without a number: it is Python's, not SQLite's
        return _misused(error, name)
    return StorageUnavailable(f"{name}: {error}")


def _misused(error: sqlite3.ProgrammingError, name: str) -> AettError:
    if "closed" in str(error):
        return StoreClosed(f"{name} is closed: {error}")
    if "thread" in str(error):
        return UnsupportedServer(f"open {name} with check_same_thread=False: {error}")
    return StorageUnavailable(f"{name}: {error}")


def _cannot_open(path: Path, *, create: bool) -> AettError:
    directory = path.parent
    try:
        missing, absent = not directory.is_dir(), not path.exists()
    except PermissionError:
        return AccessRefused(f"{path}: the directory {directory} cannot be entered")
    if missing:
        return AccessRefused(f"{path}: the directory {directory} does not exist")
    if absent and create:
        return AccessRefused(f"{path} cannot be created: the directory {directory} cannot be written")
    if absent:
        return SchemaMismatch(f"{path} does not exist: create it with PersistenceManagement(...).initialize()")
    return AccessRefused(f"{path} cannot be opened as a SQLite database, or not the files beside it (-wal, -shm)")
