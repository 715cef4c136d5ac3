"""Traits: what an engine cannot do, said aloud; by default it can do everything."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Traits:
    """What the suite may ask of an engine. Where a trait is absent, it asserts the documented refusal.

    processes: several processes can share the place; the `Place` can then be pickled, and otherwise
      refuses to be.
    reopen: what was stored is still there after the last store was closed.
    numbers_at_commit: `commit` gives the checkpoint at once. Where it does not, the stored commit's
      checkpoint is None until somebody has read the log.
    imports_together: `commit_all` writes many commits in one transaction. Where it does not, a short import shows
      all that there is to see.
    waits: what it does is waited for, so an awaited call must let the loop turn. None: as `processes`, for
      what processes can share is not in memory.
    transactions_read_the_log: the commit store of a transaction gives the log, too.
    transactions_outlive_races: after a commit within it that lost a race, a transaction goes on.
    max_commit_size: in bytes, the limit that the harness's stores were made with; a larger commit gets
      `CommitTooLarge`. None: no limit that a test could reach.
    """

    processes: bool = True
    reopen: bool = True
    numbers_at_commit: bool = True
    imports_together: bool = True
    waits: bool | None = None
    transactions_read_the_log: bool = True
    transactions_outlive_races: bool = True
    max_commit_size: int | None = None
