"""Runners that begin and end share the parts evenly, and hand them over without doing anything twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_following import PACE, TENANT, Added, World, handler, reactor
from tests.property.test_following import Runner as Stepped

from aett.application.following.followers import Follower, Part, Reactor
from aett.application.following.memory import Holding, Watching
from aett.application.following.position import read
from aett.application.following.roster import Roster
from aett.application.following.steps import ReadRegister, Together
from aett.application.following.turns import Turns
from aett.core.plan import run


class Runner:
    """One, in one thread."""

    def __init__(self, name: str, followers: list[Reactor[Any]], now: float) -> None:
        self.name = name
        self._roster = Roster(followers, PACE)
        self._roster.meet(TENANT, now)

    def work(self, world: World) -> None:
        """Take every turn that is due now."""
        taken = list[Any]()
        while (entry := self._roster.take(world.now)) is not None:
            taken.append(entry)
        for entry in taken:
            self._roster.put_back(
                entry, run(Turns(entry.part, self.name, PACE).turn(entry.memory), world), world.now
            )

    def stop(self, world: World) -> None:
        for entry in self._roster:
            run(Turns(entry.part, self.name).release(entry.memory), world)

    @property
    def parts(self) -> list[str]:
        return [entry.part.register for entry in self._roster if isinstance(entry.memory, Holding)]


def holders(world: World, followers: list[Reactor[Any]]) -> Counter[str]:
    every = [Part(each, TENANT, number) for each in followers for number in range(each.partitions)]
    return Counter(read(world(ReadRegister(TENANT, each.register)))[0].holder for each in every)


def settle(world: World, runners: list[Runner], *, busy: bool) -> None:
    """A while passes."""
    for number in range(150):
        if busy and number % 8 == 0:
            for stream in "abcdefgh":
                world.write(stream, [Added(number)])
        for each in runners:
            each.work(world)
        world.now += 0.5


# Each is a whole history of runners.
@settings(max_examples=settings().max_examples // 4)
@given(
    st.lists(st.integers(1, 8), min_size=1, max_size=4),
    st.lists(st.sampled_from(["begin", "begin", "stop", "die", "write"]), min_size=1, max_size=6),
    st.booleans(),
)
def test_parts_are_shared_evenly(partitions: list[int], actions: list[str], busy: bool) -> None:  # noqa: FBT001
    world, count = World(), 0
    followers = [
        Reactor[Added](name=f"r{number}", topics=Added, react=lambda _: None, partitions=each)
        for number, each in enumerate(partitions)
    ]
    runners = list[Runner]()
    for action in actions:
        match action:
            case "begin":
                count += 1
                runners.append(Runner(f"runner {count}", followers, world.now))
            case "stop" if runners:
                runners.pop(0).stop(world)
            case "die" if runners:
                runners.pop(0)
            case _:
                world.write("a", [Added(1)])
        for each in runners:
            each.work(world)
    if not runners:
        return
    # As long as nothing is to be done, nothing is taken from who is dead.
    settle(world, runners, busy=busy or "die" in actions)
    found = holders(world, followers)
    assert set(found) <= {each.name for each in runners}, "nobody works for it, or one who is dead"
    numbers = [found[each.name] for each in runners]
    assert max(numbers) - min(numbers) <= 1, f"not even: {numbers}"
    assert numbers == [len(each.parts) for each in runners], "two work for one part"


def test_a_part_is_handed_over_with_all_that_was_done() -> None:
    world = World()
    follower = Reactor[Added](name="r", topics=Added, react=world.react, partitions=2)
    first = Runner("first", [follower], 0.0)
    for number in range(4):
        world.write("abcd"[number], [Added(number)])
    first.work(world)
    second = Runner("second", [follower], world.now)
    for number in range(200):
        world.write("abcd"[number % 4], [Added(number)])
        first.work(world)
        second.work(world)
        world.now += 0.25
    settle(world, [first, second], busy=False)
    assert (len(first.parts), len(second.parts)) == (1, 1)
    ids = [each.id for each in world.reacted]
    assert len(ids) == len(set(ids)), "an event was handled by both"
    assert len(ids) == len(world.wanted())


def a_pair(world: World, follower: Follower) -> tuple[Stepped, Stepped]:
    """One that works for it, at its end, and one that watches; then more is written."""
    first, second = (Stepped(Turns(Part(follower, TENANT), name, PACE)) for name in ("first", "second"))
    for _ in range(4):
        first.finish(world)
    second.finish(world)
    for number in range(4):
        world.write("a", [Added(number)])
    return first, second


def test_who_is_asked_in_the_midst_of_its_work_puts_what_is_done_before_it_lets_go() -> None:
    world = World()
    first, second = a_pair(world, reactor(world))
    while not world.reacted:
        first.advance(world)
    second.ask(world)
    first.finish(world)
    for _ in range(4):
        second.finish(world)
    assert isinstance(second.memory, Holding)
    assert isinstance(first.memory, Watching)
    assert [each.revision for each in world.reacted] == [1, 2, 3, 4]


def test_who_is_asked_after_a_put_of_which_it_was_not_told_takes_nothing_back() -> None:
    world = World()
    first, second = a_pair(world, handler(world))
    while not isinstance(first.step, Together):
        first.advance(world)
    first.lose(world, done=True)
    second.ask(world)
    for _ in range(6):
        first.finish(world)
        second.finish(world)
    assert isinstance(second.memory, Holding)
    assert [each.revision for each in world.table] == [1, 2, 3, 4]
