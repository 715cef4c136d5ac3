"""The steps of the SQL engines: a statement, or several in one transaction."""

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

    writes: whether it takes the engine's lock for writing.
    """

    text: str
    parameters: Parameters = _NONE
    writes: bool = field(default=False, kw_only=True)


@frozen
class Transaction(Step[list[Rows]]):
    """Several statements, all or none of which take effect; the reply is the rows of each."""

    statements: tuple[Statement, ...]
