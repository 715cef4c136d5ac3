"""The model: the definition of right for every law, as a dict. It shares no code with any adapter."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import attrs

from aett.core.commit import Commit
from aett.core.conflict import ConflictDetector
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.register import Register
from aett.core.rejection import CommitRejection, ConflictingCommit, DuplicateCommit, NonConflictingCommit
from aett.core.snapshot import Snapshot
from aett.core.tail import Tail

Name: TypeAlias = tuple[str, str]
"""Of a stream: its tenant_id and stream_id."""


def same(seen: object, expected: object) -> bool:
    """Equal, and of the same types all through: `True` is not 1, and 1.0 is not 1."""
    return seen == expected and repr(seen) == repr(expected)


def at_checkpoint(commit: Commit, checkpoint: int | None) -> Commit:
    """The commit, numbered."""
    return commit if commit.checkpoint == checkpoint else _with(commit, checkpoint=checkpoint)


def unnumbered(value: Any) -> Any:
    """Commits, and what holds them, without checkpoints: for engines that number only the log."""
    match value:
        case Commit():
            return at_checkpoint(value, None)
        case Head():
            return attrs.evolve(value, checkpoint=None)
        case DuplicateCommit(stored):
            return DuplicateCommit(unnumbered(stored))
        case ConflictingCommit(committed) | NonConflictingCommit(committed):
            return type(value)(tuple(map(unnumbered, committed)))
        case _:
            return value


def cut(commit: Commit, low: int, high: int) -> Commit:
    """The commit with only its events of these revisions; there must be some."""
    kept = [
        (revision, message)
        for revision, message in enumerate(commit.events, commit.first_revision)
        if low <= revision <= high
    ]
    return _with(commit, events=tuple(message for _, message in kept), stream_revision=kept[-1][0])


def _with(commit: Commit, **changes: Any) -> Commit:
    # `attrs.evolve` would validate: a part of a commit is none that could be written.
    changed = copy.copy(commit)
    for name, value in changes.items():
        object.__setattr__(changed, name, value)
    return changed


class Model:
    """What a place of storage must hold, and what it must answer."""

    def __init__(self, conflict_detector: ConflictDetector) -> None:
        self._detector = conflict_detector
        self._streams: dict[Name, list[Commit]] = {}
        self._highest: dict[str, int] = {}
        self._snapshots: dict[Name, dict[int, Snapshot]] = {}
        self._registers: dict[Name, Register] = {}

    # Writing

    def reject(self, commit: Commit) -> CommitRejection | None:
        """Why this commit is refused, or None if it is accepted (L1, L4, L5)."""
        stream = self.stream((commit.tenant_id, commit.stream_id))
        for stored in stream:
            if stored.commit_id == commit.commit_id:
                return DuplicateCommit(stored)
        head = stream[-1] if stream else None
        expected = (head.commit_sequence + 1, head.stream_revision + 1) if head else (1, 1)
        if (commit.commit_sequence, commit.first_revision) == expected:
            return None
        unseen = tuple(
            each
            for each in stream
            if each.commit_sequence >= commit.commit_sequence or each.stream_revision >= commit.first_revision
        )
        return ConflictingCommit(unseen) if self._conflicts(commit, unseen) else NonConflictingCommit(unseen)

    def _conflicts(self, commit: Commit, unseen: tuple[Commit, ...]) -> bool:
        if not unseen:
            return True
        first = unseen[0]
        if first.commit_sequence != commit.commit_sequence or first.first_revision != commit.first_revision:
            return True
        for own in commit.bodies:
            for other in unseen:
                for theirs in other.bodies:
                    if self._detector.conflict(own, theirs):
                        return True
        return False

    def accept(self, commit: Commit, stored: Commit) -> None:
        """Keep a commit that was answered with `Success(stored)`; both are one but for the checkpoint."""
        assert same(at_checkpoint(stored, None), at_checkpoint(commit, None)), (
            f"L7: Success holds {stored!r}\nwhere {commit!r}\nwas committed"
        )
        kept = at_checkpoint(commit, stored.checkpoint)
        self._streams.setdefault((commit.tenant_id, commit.stream_id), []).append(kept)
        if stored.checkpoint is not None:
            self._number(stored)

    def learn(self, log: Iterable[Commit]) -> None:
        """Learn the checkpoints that a log shows of commits that had none when they were written."""
        for commit in log:
            stream = self._streams.get((commit.tenant_id, commit.stream_id), [])
            for index, kept in enumerate(stream):
                if kept.commit_id == commit.commit_id and kept.checkpoint is None:
                    self._number(commit)
                    stream[index] = at_checkpoint(kept, commit.checkpoint)

    def _number(self, commit: Commit) -> None:
        highest = self._highest.get(commit.tenant_id, 0)
        assert commit.checkpoint is not None, f"L10: the log holds a commit without a checkpoint: {commit!r}"
        assert commit.checkpoint > highest, (
            f"L10, L13: checkpoint {commit.checkpoint} was given when tenant {commit.tenant_id!r}"
            f" had been given {highest}"
        )
        self._highest[commit.tenant_id] = commit.checkpoint

    # Reading

    def names(self) -> list[Name]:
        """Of all streams that hold something."""
        return list(self._streams)

    def stream(self, name: Name) -> list[Commit]:
        """A whole stream."""
        return list(self._streams.get(name, ()))

    def head(self, name: Name) -> Head:
        """Where the next commit of a stream goes."""
        stream = self.stream(name)
        return Head.after(stream[-1]) if stream else Head(*name)

    def get(
        self, name: Name, low: int = 1, high: int = MAX_REVISION, max_time: datetime | None = None
    ) -> list[Commit]:
        """A stream between revisions and, if given, only its prefix to a time (L8)."""
        found: list[Commit] = []
        for each in self.stream(name):
            if max_time is not None and each.commit_stamp > max_time:
                break
            if each.stream_revision >= low and each.first_revision <= high and low <= high:
                found.append(cut(each, low, high))
        return found

    def get_all_to(self, tenant_id: str, max_time: datetime) -> list[Commit]:
        """A tenant's commits to a time (L8)."""
        return [each for each in self.get_from(tenant_id) if each.commit_stamp <= max_time]

    def get_from(self, tenant_id: str, checkpoint: int = 0) -> list[Commit]:
        """A tenant's log after a checkpoint (L10); only what has a checkpoint stands in it."""
        numbered = [
            (each.checkpoint, each)
            for name in self._streams
            if name[0] == tenant_id
            for each in self.stream(name)
            if each.checkpoint is not None and each.checkpoint > checkpoint
        ]
        return [each for _, each in sorted(numbered, key=lambda pair: pair[0])]

    def tail(self, tenant_id: str) -> Tail:
        """Where a tenant's log ends, while nobody writes (L10)."""
        newest = max((each.checkpoint or 0 for each in self.get_from(tenant_id)), default=0)
        return Tail(newest, newest)

    def tenants(self) -> list[str]:
        """Who has a log (L9)."""
        return sorted({tenant for tenant, _ in self._streams})

    def find(self, name: Name, commit_id: UUID) -> Commit | None:
        """A stream's commit of an id."""
        return next((each for each in self.stream(name) if each.commit_id == commit_id), None)

    # Registers

    def register(self, tenant_id: str, name: str) -> Register:
        """What is in a register (L14)."""
        return self._registers.get((tenant_id, name), Register(tenant_id, name))

    def swap(self, old: Register, new: Register) -> bool:
        """Whether a register is of the version of `old`; then it is changed to `new` (L14)."""
        if self.register(old.tenant_id, old.name).version != old.version:
            return False
        self._registers[old.tenant_id, old.name] = new
        return True

    def register_names(self, tenant_id: str, prefix: str = "") -> list[str]:
        """The names that begin so."""
        return sorted(
            name
            for (tenant, name), each in self._registers.items()
            if tenant == tenant_id and each.exists and name.startswith(prefix)
        )

    # Snapshots and upkeep

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of another of its revision (L12)."""
        name = (snapshot.head.tenant_id, snapshot.head.stream_id)
        self._snapshots.setdefault(name, {})[snapshot.head.revision] = snapshot

    def snapshot(self, name: Name, max_revision: int = MAX_REVISION) -> Snapshot | None:
        """The newest at or below a revision (L12)."""
        kept = self._snapshots.get(name, {})
        return kept[max(below)] if (below := [each for each in kept if each <= max_revision]) else None

    def purge(self, tenant_id: str) -> None:
        """Empty a tenant; what was numbered stays numbered (L13)."""
        for name in {*self._streams, *self._snapshots}:
            if name[0] == tenant_id:
                self.purge_stream(name)
        for place in [each for each in self._registers if each[0] == tenant_id]:
            del self._registers[place]

    def purge_stream(self, name: Name) -> None:
        """Empty a stream."""
        self._streams.pop(name, None)
        self._snapshots.pop(name, None)


def shown(commits: Sequence[Commit]) -> str:
    """Commits as a message shows them: a line each."""
    lines = [
        f"  {each.tenant_id!r}/{each.stream_id!r} commit {each.commit_sequence}, revisions"
        f" {each.first_revision}-{each.stream_revision}, checkpoint {each.checkpoint}, {each.commit_stamp}"
        for each in commits
    ]
    return "\n".join(lines) or "  nothing"


def must_be(seen: Iterable[Commit], expected: Sequence[Commit], law: str) -> None:
    """Assert that these commits came, and no others, in this order."""
    came = list(seen)
    assert same(came, list(expected)), (
        f"{law}\nexpected\n{shown(expected)}\ncame\n{shown(came)}" + _first_difference(came, expected)
    )


def _first_difference(came: Sequence[Commit], expected: Sequence[Commit]) -> str:
    for one, other in zip(came, expected, strict=False):
        if not same(one, other):
            return f"\nfirst difference: expected\n  {other!r}\ncame\n  {one!r}"
    return ""
