"""Content: what the state machine's writers write, cheap to draw, and where and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from hypothesis import strategies as st

from aett.core.commit import Commit, EventMessage
from aett.core.head import Head
from aett.core.headers import EMPTY
from aett.testing import strategies
from aett.testing.samples import Booked, Loaded, Noted, Passenger, Refund


@frozen
class Content:
    """What a writer chooses of a commit; its place is the head's, and its id the machine's."""

    events: tuple[EventMessage | object, ...]
    stamp: datetime
    headers: Mapping[str, Any] = EMPTY
    commands: tuple[object, ...] = ()

    def at(self, head: Head, commit_id: UUID) -> Commit:
        """The commit of this content that follows a head."""
        return head.commit(
            *self.events, commit_id=commit_id, stamp=self.stamp, headers=self.headers, commands=self.commands
        )


ANN: Final = Passenger("Ann")
FEW: Final = (Noted("a"), Noted("b"), Booked(1, ANN), Booked(2, ANN), Loaded((), {}))
FULL: Final = st.builds(
    Content, strategies.batches(), strategies.stamps(), strategies.headers(), strategies.commands()
)
# Cheap to draw, and mostly of events that do not conflict.
NOTES: Final = st.builds(Content, st.integers(1, 5).map(lambda count: (Noted("n"),) * count), strategies.near())
MIXED: Final = st.builds(
    Content,
    st.lists(st.sampled_from(FEW), min_size=1, max_size=5).map(tuple),
    strategies.near(),
    st.sampled_from((EMPTY, {"a": [1, None]})),
    st.sampled_from(((), (Refund(1, "late"),))),
)
CONTENT: Final = NOTES | MIXED
WHO: Final = st.integers(0, 1)
WHERE: Final = st.sampled_from((0, 0, 0, 1, 3, 2, 4, 5))
SMALL: Final = st.integers(0, 9)
# Bounds are drawn as parts of what is there, so that they fall inside, and a little beyond.
PARTS: Final = 24
PART: Final = st.integers(0, PARTS)
# A bound, or how many microseconds after which commit of the stream.
WHEN: Final = strategies.bounds() | st.tuples(SMALL, st.integers(-1, 1))
CHANCE: Final = st.integers(0, 2)
