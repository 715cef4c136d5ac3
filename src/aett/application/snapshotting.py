"""Snapshots on the way of reading and writing: they may fail without anybody's work failing.

1. When a repository with a snapshot store meets an aggregate, the type of its states is proved: one that can never
   be kept is `UnsupportedType`, in the first test and not at the hundredth event.
2. Whatever else is wrong with a snapshot (it cannot be encoded, stored, read or restored) is logged as a warning,
   on the logger `aett`, once for each aggregate and each way, and passed over: the stream has it all.
"""

from __future__ import annotations

from typing import Final, TypeVar

import attrs
from attrs import field, frozen

from aett.application.steps import AddSnapshot, NewestSnapshot
from aett.core.errors import UnsupportedType
from aett.core.fold import Evolves
from aett.core.folded import Folded
from aett.core.head import Head
from aett.core.logs import logger
from aett.core.plan import Plan
from aett.core.snapshot import Snapshot, state_codec

S = TypeVar("S")
E = TypeVar("E")

_LOG: Final = logger()


def proved(source: Evolves[S, E]) -> None:
    """Refuse an aggregate or saga whose states can never be kept: `UnsupportedType`."""
    try:
        state_codec(source)
    except UnsupportedType as error:
        raise UnsupportedType(
            f"{source.name}: its states cannot be kept as snapshots: {error};"
            " declare the type of all states as `state=`, or give the repository no snapshot store"
        ) from error


@frozen
class Snapshotting:
    """Reads and keeps snapshots for the plans of a repository."""

    _told: set[tuple[str, str]] = field(factory=set[tuple[str, str]], init=False, eq=False, repr=False)

    def newest(
        self, source: Evolves[S, E], tenant_id: str, stream_id: str, max_revision: int
    ) -> Plan[Folded[S, E] | None]:
        """The state of the newest usable snapshot; None if there is none."""
        try:
            snapshot = yield from NewestSnapshot(tenant_id, stream_id, max_revision)
            return None if snapshot is None else snapshot.restore(source)
        except Exception as error:  # noqa: BLE001  # of a store that may be anybody's
            self._tell("no snapshot was read", source.name, Head(tenant_id, stream_id), error)
            return None

    def made(self, source: Evolves[S, E], folded: Folded[S, E]) -> Snapshot | None:
        """A snapshot of this state, if it can be one."""
        try:
            return Snapshot.of(source, folded)
        except Exception as error:  # noqa: BLE001  # of a state that may be anything
            self._tell("no snapshot was made", source.name, folded.head, error)
            return None

    def keep(self, source: Evolves[S, E], snapshot: Snapshot, head: Head) -> Plan[None]:
        """Keep it, at the head where its state was stored."""
        try:
            yield from AddSnapshot(attrs.evolve(snapshot, head=head))
        except Exception as error:  # noqa: BLE001  # of a store that may be anybody's
            self._tell("no snapshot was kept", source.name, head, error)

    def _tell(self, what: str, name: str, head: Head, error: Exception) -> None:
        if (what, name) not in self._told:
            self._told.add((what, name))
            _LOG.warning(
                "%s: %s of tenant %r, stream %r, revision %d (told once for each aggregate): %s: %s",
                name,
                what,
                head.tenant_id,
                head.stream_id,
                head.revision,
                type(error).__name__,
                error,
            )
