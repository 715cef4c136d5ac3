"""Group commit: who is written with whom, and what each is told."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from aett.adapters.sql.async_grouping import AsyncGroupingPerformer
from aett.adapters.sql.gathering import MOMENT, Group
from aett.adapters.sql.grouping import GroupingPerformer
from aett.adapters.sql.halving import Halving
from aett.adapters.sql.statement import Append, Appends, Statement
from aett.core.errors import StorageUnavailable

SECONDS = 60


def append(stream: str, number: int = 1, size: int = 1) -> Append:
    return Append(
        "append", {"tenant_id": "t", "stream_id": stream, "number": number, "events": b"x" * size}, size=size
    )


@define
class Waits:
    step: Append


def name(who: Waits) -> tuple[str, int]:
    return who.step.parameters["stream_id"], who.step.parameters["number"]


def group_of(*waiting: Waits, most: int = 100) -> Group[Waits]:
    group = Group[Waits](1, most)
    for each in waiting:
        group.wait(each)
    return group


def taken(group: Group[Waits]) -> list[tuple[str, int]]:
    if (called := group.first(0.0)) is None:
        return []
    found = group.together_with(*called)
    group.leaves(called[1])
    return [name(each) for each in found]


def test_one_finds_a_lane_free_and_the_next_does_not() -> None:
    group = Group[Waits](2, 10)
    first, second = group.enters(append("a"), 0.0), group.enters(append("b"), 0.0)
    assert first is not None
    assert second is not None
    assert group.enters(append("c"), 0.0) is None
    waits = Waits(append("d"))
    group.wait(waits)
    assert group.first(0.0) is None
    group.leaves(first)
    called = group.first(0.0)
    assert called is not None
    assert (called[0], called[1].places) == (waits, [("t", "d")])
    assert group.enters(append("c"), 0.0) is None


def test_who_comes_anew_does_not_overtake_who_waits() -> None:
    group = Group[Waits](1, 10)
    lane = group.enters(append("again"), 0.0)
    assert lane is not None
    waits = Waits(append("waits"))
    group.wait(waits)
    group.leaves(lane)
    assert group.enters(append("again"), 0.0) is None
    called = group.first(0.0)
    assert called is not None
    assert called[0] is waits


def test_who_has_a_lane_for_too_long_loses_it_and_writes_apart() -> None:
    group = Group[Waits](1, 10)
    slow = group.enters(append("slow"), 0.0)
    assert slow is not None
    group.relieve(MOMENT / 2)
    assert group.enters(append("a"), MOMENT) is None
    group.relieve(MOMENT)
    lane = group.enters(append("a"), MOMENT)
    assert lane is not None
    assert group.is_apart(append("slow"))
    group.leaves(slow)
    assert not group.is_apart(append("slow"))
    assert group.enters(append("b"), MOMENT) is None, "the lane came back twice"
    group.leaves(lane)
    assert group.enters(append("b"), MOMENT) is not None


def test_a_stream_is_once_in_a_group_and_its_commits_keep_their_order() -> None:
    group = group_of(*(Waits(append(*each)) for each in [("b", 1), ("a", 1), ("b", 2), ("c", 1), ("b", 3)]))
    assert taken(group) == [("a", 1), ("b", 1), ("c", 1)]
    assert taken(group) == [("b", 2)]
    assert taken(group) == [("b", 3)]
    assert taken(group) == []


def test_a_group_is_bounded_in_number() -> None:
    group = group_of(*(Waits(append(each)) for each in "abcde"), most=2)
    assert [len(taken(group)) for _ in range(3)] == [2, 2, 1]


def test_a_group_is_bounded_in_bytes_but_one_commit_may_be_as_large_as_it_likes() -> None:
    group = group_of(*(Waits(append(each, size=3_000_000)) for each in "ab"), Waits(append("c", size=9_000_000)))
    assert [taken(group) for _ in range(3)] == [[("a", 1)], [("b", 1)], [("c", 1)]]


def test_a_large_commit_does_not_wait_for_ever_behind_small_ones() -> None:
    large = Waits(append("large", size=5_000_000))
    group = group_of(Waits(append("a")), large, Waits(append("b")))
    assert taken(group) == [("a", 1), ("b", 1)]
    group.wait(Waits(append("d")))
    assert taken(group) == [("large", 1)]


def test_a_stream_that_is_written_by_itself_joins_no_group() -> None:
    group = group_of(Waits(append("a")), Waits(append("b")), Waits(append("c")))
    lane = group.begin_apart(append("b"))
    assert group.is_apart(append("b"))
    assert taken(group) == [("a", 1), ("c", 1)]
    group.leaves(lane)
    assert not group.is_apart(append("b"))


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 3_000_000)), max_size=30), st.integers(1, 5))
def test_everybody_has_a_turn_and_each_stream_in_order(asked: list[tuple[str, int]], most: int) -> None:
    waiting = [Waits(append(stream, number, size)) for number, (stream, size) in enumerate(asked)]
    group, found = group_of(*waiting, most=most), list[tuple[str, int]]()
    while together := taken(group):
        assert len(together) <= most
        assert len({stream for stream, _ in together}) == len(together)
        found += together
    assert sorted(found) == sorted(map(name, waiting))
    for stream in "abcd":
        numbers = [number for each, number in found if each == stream]
        assert numbers == sorted(numbers)


@define(eq=False)
class Gate:
    """A performer that waits until it is told how the next step ends."""

    steps: list[Any] = field(factory=list[Any])
    ends: list[Future[Any]] = field(factory=list[Future[Any]])
    came: threading.Condition = field(factory=threading.Condition)
    closed: bool = False

    def __call__(self, step: Any) -> Any:
        end = Future[Any]()
        with self.came:
            self.steps.append(step)
            self.ends.append(end)
            self.came.notify_all()
        return end.result(SECONDS)

    def close(self) -> None:
        self.closed = True

    def wait(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.steps) >= count, SECONDS), self.steps


class Threads:
    """Writers that are threads."""

    def __init__(self, moment: float = 600.0) -> None:
        self.gate = Gate()
        self.performer = GroupingPerformer(self.gate, lanes=1, most=100, moment=moment)
        self._pool = ThreadPoolExecutor(16)

    def write(self, step: Any) -> Future[Any]:
        return self._pool.submit(self.performer, step)

    def waiting(self) -> int:
        return self.performer.waiting

    def end(self) -> None:
        self._pool.shutdown()


class Tasks:
    """Writers that are tasks of a loop in a thread of its own."""

    def __init__(self, moment: float = 600.0) -> None:
        self.gate = Gate()
        self.performer = AsyncGroupingPerformer(self, lanes=1, most=100, moment=moment)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._pool = ThreadPoolExecutor(16)

    async def __call__(self, step: Any) -> Any:
        return await self._loop.run_in_executor(self._pool, self.gate, step)

    async def close(self) -> None:
        self.gate.close()

    def write(self, step: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(self.performer(step), self._loop)

    def waiting(self) -> int:
        async def count() -> int:
            return self.performer.waiting

        return asyncio.run_coroutine_threadsafe(count(), self._loop).result(SECONDS)

    def end(self) -> None:
        async def done() -> None:
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._pool.shutdown()


@pytest.fixture(params=[Threads, Tasks])
def writers(request: pytest.FixtureRequest) -> Any:
    made = request.param()
    yield made
    made.end()


def queued(writers: Any, count: int) -> None:
    """Wait until so many wait."""
    until(lambda: writers.waiting() == count)


def until(reached: Callable[[], bool]) -> None:
    for _ in range(6000):
        if reached():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come about")


def grouped(writers: Any, *streams: str) -> list[Future[Any]]:
    """One writer is under way; these wait for it."""
    first = writers.write(append("first"))
    writers.gate.wait(1)
    waiting = [writers.write(append(each)) for each in streams]
    queued(writers, len(streams))
    writers.gate.ends[0].set_result(1)
    assert first.result(SECONDS) == 1
    return waiting


def test_one_alone_is_performed_as_it_is(writers: Any) -> None:
    written = writers.write(append("a"))
    writers.gate.wait(1)
    writers.gate.ends[0].set_result(7)
    assert written.result(SECONDS) == 7
    assert writers.gate.steps == [append("a")]


def test_what_is_no_append_does_not_wait_for_any(writers: Any) -> None:
    writers.write(append("a"))
    writers.gate.wait(1)
    read = writers.write(Statement("read"))
    writers.gate.wait(2)
    writers.gate.ends[1].set_result([])
    assert read.result(SECONDS) == []
    writers.gate.ends[0].set_result(1)


def test_who_waits_is_written_together_and_each_is_told_its_own(writers: Any) -> None:
    waiting = grouped(writers, "c", "a", "b")
    writers.gate.wait(2)
    step = writers.gate.steps[1]
    assert isinstance(step, Appends)
    assert [each["stream_id"] for each in step.batch] == ["a", "b", "c"], "not in the order of streams"
    writers.gate.ends[1].set_result([2, None, 4])
    assert [each.result(SECONDS) for each in waiting] == [4, 2, None]


def test_what_the_server_undid_is_written_one_by_one(writers: Any) -> None:
    waiting = grouped(writers, "a", "b")
    writers.gate.wait(2)
    writers.gate.ends[1].set_result(None)
    writers.gate.wait(4)
    assert {each.parameters["stream_id"] for each in writers.gate.steps[2:]} == {"a", "b"}
    for step, end in zip(writers.gate.steps[2:], writers.gate.ends[2:], strict=True):
        end.set_result(f"of {step.parameters['stream_id']}")
    assert [each.result(SECONDS) for each in waiting] == ["of a", "of b"]


def test_a_stream_that_is_written_by_itself_keeps_nobody_waiting(writers: Any) -> None:
    grouped(writers, "slow", "b")
    writers.gate.wait(2)
    writers.gate.ends[1].set_result(None)
    writers.gate.wait(4)
    slow = next(
        number for number, each in enumerate(writers.gate.steps[2:], 2) if each.parameters["stream_id"] == "slow"
    )
    writers.gate.ends[5 - slow].set_result(1)
    again = writers.write(append("slow", 2))  # it waits where the first does, and not in a lane
    writers.gate.wait(5)
    other = writers.write(append("c"))
    writers.gate.wait(6)
    writers.gate.ends[5].set_result(3)
    assert other.result(SECONDS) == 3
    writers.gate.ends[slow].set_result(1)
    writers.gate.ends[4].set_result(2)
    assert again.result(SECONDS) == 2


@pytest.mark.parametrize("made", [Threads, Tasks])
def test_one_that_takes_too_long_does_not_keep_the_lane(made: Any) -> None:
    writers = made(moment=0.05)
    slow = writers.write(append("slow"))
    writers.gate.wait(1)
    other = writers.write(append("b"))
    writers.gate.wait(2)  # although the first has not come back
    writers.gate.ends[1].set_result(2)
    assert other.result(SECONDS) == 2
    writers.gate.ends[0].set_result(1)
    assert slow.result(SECONDS) == 1
    writers.end()


def test_what_nobody_knows_is_told_to_each(writers: Any) -> None:
    waiting = grouped(writers, "a", "b", "c")
    writers.gate.wait(2)
    writers.gate.ends[1].set_exception(StorageUnavailable("it broke"))
    errors = [each.exception(SECONDS) for each in waiting]
    assert [str(each) for each in errors] == ["it broke"] * 3
    assert len({id(each) for each in errors}) == 3, "they share an error, and so its traceback"
    last = writers.write(append("d"))
    writers.gate.wait(3)
    writers.gate.ends[2].set_result(9)
    assert last.result(SECONDS) == 9


def test_one_that_fails_alone_lets_go_of_its_lane(writers: Any) -> None:
    first = writers.write(append("a"))
    writers.gate.wait(1)
    writers.gate.ends[0].set_exception(StorageUnavailable("it broke"))
    assert isinstance(first.exception(SECONDS), StorageUnavailable)
    second = writers.write(append("b"))
    writers.gate.wait(2)
    writers.gate.ends[1].set_result(2)
    assert second.result(SECONDS) == 2


def test_a_task_that_is_cancelled_while_it_waits_is_not_written() -> None:
    writers = Tasks()
    try:
        waiting = grouped_but_one(writers)
        writers.gate.wait(2)
        assert [each["stream_id"] for each in writers.gate.steps[1].batch] == ["a", "c"]
        writers.gate.ends[1].set_result([1, 3])
        assert [each.result(SECONDS) for each in waiting] == [1, 3]
    finally:
        writers.end()


def grouped_but_one(writers: Tasks) -> list[Future[Any]]:
    first = writers.write(append("first"))
    writers.gate.wait(1)
    one, two, three = (writers.write(append(each)) for each in "abc")
    queued(writers, 3)
    two.cancel()
    queued(writers, 2)
    writers.gate.ends[0].set_result(1)
    first.result(SECONDS)
    return [one, three]


def test_a_task_that_is_cancelled_while_it_is_written_harms_nobody() -> None:
    writers = Tasks()
    try:
        one, two = grouped(writers, "a", "b")
        writers.gate.wait(2)
        one.cancel()
        writers.gate.ends[1].set_result([1, 2])
        assert two.result(SECONDS) == 2
    finally:
        writers.end()


@pytest.mark.parametrize("halves", [True, False])
def test_tasks_that_write_again_and_again_have_turns(monkeypatch: pytest.MonkeyPatch, *, halves: bool) -> None:
    monkeypatch.setattr(Halving, "prefers_halves", lambda *counts: halves and counts[-1] > 1)
    written = Counter[str]()

    class Counting:
        async def __call__(self, step: Any, /) -> Any:
            await asyncio.sleep(0)
            steps = step.batch if isinstance(step, Appends) else [step.parameters]
            written.update(each["stream_id"] for each in steps)
            assert max(written.values()) - min(written[each] for each in "abcd") <= 2, f"{written}"
            return [1] * len(steps) if isinstance(step, Appends) else 1

        async def close(self) -> None: ...

    async def main() -> None:
        performer = AsyncGroupingPerformer(Counting(), lanes=1, most=100)

        async def write(stream: str) -> None:
            for number in range(20):
                assert await performer(append(stream, number)) == 1

        await asyncio.gather(*map(write, "abcd"))

    asyncio.run(main())
    assert written == dict.fromkeys("abcd", 20)


def test_half_of_the_tasks_go_on_while_the_other_half_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Halving, "prefers_halves", lambda *counts: counts[-1] > 1)
    written, told = list[list[str]](), Counter[str]()

    class Slow:
        async def __call__(self, step: Any, /) -> Any:
            steps = step.batch if isinstance(step, Appends) else [step.parameters]
            before = told.copy()
            for _ in range(20):
                await asyncio.sleep(0)
            written.append([each["stream_id"] for each in steps])
            if len(written) > 2:
                assert told > before, "nobody went on meanwhile"
            return [1] * len(steps) if isinstance(step, Appends) else 1

        async def close(self) -> None: ...

    async def main() -> None:
        performer = AsyncGroupingPerformer(Slow(), lanes=1, most=100)

        async def write(stream: str) -> None:
            for number in range(5):
                assert await performer(append(stream, number)) == 1
                told[stream] += 1

        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*map(write, "abcd"))

    asyncio.run(main())
    assert [len(each) for each in written][:6] == [1, 4, 2, 2, 2, 2]


def test_what_waits_when_its_loop_ends_is_not_written() -> None:
    steps = list[Any]()

    class Never:
        async def __call__(self, step: Any) -> Any:
            steps.append(step)
            await asyncio.Event().wait()

        async def close(self) -> None:
            """It has nothing."""

    async def main() -> None:
        performer = AsyncGroupingPerformer(Never(), lanes=2, most=10)
        tasks = [asyncio.create_task(performer(append(f"s{number}"))) for number in range(50)]
        await asyncio.sleep(0)
        assert performer.waiting == len(tasks) - 2

    asyncio.run(main())
    assert len(steps) == 2
