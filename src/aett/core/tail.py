"""The tail of a log: where it ends, and how far it may be read."""

from __future__ import annotations

from attrs import field, frozen

from aett.core import number
from aett.core.errors import InvalidCommit


@frozen
class Tail:
    """Two checkpoints at which a tenant's log ends; both 0 while there is nothing in it.

    newest: the highest that is visible. A reader has caught up when its position is not below it; what it lacks
      is `newest` less its position.
    settled: the highest up to which it may be read now: nothing can appear at or below it any more. `get_from`
      reads up to it, or not as far while a transaction is open that began to write after this look. Lower than
      `newest` while a transaction is open whose commits may still appear below.
    """

    newest: int = field(default=0, validator=number.an_int)
    settled: int = field(default=0, validator=number.an_int)

    def __attrs_post_init__(self) -> None:
        """Refuse what is no tail."""
        if not 0 <= self.settled <= self.newest:
            raise InvalidCommit(
                f"no log is settled up to {self.settled} when its newest checkpoint is {self.newest}"
            )

    @property
    def held_up(self) -> bool:
        """Whether something visible may not be read yet, since a transaction is open."""
        return self.settled < self.newest
