"""The state machine: random work by two clients of one place, beside the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeAlias
from uuid import UUID

from attrs import frozen
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aett.core.commit import MAX_REVISION, Commit, EventMessage
from aett.core.head import Head
from aett.core.outcome import Failure, Success
from aett.core.rejection import CommitTooLarge, DuplicateCommit
from aett.core.snapshot import Snapshot
from aett.testing import profiles, strategies
from aett.testing.clients import Client, opened
from aett.testing.harness import Harness
from aett.testing.model import Model, Name, must_be, same, unnumbered
from aett.testing.samples import CONFLICTS, Noted


@frozen
class Content:
    """What a writer chooses of a commit; its place is the head's."""

    events: tuple[EventMessage, ...]
    commit_id: UUID
    stamp: datetime
    headers: dict[str, Any]
    commands: tuple[object, ...]

    def at(self, head: Head) -> Commit:
        """The commit of this content that follows a head."""
        return head.commit(
            *self.events,
            commit_id=self.commit_id,
            stamp=self.stamp,
            headers=self.headers,
            commands=self.commands,
        )


Many: TypeAlias = st.SearchStrategy[list[Content]]

CONTENT: Final = st.builds(
    Content,
    strategies.batches(),
    strategies.ids(),
    strategies.stamps(),
    strategies.headers(),
    strategies.commands(),
)
SEVERAL: Final[Many] = st.lists(CONTENT, min_size=2, max_size=8, unique_by=lambda each: each.commit_id)
WHO: Final = st.integers(0, 1)
WHERE: Final = st.integers(0, 5)
SMALL: Final = st.integers(0, 9)
REVISION: Final = st.integers(0, 25) | st.just(MAX_REVISION)
FULL_CHECK_EVERY: Final = 4


