"""States that are kept in memory between two loads, so that only what was committed since is read.

1. After a load of a whole stream, and after every write, the state is kept with the head at which it stands, and
   the id of the last commit that it holds.
2. The next load begins there: it asks for the stream from that last commit on, in one round trip. If that commit
   is still there, with its number and its id, what follows it is folded in. If it is not, because the stream was
   purged, or what was loaded was undone with its transaction, the state is forgotten, and all is loaded anew.
3. So nothing is ever decided on what is no longer true: a write is accepted by the store at the head and nowhere
   else, and a refusal rests on the newest commits.
4. Of more states than there is room for, those go that were not used for the longest time.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import UUID

from attrs import frozen

from aett.core.commit import Commit
from aett.core.fold import Evolves
from aett.core.folded import Folded
from aett.core.head import Head
from aett.core.number import positive

_Place: TypeAlias = tuple[int, str, str]


@frozen
class Kept:
    """A state at the end of the last commit that it holds, whose id this is; and what it was folded by."""

    source: Evolves[Any, Any]
    folded: Folded[Any, Any]
    commit_id: UUID

    def is_at_the_end_of(self, commit: Commit) -> bool:
        """Whether that is this commit."""
        head = self.folded.head
        numbers = commit.stream_revision, commit.commit_sequence, commit.commit_id
        return numbers == (head.revision, head.sequence, self.commit_id)


class StateCache:
    """The last states of streams, for any number of repositories, of any tenants and in any threads.

    size: how many states. What they take of memory is theirs: a state is kept as it is, and shared by all who load
    it. So `evolve` gives a new state, as always, and nobody changes one that he was given.

    Give each database a cache of its own.
    """

    def __init__(self, size: int) -> None:
        self._size = positive("size", size)
        # Each of its methods is atomic; and no lock can be held where a process is forked.
        self._states = OrderedDict[_Place, Kept]()

    def __len__(self) -> int:
        """How many states there are."""
        return len(self._states)

    def newest(self, source: Evolves[Any, Any], tenant_id: str, stream_id: str) -> Kept | None:
        """What is kept of a stream."""
        place = _place(source, tenant_id, stream_id)
        kept = self._states.get(place)
        if kept is not None:
            with suppress(KeyError):  # another thread has just made room
                self._states.move_to_end(place)
        return kept

    def keep(self, source: Evolves[Any, Any], folded: Folded[Any, Any], commit_id: UUID) -> None:
        """Keep a state that stands at the end of this commit."""
        self._states[_place(source, folded.head.tenant_id, folded.head.stream_id)] = Kept(
            source, folded, commit_id
        )
        while len(self._states) > self._size:
            with suppress(KeyError):  # others have made room
                self._states.popitem(last=False)

    def forget(self, source: Evolves[Any, Any], head: Head) -> None:
        """Keep nothing of this stream."""
        self._states.pop(_place(source, head.tenant_id, head.stream_id), None)


def _place(source: Evolves[Any, Any], tenant_id: str, stream_id: str) -> _Place:
    # What it was folded by is kept with it, so no other has its id meanwhile; it need not have a hash.
    return id(source), tenant_id, stream_id
