"""Examples of a projection's states, with no store and no I/O.

    projected(BALANCES, happened(Deposited(5), stream_id="ann"), happened(Withdrawn(2), stream_id="ann")).state(3)

Needs neither pytest nor Hypothesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Generic, Self, TypeVar
from uuid import UUID, uuid5

import attrs
from attrs import field, frozen

from aett.core.commit import EventMessage
from aett.core.head import Head
from aett.core.projection import Projection, project
from aett.core.recorded import Recorded
from aett.testing.given import Scene, Unexpected

S = TypeVar("S")
E = TypeVar("E")

_START: Final = datetime(2024, 1, 1, tzinfo=UTC)
_SPACE: Final = UUID(int=0xAE77)


@frozen
class Happened(Generic[E]):
    """An event, and where and when it happened, as far as that matters."""

    event: E
    tenant_id: str = "tenant"
    stream_id: str = "stream"
    stamp: datetime = _START
    headers: Mapping[str, Any] = field(factory=dict[str, Any])


def happened(
    event: E,
    *,
    tenant_id: str = "tenant",
    stream_id: str = "stream",
    stamp: datetime = _START,
    headers: Mapping[str, Any] | None = None,
) -> Happened[E]:
    """An event with its place: tenant, stream, the stamp of its commit, and headers of its own."""
    return Happened(event, tenant_id, stream_id, stamp, headers or {})


@frozen
class ProjectedHistory(Generic[S]):
    """What a projection makes of a history."""

    _scene: Scene
    _state: S
    _expects: Unexpected = field(alias="expects", eq=False, repr=False)

    def state(self, expected: S) -> Self:
        """Assert that this is the state."""
        self._expects.told()
        if self._state != expected:
            self._scene.fail(f"the state {expected!r}", f"it is {self._state!r}")
        return self


def projected(projection: Projection[S, E], *events: E | Happened[E]) -> ProjectedHistory[S]:
    """What a projection makes of these events, each in a commit of its own, in this order.

    Those that the projection does not want by its topics it does not see.
    """
    given = [placed(each) for each in events]
    scene = Scene(projection.name, tuple(each.event for each in given))
    history = list[Recorded[E]]()
    heads = dict[tuple[str, str], Head]()
    for number, told in enumerate(given, 1):
        place = (told.tenant_id, told.stream_id)
        commit = heads.get(place, Head(*place)).commit(
            EventMessage(told.event, told.headers),
            commit_id=uuid5(_SPACE, str(number)),
            stamp=told.stamp,
        )
        heads[place] = Head.after(commit)
        if type(told.event) in projection.topics:
            history.append(Recorded(attrs.evolve(commit, checkpoint=number), 0))
    return ProjectedHistory(scene, project(projection, history), expects=Unexpected(scene))


def placed(event: Any) -> Happened[Any]:
    """The event with its place; with the usual one, if it comes without."""
    found: Any = event  # of a type that only its reader knows
    if not isinstance(found, Happened):
        found = Happened(event)
    return found  # type: ignore[no-any-return]
