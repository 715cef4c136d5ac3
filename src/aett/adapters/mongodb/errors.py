"""What MongoDB's errors mean, whichever client raises them."""

from __future__ import annotations

from typing import Final

from bson.errors import BSONError
from pymongo.errors import ConfigurationError, InvalidOperation, OperationFailure, PyMongoError

from aett.adapters.store.meaning import Meanings, line
from aett.core.errors import AettError, CorruptStorage, UnsupportedServer

KINDS: Final[tuple[type[Exception], ...]] = (PyMongoError, BSONError)

_MEANINGS: Final = Meanings(
    schema=(85, 86, 26),  # IndexOptionsConflict, IndexKeySpecsConflict, NamespaceNotFound
    refused=(11, 13, 18, 8000),  # UserNotFound, Unauthorized, AuthenticationFailed, Atlas's own
    unsupported=(20, 115, 263),  # IllegalOperation, CommandNotSupported, OperationNotSupportedInTransaction
)


def translated(error: Exception, name: str) -> AettError:
    """The error of ours that this one of a client's means."""
    told = f"{name}: {line(error)}"
    if isinstance(error, BSONError):
        return CorruptStorage(told)
    if isinstance(error, (InvalidOperation, ConfigurationError)):
        return UnsupportedServer(told)
    code = error.code if isinstance(error, OperationFailure) else None
    return _MEANINGS.error(frozenset({code or 0}), told)
