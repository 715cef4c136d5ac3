"""Runners that begin and end share the parts evenly, and hand them over without doing anything twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_following import PACE, TENANT, Added, World

from aett.application.following.followers import Part, Reactor
from aett.application.following.memory import Holding
from aett.application.following.position import read
from aett.application.following.roster import Roster
from aett.application.following.steps import ReadRegister
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
