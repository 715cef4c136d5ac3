"""What PostgreSQL's errors mean, by their SQLSTATE, whichever driver raises them."""

from __future__ import annotations

import re
from typing import Final

from aett.adapters.store.meaning import Meanings, line
from aett.core.errors import AccessRefused, AettError

_VICTIM: Final = ("40001", "40P01")
_BROKEN: Final = ("08", "57P")
_MEANINGS: Final = Meanings(
    schema=("42P01", "42703", "42804", "42883", "42P10", "3F000", "23502", "428C9", "42809"),
    refused=("28000", "28P01", "3D000", "42501"),
    unsupported=("25006", "0A000"),
    corrupt=("XX001", "XX002"),
)

_REFUSED: Final = re.compile(
    r"authentication failed|no pg_hba\.conf entry|(role|database) .* does not exist|not permitted"
)
"""libpq tells why it could not connect in words only."""


def _state(error: BaseException) -> str:
    return getattr(error, "sqlstate", None) or ""


def victim(error: BaseException) -> bool:
    """Whether the server undid it for the sake of others: it may be tried again."""
    return _state(error) in _VICTIM


def undone(error: BaseException) -> bool:
    """Whether it is the server that tells of it, and not of a connection that broke: nothing is left of it."""
    return bool(_state(error)) and not _state(error).startswith(_BROKEN)


def translated(error: Exception, name: str) -> AettError:
    """The error of ours that this one of a driver's means."""
    code, told = _state(error), f"{name}: {line(error)}"
    if not code and _REFUSED.search(str(error)):
        return AccessRefused(told)
    return _MEANINGS.error(frozenset({code}), told)
