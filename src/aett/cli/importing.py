"""What all commands do that import: append, count, and say how many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from aett.cli.asking import FOUND_WRONG, fail, progress, told
from aett.connecting import Stores
from aett.operating.appending import Appended, where
from aett.ports.commit_store import CommitStore

A = TypeVar("A")


def imported(
    stores: Stores, commits: Iterable[A], appending: Callable[[CommitStore, Iterable[A]], Iterable[Appended]]
) -> None:
    """Make the place ready, and append them; what is there already is passed over.

    Anything else that is there ends the command.
    """
    stores.management.initialize()
    written = known = 0
    with progress("importing") as seen:
        for commit, new in appending(stores.commits, commits):
            if new is None:
                raise fail(f"{where(commit)} does not fit to what is there", FOUND_WRONG)
            written, known = written + new, known + (not new)
            seen(commit)
    told.print(f"{written} imported, {known} there before", markup=False)
