"""What the errors of Amazon's clients mean, sync or async."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from aett.adapters.aws.call import Call, Refused
from aett.core.errors import AettError, SchemaMismatch, StorageUnavailable, UnsupportedServer

KINDS: Final[tuple[type[Exception], ...]] = (BotoCoreError, ClientError)

_SCHEMA: Final = ("ResourceNotFoundException", "NoSuchBucket", "ValidationException")
_TOO_LARGE: Final = "Item size"
_NOT_ALLOWED: Final = ("AccessDeniedException", "AccessDenied", "NotImplemented", "UnknownOperationException")
_CONFIGURATION: Final = (NoCredentialsError, PartialCredentialsError, NoRegionError)


def refused(error: ClientError, call: Call) -> Refused | None:
    """The answer that this error is for the plan; None if the plan does not expect it."""
    response: Any = error.response
    code = str(response.get("Error", {}).get("Code", ""))
    if code not in call.refusals:
        return None
    reasons = response.get("CancellationReasons", ())
    return Refused(code, tuple(str(each.get("Code", "None")) for each in reasons))


def translated(error: Exception, name: str) -> AettError:
    """The error of ours that this one of a client's means."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    told = f"{name}: {lines[0][:500]}"
    response: Any = getattr(error, "response", {})
    code = str(response.get("Error", {}).get("Code", ""))
    if code in _SCHEMA and _TOO_LARGE not in told:
        return SchemaMismatch(f"{told}; PersistenceManagement(...).initialize() creates and verifies the place")
    if code in _NOT_ALLOWED or isinstance(error, _CONFIGURATION):
        return UnsupportedServer(told)
    return StorageUnavailable(told)
