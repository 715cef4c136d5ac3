"""The steps of the SQL engines: a statement, several in one transaction, an insert, a lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import field, frozen

from aett.core.plan import Step

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = list[Row]
Parameters: TypeAlias = Mapping[str, Any]

Place: TypeAlias = tuple[str, str]
"""A tenant and its stream."""

_NONE: Parameters = {}


def place_of(parameters: Parameters) -> Place:
    """Where this is appended."""
    return parameters["tenant_id"], parameters["stream_id"]


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
class Together:
    """One statement that appends several commits of different streams.

    text: of so many; it gives of each that it has appended `tenant_id`, `stream_id` and the checkpoint, where the
      engine does not say otherwise.
    parameters: of both texts, made of the parameters of each append.
    found: of so many; it gives the same, after `text`, on a server on which that gives no rows.
    """

    text: Callable[[int], str]
    parameters: Callable[[Sequence[Parameters]], Any]
    found: Callable[[int], str] | None = None


@frozen
class Append(Change):
    """A `Change` that appends a commit: it may be done together with those of other streams (`gathering`).

    together: how; None if there is no other way than one after the other. size: `Record.size`.
    """

    together: Together | None = None
    size: int = 0


@frozen
class Appends(Step["list[int | None] | None"]):
    """Several `Append` of different streams, in one transaction, in this order; the reply is the reply of each.

    None if the server undid all of them: each is to be tried by itself.
    """

    text: str
    together: Together | None
    batch: tuple[Parameters, ...]

    def answers(self, rows: Rows) -> list[int | None]:
        """What the rows that `together` gives say of each."""
        numbers = {(tenant_id, stream_id): checkpoint for tenant_id, stream_id, checkpoint in rows}
        return [numbers.get((each["tenant_id"], each["stream_id"])) for each in self.batch]


@frozen
class Try(Step[bool]):
    """A statement that waits for a lock, outside of any transaction; the reply is whether it had it in time."""

    text: str
