"""The state machine: random work by two clients of one place, beside the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.outcome import Failure, Success
from aett.core.register import Overtaken
from aett.core.rejection import CommitTooLarge, DuplicateCommit
from aett.testing import profiles
from aett.testing.content import CHANCE, CONTENT, FULL, NOTES, PART, SMALL, WHEN, WHERE, WHO, Content
from aett.testing.harness import Harness
from aett.testing.model import must_be, same, unnumbered
from aett.testing.samples import START, Noted
from aett.testing.witnesses import Witnesses


class StoreMachine(Witnesses):
    """What two clients of a store may do.

    The first example of a run does what Hypothesis takes for the simplest all over again: the first of the rules
    that have the fewest arguments. It had better be one that costs little where nothing is: `follow_log`.
    """

    # Writing

    @rule(who=WHO, where=WHERE, content=CONTENT | FULL)
    def commit(self, who: int, where: int, content: Content) -> None:
        """Append at the head."""
        self._submit(who, content.at(self.model.head(self.names[where]), self._id()))

    @rule(who=WHO, where=WHERE, contents=st.lists(NOTES, min_size=2, max_size=8))
    def commit_several(self, who: int, where: int, contents: list[Content]) -> None:
        """Append by turns, so that there are more pages than one."""
        for turn, content in enumerate(contents, who):
            self._submit(turn % 2, content.at(self.model.head(self.names[where]), self._id()))

    @rule(who=WHO, drawn=st.lists(st.tuples(WHERE, SMALL, NOTES), min_size=1, max_size=8))
    def import_several(self, who: int, drawn: list[tuple[int, int, Content]]) -> None:
        """Append to several streams at once, mostly where they will end, or where they ended before (L1 to L5)."""
        heads = {name: [Head(*name), *map(Head.after, self.model.stream(name))] for name in self.names}
        commits = list[Commit]()
        for where, back, content in drawn:
            ends = heads[self.names[where]]
            commits.append(content.at(ends[-1 - max(back - 7, 0) % len(ends)], self._id()))
            ends.append(Head.after(commits[-1]))
        outcomes = list(self.users[who].commits.commit_all(commits))
        assert len(outcomes) == len(commits), f"of {len(commits)} commits there are {len(outcomes)} outcomes"
        for commit, outcome in zip(commits, outcomes, strict=True):
            self._judge(commit, outcome)

    @rule(who=WHO, where=WHERE, back=SMALL, content=CONTENT)
    def commit_stale(self, who: int, where: int, back: int, content: Content) -> None:
        """Append where the writer last looked, which was some commits ago."""
        name = self._held(where)
        earlier = [Head(*name), *map(Head.after, self.model.stream(name))]
        self._submit(who, content.at(earlier[back % len(earlier)], self._id()))

    @rule(who=WHO, where=WHERE, sequences=st.integers(1, 3), revisions=st.integers(0, 5), content=CONTENT)
    def commit_ahead(self, who: int, where: int, sequences: int, revisions: int, content: Content) -> None:
        """Append beyond the head."""
        head = self.model.head(self.names[where])
        self._submit_at(who, where, head.revision + sequences + revisions, head.sequence + sequences, content)

    @rule(who=WHO, where=WHERE, revision=st.integers(0, 20), back=st.integers(0, 3), content=CONTENT)
    def commit_with_wrong_revision(self, who: int, where: int, revision: int, back: int, content: Content) -> None:
        """Append under the right sequence or an earlier one, and any revision that a commit can have."""
        sequence = max(self.model.head(self.names[where]).sequence - back, 0)
        self._submit_at(who, where, revision, sequence, content)

    @rule(who=WHO, where=WHERE, which=SMALL)
    def commit_again(self, who: int, where: int, which: int) -> None:
        """Retry a commit, as it was."""
        if stored := self.model.stream(self._held(where)):
            self._submit(who, unnumbered(stored[which % len(stored)]))

    @precondition(lambda self: self.ids)
    @rule(who=WHO, where=WHERE, which=SMALL, content=CONTENT)
    def commit_under_a_used_id(self, who: int, where: int, which: int, content: Content) -> None:
        """Append under the id of this stream's (a duplicate), of another's or of a purged commit (none)."""
        self._submit(who, content.at(self.model.head(self.names[where]), self.ids[-1 - which % len(self.ids)]))

    @precondition(lambda self: self.traits.max_commit_size is not None)
    @rule(who=WHO, where=WHERE, again=st.booleans())
    def commit_too_large(self, who: int, where: int, again: bool) -> None:  # noqa: FBT001  # drawn
        """Append more than the engine stores."""
        limit = self.traits.max_commit_size or 0
        commit_id = self.ids[-1] if again and self.ids else self._id()
        commit = Content((Noted("x" * limit),), START).at(self.model.head(self.names[where]), commit_id)
        outcome, expected = self.users[who].commits.commit(commit), self.model.reject(commit)
        match outcome:
            case Failure(CommitTooLarge(size, told)) if not isinstance(expected, DuplicateCommit):
                assert size > told == limit, f"{size} bytes were refused, and {told} given as the limit {limit}"
            case Failure(rejection) if isinstance(expected, DuplicateCommit):
                assert same(self._compared(rejection), self._compared(expected)), (
                    f"L4: the answer to a repetition of more than {limit} bytes is {rejection!r}, not {expected!r}"
                )
            case _:
                raise AssertionError(f"a commit of more than {limit} bytes got {outcome!r}")

    # Reading

    @rule(who=WHO, where=WHERE, low=PART, high=PART)
    def read_range(self, who: int, where: int, low: int, high: int) -> None:
        """A stream between two revisions (L8)."""
        name = self._held(where)
        low, high = self._range(name, low, high)
        found = self.users[who].commits.get(*name, min_revision=low, max_revision=high)
        self._expect(found, self.model.get(name, low, high), f"L8: get({low}, {high})")

    @rule(who=WHO, where=WHERE, low=PART, high=PART, limit=st.none() | st.integers(0, 7), back=SMALL)
    def read_backwards(self, who: int, where: int, low: int, high: int, limit: int | None, back: int) -> None:
        """A stream from its end, and the tenant's log from its (L8, L10)."""
        name, store = self._held(where), self.users[who].commits
        low, high = self._range(name, low, high)
        found = store.get(*name, min_revision=low, max_revision=high, backwards=True, limit=limit)
        self._expect(found, self.model.get(name, low, high)[::-1][:limit], f"L8: get({low}, {high}) backwards")
        self._learn(who, name[0])
        checkpoints = [0, *(each.checkpoint or 0 for each in self.model.get_from(name[0]))]
        after = checkpoints[-1 - back % len(checkpoints)]
        log = store.get_from(name[0], after, backwards=True, limit=limit)
        must_be(log, self.model.get_from(name[0], after)[::-1][:limit], f"L10: get_from({after}) backwards")

    @rule(who=WHO, where=WHERE)
    def look_where_it_ends(self, who: int, where: int) -> None:
        """A stream's head, the tenant's tail, and who has a log (L1, L9, L10)."""
        name = self.names[where]
        head = self.users[who].commits.head(*name)
        assert same(self._compared(head), self._compared(self.model.head(name))), f"L1: the head is {head!r}"
        self._look_where_the_log_ends(who, name[0])

    @rule(who=WHO, where=WHERE, when=WHEN)
    def read_to_time(self, who: int, where: int, when: datetime | tuple[int, int]) -> None:
        """A stream's prefix to a time (L8)."""
        name = self._held(where)
        max_time = self._moment(name, when)
        found = self.users[who].commits.get_to(*name, max_time)
        self._expect(found, self.model.get(name, max_time=max_time), f"L8: get_to({max_time})")

    @rule(who=WHO, where=WHERE, when=WHEN)
    def read_all_to_time(self, who: int, where: int, when: datetime | tuple[int, int]) -> None:
        """A tenant's commits to a time (L8)."""
        name = self._held(where)
        tenant, max_time = name[0], self._moment(name, when)
        self._learn(who, tenant)
        found = self.users[who].commits.get_all_to(tenant, max_time)
        self._expect(found, self.model.get_all_to(tenant, max_time), f"L8: get_all_to({max_time})")

    @rule(who=WHO, where=WHERE, low=PART, high=PART, when=st.tuples(CHANCE, WHEN))
    def fold_pages(self, who: int, where: int, low: int, high: int, when: tuple[int, Any]) -> None:
        """A stream's events, and the head after each page (L8, L11)."""
        name, (bounded, moment) = self._held(where), when
        max_time = self._moment(name, moment) if bounded else None
        low, high = self._range(name, low, high)
        pages = list(self.users[who].commits.pages(*name, min_revision=low, max_revision=high, max_time=max_time))
        expected = self.model.get(name, low, high, max_time)
        came = [body for page in pages for body in page.bodies]
        assert same(came, [body for each in expected for body in each.bodies]), f"L8: pages gave {came!r}"
        assert all(page.bodies for page in pages), "a page without events"
        heads = {each.stream_revision: Head.after(each) for each in expected}
        ids = {each.stream_revision: each.commit_id for each in expected}
        for page in pages:
            head = heads.get(page.head.revision)
            assert same(self._compared(page.head), self._compared(head)), (
                f"a page's head is {page.head!r}, not {head!r}"
            )
            assert page.commit_id == ids[page.head.revision], f"a page's last commit is {page.commit_id}"
        assert [page.head.revision for page in pages][-1:] == [each.stream_revision for each in expected][-1:]

    @rule(who=WHO, where=WHERE, which=SMALL)
    def find(self, who: int, where: int, which: int) -> None:
        """One commit by its id, which may be another stream's, or nobody's (L4, L9)."""
        known = [UUID(int=0), *self.ids]
        name, commit_id = self._held(where), known[-1 - which % len(known)]
        found, expected = self.users[who].commits.find(*name, commit_id), self.model.find(name, commit_id)
        assert same(self._compared(found), self._compared(expected)), f"find gave {found!r}, not {expected!r}"

    @rule(who=WHO, where=WHERE)
    def follow_log(self, who: int, where: int) -> None:
        """A tenant's log from where this client left it (L10)."""
        tenant, _ = self._held(where)
        self._learn(who, tenant)
        after = self.seen.get((who, tenant), 0)
        found = list(self.users[who].commits.get_from(tenant, after))
        must_be(found, self.model.get_from(tenant, after), f"L10: get_from({after})")
        self.seen[who, tenant] = max([after, *(each.checkpoint or 0 for each in found)])

    @rule(who=WHO, where=WHERE, which=st.integers(0, 4), taken=st.integers(0, 4))
    def abandon_a_read(self, who: int, where: int, which: int, taken: int) -> None:
        """Stop midway; what follows must not be disturbed (L11)."""
        name, store = self._held(where), self.users[who].commits
        late = datetime.max.replace(tzinfo=START.tzinfo)
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

    # Registers

    @rule(who=WHO, where=WHERE, back=st.integers(0, 2), payload=st.none() | st.binary(max_size=9))
    def put_register(self, who: int, where: int, back: int, payload: bytes | None) -> None:
        """Put something into a register, or remove it, as this client sees it or as it once was (L14)."""
        name, registers = self.names[where], self.users[who].registers
        seen = [*self.registers.get(name, []), registers.get(*name)]
        old = seen[-1 - back % len(seen)]
        answer = registers.remove(old) if payload is None else registers.put(old, payload)
        match answer:
            case Success(new):
                assert self.model.swap(old, new), f"L14: {old!r} was changed to {new!r}, but it was not there"
                assert (new.payload, new.exists) == (payload or b"", payload is not None), f"L14: {new!r}"
                assert new.version == old.version + 1 or not (old.exists and new.exists), f"L14: {new!r}"
            case Failure(Overtaken(found)):
                there = self.model.register(*name)
                assert found == there, f"L14: overtaken by {found!r}, but there is {there!r}"
                assert there.version != old.version, f"L14: {there!r} is what was read"
        self.registers.setdefault(name, []).append(self.model.register(*name))
        for user in self.users:
            assert user.registers.get(*name) == self.model.register(*name)
            names, expected = sorted(user.registers.names(name[0])), self.model.register_names(name[0])
            assert names == expected, f"L14: the names are {names}, not {expected}"

    # Snapshots and upkeep

    @rule(
        who=WHO,
        where=WHERE,
        revision=st.integers(1, 3),
        marks=st.lists(st.sampled_from("ab"), min_size=1, max_size=2),
        payload=st.binary(max_size=20),
    )
    def add_snapshot(self, who: int, where: int, revision: int, marks: list[str], payload: bytes) -> None:
        """Keep a state, perhaps in place of another (L12)."""
        for mark in marks:
            self._keep(who, self.names[where], revision, mark * 40, payload)
        self._look_beside_the_log(self.names[where])

    @rule(who=WHO, where=WHERE, max_revision=st.integers(0, 4) | st.just(MAX_REVISION))
    def read_snapshot(self, who: int, where: int, max_revision: int) -> None:
        """The newest at or below a revision (L12)."""
        self._read_snapshot(self.users[who], self.names[where], max_revision)

    @rule(who=WHO, where=WHERE, chance=CHANCE, kept=st.integers(0, 3))
    def purge_stream(self, who: int, where: int, chance: int, kept: int) -> None:
        """Empty a stream (L13); not often, or there would be nothing to read."""
        if not chance:
            name = self._held(where)
            with self._emptied(who, name, [name], kept):
                self.users[who].management.purge_stream(*name)
                self.model.purge_stream(name)

    @rule(who=WHO, where=WHERE, chance=CHANCE, kept=st.integers(0, 3))
    def purge_tenant(self, who: int, where: int, chance: int, kept: int) -> None:
        """Empty a tenant (L13); not often, or there would be nothing to read."""
        if not chance:
            name = self._held(where)
            with self._emptied(who, name, self.names, kept):
                self.users[who].management.purge(name[0])
                self.model.purge(name[0])

    @rule(who=WHO, chance=CHANCE)
    def initialize_again(self, who: int, chance: int) -> None:
        """Make ready what is ready (L13)."""
        if not chance:
            self.users[who].management.initialize()

    @precondition(lambda self: self.traits.reopen)
    @rule(who=WHO, chance=CHANCE)
    def reopen(self, who: int, chance: int) -> None:
        """Close a client, and connect another in its place (L6)."""
        if not chance:
            self.users[who].close()
            self.users[who] = self.clients.connect(page_size=3 - who)


def run_machine(harness: Harness, how: settings | None = None) -> None:
    """Run the machine on an engine; by default as long as the chosen profile says."""
    for number, run in enumerate(profiles.in_runs(how or profiles.for_machines(slow=harness.slow))):
        machine: Any = partial(StoreMachine, harness)
        run_state_machine_as_test(seed(number)(machine) if run.derandomize else machine, settings=run)
