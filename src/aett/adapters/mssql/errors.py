"""What SQL Server's errors mean, by their numbers."""

from __future__ import annotations

import re
from typing import Final

import pyodbc

from aett.adapters.sql.failing import Failures
from aett.adapters.store.meaning import Meanings
from aett.core.errors import AettError

_NUMBER: Final = re.compile(r"\((\d+)\)")
_DUPLICATE: Final = (2627, 2601)
_VICTIM: Final = (1205, 3960)
_UNSURE: Final = ("08", "HYT")
"""SQLSTATEs of a connection that broke, and of a time that was over."""

_MEANINGS: Final = Meanings(
    schema=(207, 208, 213, 515, 4902),
    refused=(229, 230, 262, 297, 300, 911, 916, 4060, 15247, 18452, 18456, 18470, 18486, 18487, 18488),
    unsupported=(3906,),
    corrupt=(605, 823, 824),
)


def numbers(error: BaseException) -> frozenset[int]:
    """The server's numbers that the error tells: drivers put them, in parentheses, into their text."""
    return frozenset(int(each) for part in error.args for each in _NUMBER.findall(str(part)))


def duplicate(error: BaseException) -> bool:
    """Whether a unique key was taken."""
    return not numbers(error).isdisjoint(_DUPLICATE)


def _victim(error: BaseException) -> bool:
    return not numbers(error).isdisjoint(_VICTIM) or duplicate(error)


def _undone(error: BaseException) -> bool:
    return bool(numbers(error)) and not str(error.args[0]).startswith(_UNSURE)


def _translated(error: Exception, name: str) -> AettError:
    told = str(error.args[-1]) if error.args else type(error).__name__
    return _MEANINGS.error(numbers(error), f"{name}: {told[:500]}")


FAILURES: Final = Failures((pyodbc.Error,), _victim, _undone, _translated)
"""A duplicate key outside of an append is that of a snapshot that two add at once: it is tried again."""
