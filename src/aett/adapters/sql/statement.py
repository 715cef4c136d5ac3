"""The steps of the SQL engines: a statement, several in one transaction, an insert, a lock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from aett.core.plan import Step

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = list[Row]
Parameters: TypeAlias = Mapping[str, Any]

_NONE: Parameters = {}


@frozen
class Statement(Step[Rows]):
    """One statement, atomic by itself; the reply is its rows.

    text: with named parameters, as `:name`; a performer renders them as its driver wants them.
    writes: whether it takes the engine's lock for writing.
    alone: whether it must be outside of any transaction: one of the caller's is `UnsupportedServer`.
    """

    text: str
    parameters: Parameters = _NONE
    writes: bool = field(default=False, kw_only=True)
    alone: bool = field(default=False, kw_only=True)


@frozen
class Transaction(Step[list[Rows]]):
    """Several statements, all or none of which take effect; the reply is the rows of each."""

    statements: tuple[Statement, ...]


@frozen
class Change(Step["int | None"]):
    """A statement that writes one row, or none; the reply is the number that the server gave it, or any other.

    None if it wrote none: a condition of the statement did not hold, or a unique key was taken.
    """

    text: str
    parameters: Parameters


@frozen
class Try(Step[bool]):
    """A statement that waits for a lock, outside of any transaction; the reply is whether it had it in time."""

    text: str
