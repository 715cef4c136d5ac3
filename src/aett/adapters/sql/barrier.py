"""Barriers: how a reader of the log waits for the writers that may still show something below what it sees.

A writer holds a shared lock from before it draws its number until its transaction ends. A reader looks
up the newest checkpoint, waits until every writer that held the lock after that has let go, and then
reads up to it. Each of these is a statement of its own, outside of any transaction: what a snapshot
older than the wait shows would lack what was committed meanwhile.
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
