"""Races: many writers over few streams with readers of the log beside them (L2, L10), as plans.

1. Each writer commits to the streams by turns, folding in what the others wrote, until it has had `commits`
   accepted; or, where the engine or the machine is slow, until the time is over and it has had `least`.
2. Each reader follows the log until it is told how many commits there are, and has seen so many.
3. `judge` compares what the writers were told, what the readers saw, and what is there.

How fast it goes never decides: a race that is over early has as many laws to keep. Written once: threads and
processes run them, tasks await them.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar
from uuid import UUID, uuid5

from attrs import field, frozen

from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan, Step
from aett.core.rejection import CommitRejection, ConflictingCommit, NonConflictingCommit
from aett.testing.samples import Noted, at

A = TypeVar("A")

TENANT = "racing tenant"
_NAMESPACE = UUID("0c2f5a0e-2b0a-4f8e-a9b1-6d1f0f7f8e11")


@frozen(kw_only=True)
class Race:
    """How many write how much, over all the streams by turns.

    commits: of each writer, unless the time is over before. seconds: after which a writer begins no other commit.
    least: what each writer must have had accepted, however long that takes.
    readers: follow the log meanwhile. patience: seconds without any news, after which the race is given up.
    """

    writers: int = 4
    commits: int = 25
    streams: int = 2
    readers: int = 2
    seconds: float = 15.0
    least: int = 2
    patience: float = 120.0

    def stream(self, number: int) -> str:
        """The name of a stream."""
        return f"stream {number % self.streams}"


@frozen
class Append(Step[Outcome[Commit, CommitRejection]]):
    """Commit this."""

    commit: Commit


@frozen
class ReadLog(Step[list[Commit]]):
    """The log after a checkpoint."""

    after: int


@frozen
class Rest(Step[None]):
    """Let the others go on for a moment."""

    seconds: float = 0.001


@frozen
class Follower:
    """The checkpoints that a reader saw.

    expected: how many commits there are, once that is known; until then None.
    patience: seconds without any news, once that is known.
    """

    expected: Callable[[], int | None]
    patience: float
    seen: list[int] = field(factory=list[int])

    def follow(self) -> Plan[list[int]]:
        """Read the log from where it left off, until all was seen; out of patience, give what came until then."""
        end, after = time.monotonic() + self.patience, 0
        while True:
            expected = self.expected()
            if expected is not None and (len(self.seen) >= expected or time.monotonic() > end):
                return self.seen
            found = yield from ReadLog(after)
            self.seen.extend(each.checkpoint or 0 for each in found)
            after = max([after, *self.seen[len(self.seen) - len(found) :]])
            if found or expected is None:
                end = time.monotonic() + self.patience
            if not found:
                yield from Rest()


@frozen
class Written:
    """What became of a writer: how many of its commits were accepted, and how often one was refused before."""

    accepted: int
    refusals: int


def write(race: Race, writer: int) -> Plan[Written]:
    """Have a writer's commits accepted, folding in what others wrote."""
    heads = {number: Head(TENANT, race.stream(number)) for number in range(race.streams)}
    refusals, over = 0, time.monotonic() + race.seconds
    for turn in range(race.commits):
        if turn >= race.least and time.monotonic() > over:
            return Written(turn, refusals)
        number, end = (turn + writer) % race.streams, time.monotonic() + race.patience
        while True:
            answer = yield from Append(_commit(heads[number], writer, turn))
            match answer:
                case Success(stored):
                    heads[number] = Head.after(stored)
                    break
                case Failure(NonConflictingCommit(committed) | ConflictingCommit(committed)) if committed:
                    heads[number] = Head.after(committed[-1])
                    refusals += 1
                case _:
                    raise AssertionError(f"L5: writer {writer}, commit {turn}: {answer!r}")
            if time.monotonic() > end:
                raise TimeoutError(f"writer {writer}: commit {turn} was not accepted in {race.patience} s")
    return Written(race.commits, refusals)


def _commit(head: Head, writer: int, turn: int) -> Commit:
    body = Noted(f"{writer}/{turn}")
    # Of several sizes: a key of the revision alone would let two of one sequence through.
    more = [Noted("more")] * (writer % 3)
    return head.commit(body, *more, commit_id=uuid5(_NAMESPACE, body.text), stamp=at(turn))


def judge(
    race: Race,
    writers: Sequence[Written],
    seen: Sequence[Sequence[int]],
    log: Sequence[Commit],
    streams: Sequence[Sequence[Commit]],
) -> None:
    """Assert the laws on what is there after a race, on what writers were told and what readers saw."""
    written = Counter(_text(commit) for commit in log)
    expected = Counter(f"{writer}/{turn}" for writer, each in enumerate(writers) for turn in range(each.accepted))
    assert written == expected, (
        f"L2: lost {sorted((expected - written).elements())[:5]},"
        f" doubled {sorted((written - expected).elements())[:5]}"
    )
    checkpoints = [commit.checkpoint or 0 for commit in log]
    assert checkpoints == sorted(set(checkpoints)), "L10: checkpoints of the log do not grow"
    assert min(checkpoints) > 0, "L10: a commit in the log has no checkpoint"
    for each in seen:
        missed = set(checkpoints) - set(each)
        assert not missed, f"L10: a reader skipped checkpoints {sorted(missed)[:5]} for good"
        assert list(each) == checkpoints, "L10: a reader saw the log in another order"
    by_stream: dict[str, list[int]] = defaultdict(list)
    for commit in log:
        by_stream[commit.stream_id].append(commit.commit_sequence)
    for number, stream in enumerate(streams):
        sequences = [commit.commit_sequence for commit in stream]
        assert sequences == list(range(1, len(stream) + 1)), f"L1, L2: stream {number} holds {sequences}"
        revisions = list(accumulate(len(commit.events) for commit in stream))
        assert [commit.stream_revision for commit in stream] == revisions, f"L1: stream {number}'s revisions"
        assert by_stream[race.stream(number)] == sequences, f"L10: the log has stream {number} in another order"
    assert sum(map(len, streams)) == total(writers), "L2: the sum of the streams"


def total(writers: Sequence[Written]) -> int:
    """The commits that must be there at the end."""
    return sum(each.accepted for each in writers)


def _text(commit: Commit) -> str:
    body = commit.events[0].body
    assert isinstance(body, Noted)
    return body.text
