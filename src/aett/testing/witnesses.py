"""Witnesses: two clients of one place and the model, which must all see the same."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.outcome import Failure, Outcome, Success
from aett.core.register import Register
from aett.core.rejection import CommitRejection
from aett.core.snapshot import Snapshot
from aett.core.stamp import from_microseconds, to_microseconds
from aett.testing import strategies
from aett.testing.clients import Client, opened
from aett.testing.content import NOTES, PARTS, WHERE, WHO, Content
from aett.testing.harness import Harness
from aett.testing.model import Model, Name, must_be, same, unnumbered
from aett.testing.samples import CONFLICTS, START

FULL_CHECK_EVERY: Final = 5  # odd, so that both have turns
CROSSED_EVERY: Final = 5
EARLIEST: Final = to_microseconds(datetime.min.replace(tzinfo=UTC))
LATEST: Final = to_microseconds(datetime.max.replace(tzinfo=UTC))


class Witnesses(RuleBasedStateMachine):
    """Two clients and the model; whatever happens, all three see the same."""

    def __init__(self, harness: Harness) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.clients = self.stack.enter_context(opened(harness))
        self.traits = harness.traits
        self.users: list[Client] = [self.clients.one, self.clients.other]
        self.model = Model(CONFLICTS)
        self.names: list[Name] = []
        self.seen: dict[tuple[int, str], int] = {}
        self.touched: Name | None = None
        self.ids: list[UUID] = []
        self.registers: dict[Name, list[Register]] = {}
        self.steps = 0

    def teardown(self) -> None:
        """Clear the place away."""
        self.stack.close()

    @initialize(names=strategies.names(), history=st.lists(st.tuples(WHO, WHERE, NOTES), max_size=6))
    def begin(self, names: strategies.Names, history: list[tuple[int, int, Content]]) -> None:
        """Six streams, three of each of two tenants, and what is there at the start."""
        self.names = [(tenant, stream) for tenant in names[0] for stream in names[1]]
        for who, where, content in history:
            self._submit(who, content.at(self.model.head(self.names[where]), self._id()))

    @invariant()
    def everybody_sees_the_model(self) -> None:
        """They look by turns: at what was written last and its tenant's log, now and then at everything."""
        self.steps += 1
        if self.steps % FULL_CHECK_EVERY == 0:
            self._look(self.names)
        elif self.touched is not None:
            self._look([self.touched])

    @property
    def _whose_turn(self) -> Client:
        return self.users[self.steps % len(self.users)]

    def _look(self, names: Sequence[Name]) -> None:
        commits = self._whose_turn.commits
        for tenant in dict.fromkeys(tenant for tenant, _ in names):
            found = list(commits.get_from(tenant))
            if not self.traits.numbers_at_commit:
                self.model.learn(found)
            must_be(found, self.model.get_from(tenant), "L10: the log")
        for name in names:
            self._expect(commits.get(*name), self.model.get(name), "L7: the stream")

    def _look_where_the_log_ends(self, who: int, tenant: str) -> None:
        commits = self.users[who].commits
        tail = commits.tail(tenant)
        self._learn(who, tenant)
        expected = self.model.tail(tenant)
        assert tail == expected, f"L10: the tail is {tail!r}, not {expected!r}"
        tenants = sorted(commits.tenants())
        assert tenants == self.model.tenants(), f"L9: the tenants are {tenants!r}, not {self.model.tenants()!r}"

    @contextmanager
    def _emptied(self, who: int, name: Name, names: Sequence[Name], kept: int) -> Generator[None]:
        """Purge what is there of everything: a snapshot, unless `kept` is 0, and ids, for which they look then."""
        self.touched = name
        if kept:
            self._keep(who, name, kept, "purged", b"")
        ids = {each: [commit.commit_id for commit in self.model.stream(each)] for each in names}
        yield
        for each in names:
            self._look_beside_the_log(each, ids[each])
        self._look_where_the_log_ends(who, name[0])

    def _keep(self, who: int, name: Name, revision: int, mark: str, payload: bytes) -> None:
        snapshot = Snapshot(Head(*name, revision, 1, revision), mark, payload)
        self.users[who].snapshots.add(snapshot)
        self.model.add_snapshot(snapshot)

    def _look_beside_the_log(self, name: Name, ids: Sequence[UUID] = ()) -> None:
        user = self._whose_turn
        for max_revision in (1, 2, MAX_REVISION):
            self._read_snapshot(user, name, max_revision)
        for commit_id in dict.fromkeys((*self.ids[-3:], *ids[-3:])):
            found, expected = user.commits.find(*name, commit_id), self.model.find(name, commit_id)
            assert same(self._compared(found), self._compared(expected)), f"L13: {found!r}, not {expected!r}"

    def _read_snapshot(self, user: Client, name: Name, max_revision: int) -> None:
        found = user.snapshots.get(*name, max_revision=max_revision)
        expected = self.model.snapshot(name, max_revision)
        assert same(found, expected), f"L12: the snapshot is {found!r}, not {expected!r}"

    def _held(self, where: int) -> Name:
        """A stream's name: mostly of one that holds something, else there would be little to read."""
        there = self.model.names()
        held = [name for name in self.names if name in there]
        return held[where % len(held)] if held and where < len(self.names) - 1 else self.names[where]

    def _submit_at(self, who: int, where: int, revision: int, sequence: int, content: Content) -> None:
        # Only numbers that a commit can have: the first is both the first commit and the first event.
        revision = max(revision, sequence) if sequence else 0
        self._submit(who, content.at(Head(*self.names[where], revision, sequence), self._id()))

    def _id(self) -> UUID:
        self.ids.append(UUID(int=len(self.ids) + 1))
        return self.ids[-1]

    def _moment(self, name: Name, when: datetime | tuple[int, int]) -> datetime:
        if isinstance(when, datetime):
            return when
        which, microseconds = when
        stamps = [each.commit_stamp for each in self.model.stream(name)] or [START]
        count = to_microseconds(stamps[which % len(stamps)]) + microseconds
        return from_microseconds(min(max(count, EARLIEST), LATEST))

    def _range(self, name: Name, low: int, high: int) -> tuple[int, int]:
        """Revisions at these parts of the stream; between bounds that have crossed is nothing, so few have."""
        if (low + high) % CROSSED_EVERY:
            low, high = min(low, high), max(low, high)
        return self._revision(name, low), self._revision(name, high)

    def _revision(self, name: Name, part: int) -> int:
        return MAX_REVISION if part == PARTS else part * (self.model.head(name).revision + 3) // PARTS

    def _submit(self, who: int, commit: Commit) -> None:
        self._judge(commit, self.users[who].commits.commit(commit))

    def _judge(self, commit: Commit, outcome: Outcome[Commit, CommitRejection]) -> None:
        self.touched = (commit.tenant_id, commit.stream_id)
        expected = self.model.reject(commit)
        match outcome:
            case Success(stored):
                assert expected is None, f"L1, L4: accepted {commit!r}\nwhere the answer is {expected!r}"
                numbered = stored.checkpoint is not None
                assert numbered == self.traits.numbers_at_commit, f"a stored commit has {stored.checkpoint=}"
                self.model.accept(commit, stored)
            case Failure(rejection):
                assert same(self._compared(rejection), self._compared(expected)), (
                    f"L1, L4, L5: the answer to {commit!r}\nis {rejection!r}\nand not {expected or 'Success'!r}"
                )

    def _learn(self, who: int, tenant: str) -> None:
        if not self.traits.numbers_at_commit:
            self.model.learn(self.users[who].commits.get_from(tenant))

    def _compared(self, value: object) -> object:
        return value if self.traits.numbers_at_commit else unnumbered(value)

    def _expect(self, found: Iterable[Commit], expected: Sequence[Commit], law: str) -> None:
        if not self.traits.numbers_at_commit:
            found, expected = map(unnumbered, found), list(map(unnumbered, expected))
        must_be(found, expected, law)
