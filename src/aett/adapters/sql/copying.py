"""Copying commits into a table: which of them may be, and what numbers they get.

1. The commits of a batch are told apart by stream: a run is those of one stream, which follow each other.
2. The server looks, for each run, whether its first commit follows what is there; and draws a number for every
   commit that comes before the first run of which that is not so.
3. Those are copied with their numbers, in the order of the batch. If a key is taken all the same, as by another
   writer at the same time or because an id is known, the server undoes the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

from aett.adapters.sql.naming import Table
from aett.adapters.sql.statement import Parameters, Place, Row, place_of
from aett.adapters.store.record import WRITTEN
from aett.core.plan import Step

COPIED: Final = ("checkpoint", *WRITTEN)
_FIRST: Final = ("tenant_id", "stream_id", "commit_sequence", "first_revision")
RUN: Final = (*_FIRST, "position")
"""What `Copying.begin` is given of each run."""


@frozen
class Copying:
    """How rows are copied into a table.

    begin: a statement within the transaction that takes the barrier's lock, and draws a checkpoint for each commit
      before the first run that may not be appended. Its parameters are given by `runs`. It gives one row: the
      checkpoints, in order.
    table: where to. columns: with their types.
    """

    begin: str
    table: Table
    columns: tuple[tuple[str, str], ...]


@frozen
class Import(Step["list[int] | None"]):
    """Several `Append` in one transaction, in this order, up to the first that is refused.

    Those of one stream follow each other. The reply is the checkpoint of each; None if the server undid them all,
    and fewer are to be tried.
    copying: None if there is no other way than one after the other.
    """

    text: str
    copying: Copying | None
    batch: tuple[Parameters, ...]


def runs(batch: Sequence[Parameters]) -> Parameters:
    """The parameters of `Copying.begin`.

    Lists, with an entry for each run: its `position` in the batch, from 0, and of its first commit `tenant_id`,
    `stream_id`, `commit_sequence` and `first_revision`; and `total`, how many commits there are.
    """
    first, last = list[int](), dict[Place, int]()
    for position, each in enumerate(batch):
        if last.get(place_of(each)) != each["previous_sequence"]:
            first.append(position)
        last[place_of(each)] = each["commit_sequence"]
    lists = {name: [batch[position][name] for position in first] for name in _FIRST}
    return {**lists, "position": first, "total": len(batch)}


def until_refused(checkpoints: Iterable[int | None]) -> list[int]:
    """What appends are answered, up to the first that is refused; no further one is asked for."""
    found = list[int]()
    for checkpoint in checkpoints:
        if checkpoint is None:
            break
        found.append(checkpoint)
    return found


def numbered(checkpoints: Sequence[int], batch: Sequence[Parameters]) -> list[Row]:
    """What is copied, in the order of `COPIED`: as many as there are checkpoints."""
    return [(number, *[each[name] for name in WRITTEN]) for number, each in zip(checkpoints, batch, strict=False)]
