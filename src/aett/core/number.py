"""Numbers of revisions, sequences and checkpoints: whole, and nothing that only looks like it."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from aett.core.errors import InvalidCommit

MAX_REVISION: Final = 2**63 - 1
"""The largest revision, sequence and checkpoint: what a signed 64-bit integer holds."""


def whole(what: str, number: int) -> int:
    """The number itself; `InvalidCommit` if it is no int (True is none either)."""
    if type(number) is not int:
        raise InvalidCommit(f"{what} must be an int, not {type(number).__name__}")
    return number


def bound(what: str, number: int) -> int:
    """The number, or the nearest that engines can hold: a bound may lie outside of all that there is."""
    return max(0, min(whole(what, number), MAX_REVISION))


def positive(what: str, number: int) -> int:
    """The number itself, a setting of the caller's; `ValueError` if it is no int from 1 up."""
    if type(number) is not int or number < 1:
        raise ValueError(f"{what} must be an int of at least 1, not {number!r}")
    return number


def unique(commit_id: UUID) -> UUID:
    """The id itself; `InvalidCommit` if it is no UUID."""
    if not isinstance(commit_id, UUID):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidCommit(f"commit_id must be a UUID, not {type(commit_id).__name__}")
    return commit_id if type(commit_id) is UUID else UUID(int=commit_id.int)


def at_least_one(_instance: Any, attribute: Any, number: int) -> None:
    """An attrs validator: the field holds an int from 1 up."""
    positive(attribute.name, number)


def an_int(_instance: Any, attribute: Any, number: int) -> None:
    """An attrs validator: the field holds a whole number."""
    whole(attribute.name, number)


def an_int_or_none(_instance: Any, attribute: Any, number: int | None) -> None:
    """An attrs validator: the field holds a whole number, or None."""
    if number is not None:
        whole(attribute.name, number)
