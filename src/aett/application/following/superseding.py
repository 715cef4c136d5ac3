"""What came before a part that has no register yet.

A reactor of a new version takes over from the one before: that is ended first, then its position is taken.

Between the two nobody works for it; a new version that dies there finds the old one ended, and goes on from it.
"""

from __future__ import annotations

from attrs import evolve

from aett.application.following.followers import Part, parts
from aett.application.following.position import Position, read, written
from aett.application.following.steps import PutRegister, ReadNames, ReadRegister
from aett.core.errors import SchemaMismatch
from aett.core.outcome import Success
from aett.core.plan import Plan


def superseded(part: Part) -> Plan[Position | None]:
    """Where the part begins: where the newest version before it has come to; None if there is none.

    With another number of partitions it begins where the slowest of the old ones is: some is then done again.
    """
    for version in range(part.follower.version - 1, 0, -1):
        old = Part(evolve(part.follower, version=version), part.tenant_id, part.partition)
        found = yield from _registers_of(old)
        if found:
            positions = list[Position]()
            for name in [old.register] if old.register in found else found:
                positions.append((yield from _ended(part, name)))
            slowest = min(positions, key=lambda each: each.checkpoint)
            return evolve(slowest, holder="", stop=None, superseded=0)
    return None


def other_partitions(part: Part) -> Plan[None]:
    """Refuse a part whose follower was run with another number of partitions: `SchemaMismatch`."""
    own = {each.register for each in parts(part.follower, part.tenant_id)}
    others = [each for each in (yield from _registers_of(part)) if each not in own]
    if others:
        raise SchemaMismatch(
            f"{part.whole} of tenant {part.tenant_id!r} was run with another number of partitions than"
            f" {part.partitions}, as {others[0]}: everything would be done once more; raise its version"
        )


def _registers_of(part: Part) -> Plan[list[str]]:
    """Of this version of its follower, whatever the number of its partitions."""
    names = yield from ReadNames(part.tenant_id, part.whole)
    return [each for each in names if each == part.whole or each.startswith(f"{part.whole}/")]


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
