"""Dead letters: events that could not be handled, set aside in a stream of the follower's.

1. The stream is `aett/dead-letters/` and the name of the follower's register. An event that is set aside is a
   `DeadLetter` in it, one that was handled later or dropped a `DeadLetterSettled`. What has the one and not the
   other is open.
2. Their commit ids are made of the event's id: written twice, they are there once.
3. A handler's letter is written in the transaction that puts its position. A reactor's is written before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import uuid5

from aett.application.following.followers import Part
from aett.application.following.steps import Append, Now, ReadHead, ReadStream
from aett.core.commit import Commit
from aett.core.dead_letter import DeadLetter, DeadLetterSettled
from aett.core.outcome import Failure, Success
from aett.core.plan import Plan
from aett.core.recorded import Recorded
from aett.core.rejection import ConflictingCommit, DuplicateCommit, NonConflictingCommit

_STREAM: Final = "aett/dead-letters/"


def letter_of(part: Part, at: Recorded[Any], error: Exception) -> DeadLetter:
    """The event, and what is wrong with it."""
    return DeadLetter(
        register=part.register,
        stream_id=at.stream_id,
        revision=at.revision,
        checkpoint=at.checkpoint,
        index=at.index,
        error=type(error).__name__,
        told=str(error),
    )


def written_once(part: Part, at: Recorded[Any], event: DeadLetter | DeadLetterSettled) -> Plan[bool]:
    """Append it to the part's stream; whether it was not there yet."""
    commit_id = uuid5(at.id, f"{part.register} {type(event).__name__}")
    while True:
        head = yield from ReadHead(part.tenant_id, _STREAM + part.register)
        outcome = yield from Append(head.commit(event, commit_id=commit_id, stamp=(yield from Now())))
        match outcome:
            case Success():
                return True
            case Failure(DuplicateCommit()):
                return False
            case Failure(ConflictingCommit() | NonConflictingCommit()):
                continue  # somebody else has written to the stream
            case refused:
                raise AssertionError(f"a dead letter was refused: {refused!r}")


def open_letters(part: Part) -> Plan[list[DeadLetter]]:
    """Those that nobody has settled, in the order of the log."""
    found = unsettled((yield from ReadStream(part.tenant_id, _STREAM + part.register)))
    return sorted(found, key=lambda each: (each.checkpoint, each.index))


def unsettled(commits: Iterable[Commit]) -> Collection[DeadLetter]:
    """The letters of these commits that nobody has settled, of whatever streams, as they came."""
    found = dict[tuple[str, int, int], DeadLetter]()
    for commit in commits:
        for event in commit.bodies:
            match event:
                case DeadLetter(checkpoint=checkpoint, index=index):
                    found[commit.stream_id, checkpoint, index] = event
                case DeadLetterSettled(checkpoint, index):
                    found.pop((commit.stream_id, checkpoint, index), None)
                case _:
                    pass
    return found.values()
