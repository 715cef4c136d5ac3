"""What all commands do that import: append, count, and say how many."""

from __future__ import annotations

from collections.abc import Iterable

from aett.cli.asking import FOUND_WRONG, fail, progress, told
from aett.connecting import Stores
from aett.core.commit import Commit
from aett.operating.appending import append


def imported(stores: Stores, commits: Iterable[Commit]) -> None:
    """Make the place ready, and append them; what is there already is passed over.

    Anything else that is there ends the command.
    """
    stores.management.initialize()
    written = known = 0
    with progress("importing") as seen:
        for commit, new in append(stores.commits, commits):
            if new is None:
                where = f"tenant {commit.tenant_id!r}, stream {commit.stream_id!r}"
                message = f"{where}: commit {commit.commit_sequence} does not fit to what is there"
                raise fail(message, FOUND_WRONG)
            written, known = written + new, known + (not new)
            seen(commit)
    told.print(f"{written} imported, {known} there before", markup=False)
