"""The head of a stream: where the next commit goes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from aett.core import identifier, number
from aett.core.commit import Commit, EventMessage
from aett.core.errors import InvalidCommit
from aett.core.headers import EMPTY, Headers
from aett.core.number import MAX_REVISION
from aett.core.restoring import restore


@frozen
class Head:
    """How far a stream has been seen: its last revision, commit sequence and checkpoint.

    A new stream's head is `Head(tenant_id, stream_id)`. The checkpoint is None for an empty
    stream, and where the engine has not numbered the last commit yet.
    """

    tenant_id: str = field(converter=identifier.tenant)
    stream_id: str = field(converter=identifier.stream)
    revision: int = field(default=0, validator=number.an_int)
    sequence: int = field(default=0, validator=number.an_int)
    checkpoint: int | None = field(default=None, validator=number.an_int_or_none)

    def __attrs_post_init__(self) -> None:
        """Refuse numbers that no stream can have."""
        if not 0 <= self.sequence <= self.revision <= MAX_REVISION or (self.revision > 0 and self.sequence == 0):
            raise InvalidCommit(
                f"no stream has revision {self.revision} after {self.sequence} commits"
                f" (tenant {self.tenant_id!r}, stream {self.stream_id!r})"
            )

    @property
    def exists(self) -> bool:
        """Whether the stream holds anything."""
        return self.sequence > 0

    def commit(
        self,
        *events: object,
        commit_id: UUID,
        stamp: datetime,
        headers: Headers = EMPTY,
        commands: tuple[object, ...] = (),
    ) -> Commit:
        """The commit of these events that follows this head: its numbers always fit.

        An event may come wrapped in an `EventMessage`, with headers of its own.
        Raises `InvalidCommit` if there is no event or the stamp is naive.
        """
        return Commit(
            tenant_id=self.tenant_id,
            stream_id=self.stream_id,
            stream_revision=self.revision + len(events),
            commit_sequence=self.sequence + 1,
            commit_id=commit_id,
            commit_stamp=stamp,
            events=tuple([each if isinstance(each, EventMessage) else EventMessage(each) for each in events]),
            headers=headers,
            commands=commands,
        )

    @staticmethod
    def after(commit: Commit) -> Head:
        """The head of a stream whose last commit is this one."""
        return restored_head(
            commit.tenant_id, commit.stream_id, commit.stream_revision, commit.commit_sequence, commit.checkpoint
        )


def restored_head(tenant_id: str, stream_id: str, revision: int, sequence: int, checkpoint: int | None) -> Head:
    """The head of these numbers, which come from a commit: they are not checked again."""
    return restore(
        Head,
        {
            "tenant_id": tenant_id,
            "stream_id": stream_id,
            "revision": revision,
            "sequence": sequence,
            "checkpoint": checkpoint,
        },
    )
