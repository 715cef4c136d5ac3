"""Inline: what followers make of a commit, in the transaction of the commit itself.

1. The commit is appended. If it is not there already, nor refused, its events are given to every handler and
   projection that was named, before anything else is done in the transaction.
2. A handler is called as a runner would call it. It has no position: what was committed otherwise, it never sees.
3. A projection's state is read from its register, and put with these events. Who is overtaken meanwhile reads it
   again: so those who commit wait for each other. The register says that it is kept inline, and a runner leaves it
   alone; one that a runner keeps is refused here.
"""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve, frozen

from aett.application.following.followers import Handler, Part
from aett.application.following.kept import decoded, encoded, fingerprint
from aett.application.following.position import Position, read, written
from aett.application.following.steps import Call, PutRegister, ReadRegister
from aett.core.commit import Commit
from aett.core.errors import SchemaMismatch, StorageUnavailable
from aett.core.outcome import Success
from aett.core.plan import Plan
from aett.core.projection import Projection, project
from aett.core.recorded import Recorded, recorded

_ATTEMPTS: Final = 20


@frozen
class InlinePlans:
    """Of these followers."""

    followers: tuple[Handler[Any, Any] | Projection[Any, Any], ...]

    def __attrs_post_init__(self) -> None:
        """Refuse what does not run inline: `TypeError`."""
        for each in self.followers:
            if not isinstance(each, (Handler, Projection)):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
                raise TypeError(f"handlers and projections run inline, not a {type(each).__name__}")

    def apply(self, commit: Commit) -> Plan[None]:
        """Give a stored commit's events to all of them."""
        for follower in self.followers:
            events = recorded(commit, follower.topics)
            if not events:
                continue
            if isinstance(follower, Projection):
                yield from _kept(follower, commit, events)
            else:
                yield from Call(follower.handle, tuple(events))


def _kept(projection: Projection[Any, Any], commit: Commit, events: list[Recorded[Any]]) -> Plan[None]:
    part = Part(projection, commit.tenant_id)
    for _ in range(_ATTEMPTS):
        register = yield from ReadRegister(commit.tenant_id, part.register)
        position, before = read(register)
        if not register.exists:
            position = Position(inline=True, caught_up=True, fingerprint=fingerprint(projection))
            before = encoded(projection, projection.initial)
        if not position.inline:
            raise SchemaMismatch(
                f"{part.register} of tenant {commit.tenant_id!r} is kept by a runner:"
                " inline it needs another version"
            )
        state = project(projection, events, state=decoded(projection, position.fingerprint, before))
        position = evolve(position, checkpoint=max(position.checkpoint, commit.checkpoint or 0))
        payload = written(position, encoded(projection, state))
        if isinstance((yield from PutRegister(register, payload)), Success):
            return
    raise StorageUnavailable(f"{part.register}: others put it again and again; begin the transaction again")
