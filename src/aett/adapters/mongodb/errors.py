"""What MongoDB's errors mean, whichever client raises them."""

from __future__ import annotations

from typing import Final

from bson.errors import BSONError
from pymongo.errors import InvalidOperation, OperationFailure, PyMongoError

from aett.core.errors import AettError, CorruptStorage, SchemaMismatch, StorageUnavailable, UnsupportedServer

KINDS: Final[tuple[type[Exception], ...]] = (PyMongoError, BSONError)

_SCHEMA: Final = (85, 86, 26)  # IndexOptionsConflict, IndexKeySpecsConflict, NamespaceNotFound
_NOT_ALLOWED: Final = (13, 20, 115, 263)  # Unauthorized, IllegalOperation, CommandNotSupported...


def translated(error: Exception, name: str) -> AettError:
    """The error of ours that this one of a client's means."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    told = f"{name}: {lines[0][:500]}"
    if isinstance(error, BSONError):
        return CorruptStorage(told)
    if isinstance(error, OperationFailure) and error.code in _SCHEMA:
        return SchemaMismatch(told)
    if isinstance(error, OperationFailure) and error.code in _NOT_ALLOWED:
        return UnsupportedServer(told)
    if isinstance(error, InvalidOperation):
        return UnsupportedServer(told)
    return StorageUnavailable(told)
