"""How a reactor of a new version takes over from the one before: that is ended first, then its position is taken.

Between the two nobody works for it; a new version that dies there finds the old one ended, and goes on from it.
"""

from __future__ import annotations

from attrs import evolve

from aett.application.following.followers import Part
from aett.application.following.position import Position, read, written
from aett.application.following.steps import PutRegister, ReadNames, ReadRegister
from aett.core.outcome import Success
from aett.core.plan import Plan


def superseded(part: Part) -> Plan[Position | None]:
    """Where the part begins: where the newest version before it has come to; None if there is none.

    With another number of partitions it begins where the slowest of the old ones is: some is then done again.
    """
    for version in range(part.follower.version - 1, 0, -1):
        old = Part(evolve(part.follower, version=version), part.tenant_id, part.partition)
        names = yield from ReadNames(part.tenant_id, old.whole)
        found = [each for each in names if each == old.whole or each.startswith(f"{old.whole}/")]
        if found:
            positions = list[Position]()
            for name in [old.register] if old.register in found else found:
                positions.append((yield from _ended(part, name)))
            slowest = min(positions, key=lambda each: each.checkpoint)
            return evolve(slowest, holder="", stop=None, superseded=0)
    return None


def _ended(part: Part, name: str) -> Plan[Position]:
    """End it, and say where it was."""
    while True:
        register = yield from ReadRegister(part.tenant_id, name)
        position, state = read(register)
        if position.superseded:
            return position
        ended = written(evolve(position, holder="", superseded=part.follower.version), state)
        if isinstance((yield from PutRegister(register, ended)), Success):
            return position
