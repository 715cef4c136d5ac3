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
from aett.adapters.store.meaning import Meanings, line
from aett.core.errors import AccessRefused, AettError, SchemaMismatch, UnsupportedServer

KINDS: Final[tuple[type[Exception], ...]] = (BotoCoreError, ClientError)

_MEANINGS: Final = Meanings(
    schema=("ResourceNotFoundException", "NoSuchBucket"),
    refused=(
        *("AccessDeniedException", "AccessDenied", "403", "AllAccessDisabled", "AccountProblem", "OptInRequired"),
        *("UnrecognizedClientException", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken"),
        *("InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignatureException"),
        *(
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            "ExpiredTokenException",
            "ExpiredToken",
        ),
        "RequestTimeTooSkewed",
    ),
    unsupported=("NotImplemented", "UnknownOperationException"),
)
_INVALID: Final = ("ValidationException", "InvalidRequest", "InvalidArgument")
_KEYS: Final = ("key element", "the key ", "for key ", "key schema")
"""In what DynamoDB says where a table's keys are others than ours."""

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
    told = f"{name}: {line(error)}"
    response: Any = getattr(error, "response", None) or {}  # of a connection's errors it is None
    code = str(response.get("Error", {}).get("Code", ""))
    if isinstance(error, _CONFIGURATION):
        return AccessRefused(told)
    if code in _INVALID:
        if any(each in told for each in _KEYS):
            return SchemaMismatch(f"{told}: the table has other keys than initialize() gives it")
        return UnsupportedServer(f"{name} does not take a request of ours: {line(error)}")
    return _MEANINGS.error(frozenset({code}), told)
