"""Barriers: how a reader of the log waits for the writers that may still show something below what it sees.

A server numbers a commit when it is inserted, and shows it when its transaction ends: a reader that has seen 8
could find 7 later. Against that:

1. A writer takes a lock, shared, *before* it draws its number, and holds it until its transaction ends. Shared
   locks do not exclude each other, so writers do not wait for writers. (A number drawn before the lock would be
   known to nobody for a moment: a reader in that moment skips it.)
2. A reader looks up the newest checkpoint that is visible, and after that who holds the lock. Whoever drew a
   lower number has either ended, and is visible, or is among the holders. Whoever takes the lock later draws a
   higher number, since the newest had been drawn already.
3. The reader waits until all those have let go: either it looks who is left of them (`WatchedBarrier`), or it
   takes the lock for itself alone and lets it go (`QueuedBarrier`).
4. It reads up to the newest of step 2, and no further.
5. Steps 2 to 4 are statements of their own, outside of any transaction. Within one, the server would answer
   step 4 from a snapshot that is older than the wait, without what was committed meanwhile. That is also why
   the log is not read on a connection that has joined a caller's transaction.
6. All waits are bounded. Who waited in vain is told of nothing new, never of too much. A reader that queues for
   the lock holds back every writer behind it, so its wait is short, and it rests after one in vain.
"""

from __future__ import annotations

from typing import Final, Protocol

from attrs import frozen

from aett.adapters.sql.statement import Statement, Try
from aett.adapters.store.pause import Pause
from aett.core.errors import UnsupportedServer
from aett.core.plan import Plan

PAUSES: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128)
"""Seconds between looks whether the writers that a reader waits for have gone."""

REST: Final = 1.0
"""Seconds that a reader rests that waited in vain for an exclusive lock: every writer waited behind it."""


class Barrier(Protocol):
    """What a dialect does to know how far the log is settled."""

    def settled(self, tenant_id: str) -> Plan[int | None]:
        """As `Engine.settled`."""
        ...


@frozen
class WatchedBarrier:
    """The server tells who holds the shared lock: readers look, and hold up nobody.

    newest: gives the highest checkpoint of `tenant_id`, why this server must not be asked (or None),
      and the writers that hold the lock now.
    held: of the `holders`, those that still hold it.
    """

    newest: str
    held: str

    def settled(self, tenant_id: str) -> Plan[int | None]:
        """Wait until those have gone that were there at the first look."""
        ((newest, refusal, holders),) = yield from Statement(self.newest, {"tenant_id": tenant_id}, alone=True)
        _refuse(refusal)
        for pause in PAUSES:
            if not holders:
                return int(newest)
            yield from Pause(pause)
            rows = yield from Statement(self.held, {"holders": holders}, alone=True)
            holders = [row[0] for row in rows]
        return None if holders else int(newest)


@frozen
class QueuedBarrier:
    """A reader waits for the exclusive lock, a short time, since writers queue behind it.

    newest: gives the highest checkpoint of `tenant_id`, and why this server must not be asked (or None).
    passed: has the exclusive lock and lets it go, within a time that the statement bounds.
    """

    newest: str
    passed: str

    def settled(self, tenant_id: str) -> Plan[int | None]:
        """Have the lock once; in vain, rest, so that writers lose little by readers that ask all the time."""
        ((newest, refusal),) = yield from Statement(self.newest, {"tenant_id": tenant_id}, alone=True)
        _refuse(refusal)
        if (yield from Try(self.passed)):
            return int(newest)
        yield from Pause(REST)
        return None


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise UnsupportedServer(reason)
