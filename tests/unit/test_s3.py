"""S3's plans, walked: keys that fit, searches that find, and as many round trips as were promised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.interleavings.actors import commit_of
from tests.simulated.s3 import SimulatedS3

from aett import CorruptStorage, Head, StorageUnavailable, Success
from aett.adapters.aws.call import Call, Refused, Reply
from aett.adapters.s3.engine import S3Engine
from aett.adapters.s3.keys import LONGEST_PREFIX, Space, identifier_of, named
from aett.adapters.s3.management import S3Management
from aett.adapters.s3.objects import PACK, is_last_of_its_segment, numbered, segment_of, stored
from aett.adapters.s3.requests import Bucket
from aett.adapters.s3.search import lowest
from aett.adapters.s3.sequencing import Marker, newest
from aett.adapters.store.commits import Commits
from aett.adapters.store.record import Recorder
from aett.core.plan import Plan, Step, run
from aett.testing.samples import CONFLICTS, TOPICS
from aett.testing.strategies import streams, tenants

SPACE = Space("bucket", "")
LIMIT = 1024
"""Bytes of a key, for S3."""


@given(tenants(), streams())
def test_any_identifier_fits_within_a_key_and_is_told_from_every_other(tenant_id: str, stream_id: str) -> None:
    space = Space("bucket", "x" * LONGEST_PREFIX)
    tenant = space.tenant(tenant_id)
    stream = tenant.stream(stream_id, 10**9)
    longest = (stream.marker(2**63 - 1, bytes(16)), stream.id(bytes(16)), tenant.snapshot(stream_id, 0))
    assert all(len(each.encode()) <= LIMIT for each in longest)
    for identifier in (tenant_id, stream_id):
        assert identifier_of(named(identifier)) == identifier
        assert "/" not in named(identifier)
        assert named(identifier).strip(".")


@given(streams())
def test_a_marker_tells_its_place(stream_id: str) -> None:
    tenant = SPACE.tenant("t")
    key = tenant.stream(stream_id, 3).marker(17, b"0123456789abcdef")
    marker = Marker.of(tenant, key)
    assert marker == Marker(stream_id, 3, 17, b"0123456789abcdef".hex())
    assert marker.key(tenant) == key


def test_what_is_no_markers_key_is_corrupt() -> None:
    with pytest.raises(CorruptStorage, match="no marker"):
        Marker.of(SPACE.tenant("t"), "tenants/t/pending/s/x/y/z")


@given(st.integers(1, 500), st.integers(1, 500), st.lists(st.integers(-5, 600), max_size=5))
def test_a_search_finds_the_lowest_number(top: int, edge: int, first: list[int]) -> None:
    asked: list[int] = []

    def call(number: int) -> Call:
        asked.append(number)
        return Call("head_object", {"Key": number}, refusals=("404",))

    def answered(step: Step[Any]) -> Any:
        given_: Any = step
        return [Refused("404") if each.arguments["Key"] >= edge else {} for each in given_.calls]

    def holds(reply: Reply | Refused) -> bool:
        return isinstance(reply, Refused)

    assert run(lowest(1, top, call, holds, sorted(first)), answered) == max(min(edge, top), 1)
    assert all(1 <= each < top for each in asked)


@given(st.integers(1, 10**6), st.integers(1, 500))
def test_a_segments_last_entry_has_its_last_checkpoint(number: int, size: int) -> None:
    body = b'{"entries":[' + b",".join([b'["s",0,1,"n"]'] * size) + b"]}"
    checkpoints = [each for each, _ in numbered("key", number, body)]
    assert checkpoints == list(range(checkpoints[0], checkpoints[0] + size))
    assert {segment_of(each) for each in checkpoints} == {number}
    assert [is_last_of_its_segment(each) for each in checkpoints] == [False] * (size - 1) + [True]
    assert checkpoints[-1] == (number + 1) * PACK - 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"entries": 7}', b"\xff"])
def test_what_is_no_object_of_ours_is_corrupt_and_named(body: bytes) -> None:
    reads: tuple[Callable[[], object], ...] = (
        lambda: stored("the/key", body),
        lambda: numbered("the/key", 1, body),
    )
    for read in reads:
        with pytest.raises(CorruptStorage, match="the/key"):
            read()


class Counting:
    """A simulated S3 that counts round trips."""

    def __init__(self) -> None:
        self.world = SimulatedS3()
        self.asked = 0

    def __call__(self, step: Step[Any], /) -> Any:
        """Ask it."""
        self.asked += 1
        return self.world.perform(step)

    def round_trips(self, plan: Plan[Any]) -> tuple[int, Any]:
        """What the plan gives, and how many it took."""
        before = self.asked
        value = run(plan, self)
        return self.asked - before, value


def test_round_trips_are_as_few_as_promised() -> None:
    counting = Counting()
    commits = Commits(S3Engine(SPACE), Recorder(TOPICS), 100, CONFLICTS)
    taken, answer = counting.round_trips(commits.commit(commit_of("s", 1)))
    assert (taken, isinstance(answer, Success)) == (2, True)
    for number in range(2, 30):
        head = Head.after(answer.unwrap())
        taken, answer = counting.round_trips(commits.commit(commit_of("s", number, head=head)))
        assert (taken, isinstance(answer, Success)) == (3, True)
    page = commits.get("t", "s", 1, 2**62)
    taken, fetched = counting.round_trips(page.fetch(page.start))
    assert (taken, len(fetched.items)) == (2, 29)
    within = commits.get("t", "s", 20, 2**62)
    taken, fetched = counting.round_trips(within.fetch(within.start))
    assert (taken, len(fetched.items)) == (3, 10)
    taken, found = counting.round_trips(commits.find("t", "s", UUID(int=7)))
    assert (taken, found.commit_sequence) == (2, 7)
    log = commits.get_from("t", 0)
    _, fetched = counting.round_trips(log.fetch(log.start))
    newest_ = fetched.items[-1].checkpoint
    taken, fetched = counting.round_trips(
        commits.get_from("t", newest_).fetch(commits.get_from("t", newest_).start)
    )
    assert fetched.items == []
    assert taken <= 4


def test_a_reader_of_the_logs_end_does_not_read_it_from_its_beginning() -> None:
    counting = Counting()
    engine = S3Engine(SPACE, entries=1)  # a segment for each commit
    commits = Commits(engine, Recorder(TOPICS), 100, CONFLICTS)
    management, head = S3Management(SPACE, entries=1), Head("t", "s")
    for number in range(1, 60):
        stored_ = run(commits.commit(commit_of("s", number, head=head)), counting).unwrap()
        head = Head.after(stored_)
    run(management.sequence("t"), counting)
    assert run(newest(Bucket("bucket"), SPACE.tenant("t")), counting) == 59
    near = commits.get_from("t", 57 * PACK + PACK - 1)
    taken, fetched = counting.round_trips(near.fetch(near.start))
    assert [each.commit_sequence for each in fetched.items] == [58, 59]
    assert taken < 10


def test_a_segment_that_is_missing_is_told() -> None:
    counting = Counting()
    commits = Commits(S3Engine(SPACE, entries=1), Recorder(TOPICS), 100, CONFLICTS)
    head = Head("t", "s")
    for number in range(1, 4):
        head = Head.after(run(commits.commit(commit_of("s", number, head=head)), counting).unwrap())
    run(S3Management(SPACE, entries=1).sequence("t"), counting)
    counting.world.lose(SPACE.tenant("t").segment(2))
    log = commits.get_from("t", 0)
    with pytest.raises(CorruptStorage, match="segment of the log is missing"):
        run(log.fetch(log.start), counting)


class Keeping(SimulatedS3):
    """Deletes nothing until it was told so often."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def _delete_objects(self, arguments: Mapping[str, Any]) -> Any:
        self.times -= 1
        return super()._delete_objects(arguments) if self.times < 0 else {}


@pytest.mark.parametrize("keys", [2, 1000])
def test_everything_is_deleted_though_a_listing_lags_behind(keys: int) -> None:
    world = Keeping(3 if keys == 2 else 0)
    bucket = Bucket("bucket", keys)
    for number in range(7):
        run(bucket.written(bucket.put(f"in/{number}")), world)
    run(bucket.emptied("in/"), world)
    assert run(bucket.listed("in/"), world) == []


def test_what_is_never_deleted_is_told() -> None:
    world = Keeping(1000)
    bucket = Bucket("bucket", 2)
    for number in range(3):
        run(bucket.written(bucket.put(f"in/{number}")), world)
    with pytest.raises(StorageUnavailable, match="bucket stays"):
        run(bucket.emptied("in/"), world)