class StoreMachine(RuleBasedStateMachine):
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
        self.steps = 0

    def teardown(self) -> None:
        """Clear the place away."""
        self.stack.close()

    @initialize(names=strategies.names())
    def choose_names(self, names: strategies.Names) -> None:
        """Six streams: three of each of two tenants."""
        self.names = [(tenant, stream) for tenant in names[0] for stream in names[1]]

    # Writing

    @rule(who=WHO, where=WHERE, content=CONTENT)
    def commit(self, who: int, where: int, content: Content) -> None:
        """Append at the head."""
        self._submit(who, content.at(self.model.head(self.names[where])))

    @rule(where=WHERE, contents=SEVERAL)
    def commit_several(self, where: int, contents: list[Content]) -> None:
        """Append by turns, so that there are more pages than one."""
        for turn, content in enumerate(contents):
            self._submit(turn % 2, content.at(self.model.head(self.names[where])))

    @rule(who=WHO, where=WHERE, back=SMALL, content=CONTENT)
    def commit_stale(self, who: int, where: int, back: int, content: Content) -> None:
        """Append where the writer last looked, which was some commits ago."""
        earlier = [Head(*self.names[where]), *map(Head.after, self.model.stream(self.names[where]))]
        self._submit(who, content.at(earlier[-1 - back % len(earlier)]))

    @rule(who=WHO, where=WHERE, sequences=st.integers(1, 3), revisions=st.integers(0, 5), content=CONTENT)
    def commit_ahead(self, who: int, where: int, sequences: int, revisions: int, content: Content) -> None:
        """Append beyond the head."""
        head = self.model.head(self.names[where])
        self._submit_at(who, where, head.revision + sequences + revisions, head.sequence + sequences, content)

    @rule(who=WHO, where=WHERE, revision=st.integers(0, 20), back=SMALL, content=CONTENT)
    def commit_with_wrong_revision(self, who: int, where: int, revision: int, back: int, content: Content) -> None:
        """Append under the right sequence or an earlier one, and any revision that a commit can have."""
        sequence = max(self.model.head(self.names[where]).sequence - back, 0)
        self._submit_at(who, where, revision, sequence, content)

    @rule(who=WHO, where=WHERE, which=SMALL, content=CONTENT)
    def commit_again(self, who: int, where: int, which: int, content: Content) -> None:
        """Retry a commit, as it was."""
        if stored := self.model.stream(self.names[where]):
            self._submit(who, unnumbered(stored[which % len(stored)]))

    @rule(who=WHO, where=WHERE, origin=WHERE, which=SMALL, content=CONTENT)
    def commit_under_a_known_id(self, who: int, where: int, origin: int, which: int, content: Content) -> None:
        """Append other content under an id of this stream (a duplicate) or of another (none)."""
        if stored := self.model.stream(self.names[origin]):
            head, known = self.model.head(self.names[where]), stored[which % len(stored)]
            self._submit(
                who, head.commit(*content.events, commit_id=known.commit_id, stamp=content.stamp)
            )

    @precondition(lambda self: self.traits.max_commit_size is not None)
    @rule(who=WHO, where=WHERE, content=CONTENT)
    def commit_too_large(self, who: int, where: int, content: Content) -> None:
        """Append more than the engine stores."""
        limit = self.traits.max_commit_size or 0
        head = self.model.head(self.names[where])
        commit = head.commit(Noted("x" * limit), commit_id=content.commit_id, stamp=content.stamp)
        outcome, expected = self.users[who].commits.commit(commit), self.model.reject(commit)
        match outcome:
            case Failure(CommitTooLarge(size, told)) if not isinstance(expected, DuplicateCommit):
                assert size > told == limit, f"{size} bytes were refused, and {told} given as the limit {limit}"
            case _:
                assert isinstance(expected, DuplicateCommit) and same(outcome, Failure(expected)), (
                    f"a commit of more than {limit} bytes got {outcome!r}"
                )

    # Reading

    @rule(who=WHO, where=WHERE, low=REVISION, high=REVISION)
    def read_range(self, who: int, where: int, low: int, high: int) -> None:
        """A stream between two revisions (L8)."""
        name = self.names[where]
        found = self.users[who].commits.get(*name, min_revision=low, max_revision=high)
        self._expect(found, self.model.get(name, low, high), f"L8: get({low}, {high})")

    @rule(who=WHO, where=WHERE, max_time=strategies.bounds())
    def read_to_time(self, who: int, where: int, max_time: datetime) -> None:
        """A stream's prefix to a time (L8)."""
        name = self.names[where]
        found = self.users[who].commits.get_to(*name, max_time)
        self._expect(found, self.model.get(name, max_time=max_time), f"L8: get_to({max_time})")

    @rule(who=WHO, where=WHERE, max_time=strategies.bounds())
    def read_all_to_time(self, who: int, where: int, max_time: datetime) -> None:
        """A tenant's commits to a time (L8)."""
        tenant = self.names[where][0]
        self._learn(who, tenant)
        found = self.users[who].commits.get_all_to(tenant, max_time)
        self._expect(found, self.model.get_all_to(tenant, max_time), f"L8: get_all_to({max_time})")

    @rule(who=WHO, where=WHERE, low=REVISION, high=REVISION, max_time=st.none() | strategies.bounds())
    def fold_pages(self, who: int, where: int, low: int, high: int, max_time: datetime | None) -> None:
        """A stream's events, and the head after each page (L8, L11)."""
        name = self.names[where]
        pages = list(
            self.users[who].commits.pages(*name, min_revision=low, max_revision=high, max_time=max_time)
        )
        expected = self.model.get(name, low, high, max_time)
        came = [body for page in pages for body in page.bodies]
        assert same(came, [body for each in expected for body in each.bodies]), f"L8: pages gave {came!r}"
        assert all(page.bodies for page in pages), "a page without events"
        heads = {each.stream_revision: Head.after(each) for each in expected}
        for page in pages:
            head = heads.get(page.head.revision)
            assert same(self._compared(page.head), self._compared(head)), f"a page's head is {page.head!r}, not {head!r}"
        assert [page.head.revision for page in pages][-1:] == [each.stream_revision for each in expected][-1:]

    @rule(who=WHO, where=WHERE, origin=WHERE, which=SMALL, stranger=strategies.ids())
    def find(self, who: int, where: int, origin: int, which: int, stranger: UUID) -> None:
        """One commit by its id, which may be another stream's, or nobody's (L4, L9)."""
        known = [*(each.commit_id for each in self.model.stream(self.names[origin])), stranger]
        name, commit_id = self.names[where], known[which % len(known)]
        found, expected = self.users[who].commits.find(*name, commit_id), self.model.find(name, commit_id)
        assert same(self._compared(found), self._compared(expected)), f"find gave {found!r}, not {expected!r}"

    @rule(who=WHO, where=WHERE)
    def follow_log(self, who: int, where: int) -> None:
        """A tenant's log from where this client left it (L10)."""
        tenant = self.names[where][0]
        self._learn(who, tenant)
        after = self.seen.get((who, tenant), 0)
        found = list(self.users[who].commits.get_from(tenant, after))
        must_be(found, self.model.get_from(tenant, after), f"L10: get_from({after})")
        self.seen[who, tenant] = max([after, *(each.checkpoint or 0 for each in found)])

    @rule(who=WHO, where=WHERE, which=st.integers(0, 4), taken=st.integers(0, 4))
    def abandon_a_read(self, who: int, where: int, which: int, taken: int) -> None:
        """Stop midway; what follows must not be disturbed (L11)."""
        name, store = self.names[where], self.users[who].commits
        late = datetime.max.replace(tzinfo=strategies.START.tzinfo)
        reads: Sequence[Iterator[object]] = (
            store.get(*name),
            store.get_to(*name, late),
            store.get_all_to(name[0], late),
            store.get_from(name[0]),
            store.pages(*name),
        )
        assert len(list(islice(reads[which], taken))) <= taken
        if close := getattr(reads[which], "close", None):
            close()

    # Snapshots and upkeep

    @rule(who=WHO, where=WHERE, revision=st.integers(1, 9), mark=st.sampled_from("ab"), payload=st.binary(max_size=20))
    def add_snapshot(self, who: int, where: int, revision: int, mark: str, payload: bytes) -> None:
        """Keep a state, perhaps in place of another (L12)."""
        snapshot = Snapshot(Head(*self.names[where], revision, 1, revision), mark * 40, payload)
        self.users[who].snapshots.add(snapshot)
        self.model.add_snapshot(snapshot)

    @rule(who=WHO, where=WHERE, max_revision=st.integers(0, 10) | st.just(MAX_REVISION))
    def read_snapshot(self, who: int, where: int, max_revision: int) -> None:
        """The newest at or below a revision (L12)."""
        name = self.names[where]
        found = self.users[who].snapshots.get(*name, max_revision=max_revision)
        expected = self.model.snapshot(name, max_revision)
        assert same(found, expected), f"L12: the snapshot is {found!r}, not {expected!r}"

    @rule(who=WHO, where=WHERE)
    def purge_stream(self, who: int, where: int) -> None:
        """Empty a stream (L13)."""
        self.users[who].management.purge_stream(*self.names[where])
        self.model.purge_stream(self.names[where])

    @rule(who=WHO, where=WHERE)
    def purge_tenant(self, who: int, where: int) -> None:
        """Empty a tenant (L13)."""
        self.users[who].management.purge(self.names[where][0])
        self.model.purge(self.names[where][0])

    @rule(who=WHO)
    def initialize_again(self, who: int) -> None:
        """Make ready what is ready (L13)."""
        self.users[who].management.initialize()

    @precondition(lambda self: self.traits.reopen)
    @rule(who=WHO)
    def reopen(self, who: int) -> None:
        """Close a client, and connect another in its place (L6)."""
        self.users[who].close()
        self.users[who] = self.clients.connect(page_size=3 - who)

    # What everybody sees

    @invariant()
    def everybody_sees_the_model(self) -> None:
        """Both clients read the log and what was written last, and now and then every stream."""
        self.steps += 1
        full = self.steps % FULL_CHECK_EVERY == 0
        for who, user in enumerate(self.users):
            for tenant in dict.fromkeys(tenant for tenant, _ in self.names):
                self._learn(who, tenant)
                must_be(user.commits.get_from(tenant), self.model.get_from(tenant), "L10: the log")
            for name in self.names:
                if full or name == self.touched:
                    self._expect(user.commits.get(*name), self.model.get(name), "L7: the stream")

    def _submit_at(self, who: int, where: int, revision: int, sequence: int, content: Content) -> None:
        # Only numbers that a commit can have: the first is both the first commit and the first event.
        revision = max(revision, sequence) if sequence else 0
        self._submit(who, content.at(Head(*self.names[where], revision, sequence)))

    def _submit(self, who: int, commit: Commit) -> None:
        self.touched = (commit.tenant_id, commit.stream_id)
        expected = self.model.reject(commit)
        match self.users[who].commits.commit(commit):
            case Success(stored):
                assert expected is None, f"L1, L4: accepted {commit!r}\nwhere the answer is {expected!r}"
                numbered = stored.checkpoint is not None
                assert numbered == self.traits.numbers_at_commit, f"a stored commit has {stored.checkpoint=}"
                self.model.accept(commit, stored)
            case Failure(rejection):
                assert same(self._compared(rejection), self._compared(expected)), (
                    f"L1, L4, L5: the answer to {commit!r}\nis {rejection!r}\nbut must be {expected or 'Success'!r}"
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


def run_machine(harness: Harness, how: settings | None = None) -> None:
    """Run the machine on an engine; by default as long as the chosen profile says."""
    run_state_machine_as_test(lambda: StoreMachine(harness), settings=how or profiles.for_machines())
