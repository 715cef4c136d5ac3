"""Barriers: how a reader of the log knows how far nothing can appear any more below what it sees.

A server numbers a commit when it is inserted, and shows it when its transaction ends: a reader that has seen 8
could find 7 later. Against that:

1. A writer takes a lock, shared, *before* it draws its number, and holds it until its transaction ends. Shared
   locks do not exclude each other, so writers do not wait for writers. (A number drawn before the lock would be
   known to nobody for a moment: a reader in that moment skips it.)
2. A reader looks up the newest checkpoint that is visible, and after that who holds the lock. Whoever drew a
   lower number has either ended, and is visible, or is among the holders. Whoever takes the lock later draws a
   higher number, since the newest had been drawn already.
3. What the holders may have drawn is told in one of two ways, and neither waits for a transaction to end:
   - They announce it (`AnnouncedBarrier`): the log is settled below the lowest that was announced.
   - Nobody knows (`QueuedBarrier`): the reader takes the lock for itself alone and lets it go, or, if it does not
     get it within a short time, reads up to the *watermark*, which the last reader left that did.
4. It reads up to there, and no further.
5. Steps 2 to 4 are statements of their own, outside of any transaction. Within one, the server would answer
   step 4 from a snapshot that is older than the look, without what was committed meanwhile. That is also why
   the log is not read on a connection that has joined a caller's transaction.

The announced barrier, in the order that makes it right:

6. A writer reads the last number that was drawn, and takes a second shared lock whose key is that number, and its
   tenant. Only then it draws its own, which is higher. Announced once, it holds for all that the transaction
   commits to the tenant later.
7. A reader takes the newest checkpoint by a snapshot, and after that sees the announcements of its tenant, all at
   one instant. Whoever has announced draws above that. Whoever has not yet will draw after this instant, above
   the newest. So `settled` is the lowest of them all: the newest, and every announcement.
8. A process of schema version 1 announces nothing: it holds the barrier without the mark that it announces. Such
   holders of the first look are waited for, a short time; in vain, nothing is told of what is settled.

The queued barrier:

9. A reader that queues for the lock holds back every writer behind it. So it does not queue if all of its tenant's
   log is below the watermark; its wait is bounded; and after one in vain nobody queues for a while (it is noted
   beside the watermark, for all readers of all processes), but takes the lock only if nobody has it just then.
"""

from __future__ import annotations

from typing import Final, Protocol

from attrs import frozen

from aett.adapters.sql.statement import Statement, Try
from aett.adapters.store.pause import Pause
from aett.core.errors import UnsupportedServer
from aett.core.plan import Plan
from aett.core.tail import Tail

PAUSES: Final = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128)
"""Seconds between looks whether the writers of schema version 1 have gone that a reader waits for."""

REST: Final = 1
"""Seconds in which nobody queues for the exclusive lock after somebody did in vain, for every writer waited behind
him; and seconds between two notes of the watermark."""

BITS: Final = 32
"""Of a number that an announcement holds: the lowest."""


class Barrier(Protocol):
    """What a dialect does to know where the log ends."""

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """As `Engine.tail`."""
        ...


@frozen
class AnnouncedBarrier:
    """The server tells who holds which locks: readers look, and hold up nobody.

    look: of `tenant_id`: the highest checkpoint, why this server must not be asked (or None), the last number that
      was drawn, the numbers that are announced, of each the lowest `BITS`, and the holders that announce nothing.
    silent: of the `holders`, those that still hold the lock.
    """

    look: str
    silent: str

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """Look, and wait for nobody but processes of schema version 1."""
        ((newest, refusal, drawn, announced, holders),) = yield from Statement(
            self.look, {"tenant_id": tenant_id}, alone=True
        )
        _refuse(refusal)
        for pause in PAUSES:
            if not holders:
                break
            yield from Pause(pause)
            rows = yield from Statement(self.silent, {"holders": holders}, alone=True)
            holders = [row[0] for row in rows]
        if holders:
            return Tail(newest, 0)
        return Tail(newest, max(0, min([newest, *(whole(each, drawn) for each in announced)])))


def whole(announced: int, drawn: int) -> int:
    """The number of which these bits were announced: the one near to the last drawn, before it or after."""
    half = 1 << (BITS - 1)
    return drawn + (announced - drawn + half) % (2 * half) - half


@frozen
class QueuedBarrier:
    """A reader waits for the exclusive lock, a short time, since writers queue behind it.

    look: of `tenant_id`: the highest checkpoint, the highest of all tenants, the watermark, whether readers rest,
      and why this server must not be asked (or None).
    passed: has the exclusive lock and lets it go, within a time that the statement bounds.
    glimpsed: the same, but without waiting.
    note: puts the watermark at `settled`, unless it is higher, or was put somewhere within `REST`.
    rest: lets readers rest from now on.
    """

    look: str
    passed: str
    glimpsed: str
    note: str
    rest: str

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """Have the lock once, or read up to the watermark."""
        ((newest, drawn, watermark, rests, refusal),) = yield from Statement(
            self.look, {"tenant_id": tenant_id}, alone=True
        )
        _refuse(refusal)
        newest, drawn, watermark = int(newest), int(drawn), int(watermark)
        if newest <= watermark:
            return Tail(newest, newest)
        if (yield from Try(self.glimpsed if rests else self.passed)):
            yield from Statement(self.note, {"settled": drawn}, writes=True, alone=True)
            return Tail(newest, newest)
        if not rests:
            yield from Statement(self.rest, writes=True, alone=True)
        return Tail(newest, watermark)


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise UnsupportedServer(reason)
