"""Whose turn it is; and what is kept of the log for those who read the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import attrs
from attrs import frozen

from aett import Commit, Head, Pace, Reactor, Register, Topic, TopicMap
from aett.application.following.memory import Holding, Turn
from aett.application.following.position import Position
from aett.application.following.roster import Entry, Roster
from aett.application.following.steps import ReadLog, Stretch
from aett.application.following.stretches import Stretches


@Topic("item")
@frozen
class Item:
    pass


TOPICS = TopicMap(Item)
FOLLOWER = Reactor[Item](name="r", topics=Item, react=lambda _: None)
HOLDING = Holding(register=Register("t", "r"), kept=Position(), put_at=0.0, position=Position(), rest=1.0)


def roster_of(*tenants: str) -> Roster:
    roster = Roster([FOLLOWER], Pace())
    for each in tenants:
        roster.meet(each, 0.0)
    return roster


def taken(roster: Roster, now: float) -> Entry:
    entry = roster.take(now)
    assert entry is not None
    return entry


def test_each_is_taken_in_its_turn_and_nobody_twice() -> None:
    roster = roster_of("a", "b")
    first, second = taken(roster, 0.0), taken(roster, 0.0)
    assert {first.part.tenant_id, second.part.tenant_id} == {"a", "b"}
    assert roster.take(10.0) is None
    roster.put_back(first, Turn(HOLDING, 5.0), 1.0)
    assert (roster.due(), roster.take(5.9)) == (6.0, None)
    assert taken(roster, 6.0) is first


def test_a_busy_one_does_not_keep_others_waiting() -> None:
    roster = roster_of("busy", "quiet")
    order = list[str]()
    for now in range(6):
        entry = taken(roster, float(now))
        order.append(entry.part.tenant_id)
        roster.put_back(entry, Turn(HOLDING, 0.0), float(now))
    assert order == ["busy", "quiet"] * 3


def test_a_bell_wakes_who_rests_and_nobody_else() -> None:
    roster = roster_of("resting", "failing")
    resting, failing = taken(roster, 0.0), taken(roster, 0.0)
    roster.put_back(resting, Turn(HOLDING, 100.0), 0.0)
    roster.put_back(failing, Turn(HOLDING, 100.0, LookupError()), 0.0)
    assert not roster.ring("failing", 1.0)
    assert not roster.ring("unknown", 1.0)
    assert roster.ring("resting", 1.0)
    assert not roster.ring("resting", 1.0), "it is due already"
    entry = taken(roster, 1.0)
    assert entry is resting
    assert isinstance(entry.memory, Holding)
    assert entry.memory.rest == 0.0, "it rests for long although something may come at once"
    assert roster.take(99.0) is None


def test_a_bell_that_rings_during_a_turn_is_heard_after_it() -> None:
    roster = roster_of("t")
    entry = taken(roster, 0.0)
    roster.ring("t", 0.0)
    roster.put_back(entry, Turn(HOLDING, 100.0), 1.0)
    assert taken(roster, 1.0) is entry
    roster.put_back(entry, Turn(HOLDING, 100.0), 2.0)
    assert roster.take(3.0) is None


def test_many_that_rest_are_asked_more_rarely() -> None:
    assert roster_of("t").pace.longest_poll == Pace().longest_poll
    assert roster_of(*(f"t{number}" for number in range(1000))).pace.longest_poll == 10.0


def test_tenants_are_looked_for_from_time_to_time_and_soon_when_one_is_heard_of() -> None:
    pace = Pace(discovery=5.0, pause=0.5)
    assert not Roster([FOLLOWER], pace).discovers(0.0)
    roster = Roster([FOLLOWER], pace, everybody=True)
    roster.meet("t", 0.0)
    assert [roster.discovers(now) for now in (0.0, 4.9, 5.0, 5.1)] == [True, False, True, False]
    assert roster.ring("new", 5.2)
    assert [roster.discovers(now) for now in (5.3, 5.5, 6.1)] == [False, True, False]


def test_who_waits_does_so_until_the_next_turn_or_a_second() -> None:
    roster = roster_of()
    assert roster.rest(0.0) == 1.0
    roster.meet("t", 10.0)
    assert [roster.rest(now) for now in (0.0, 9.75, 11.0)] == [1.0, 0.25, 0.0]


# What is kept of the log


def log(count: int) -> list[Commit]:
    commit = Head("t", "s").commit(Item(), commit_id=uuid4(), stamp=datetime(2026, 1, 1, tzinfo=UTC))
    return [attrs.evolve(commit, checkpoint=3 * number) for number in range(1, count + 1)]


def asked(checkpoint: int, **settings: Any) -> ReadLog:
    return attrs.evolve(ReadLog("t", checkpoint, TOPICS, 5), **settings)


def checkpoints(stretch: Stretch | None) -> list[int | None] | None:
    return None if stretch is None else [each.checkpoint for each in stretch.commits]


def test_the_rest_of_a_stretch_is_given_and_nothing_beyond_it() -> None:
    stretches = Stretches()
    stretches.keep(asked(1), Stretch(log(4), more=False))
    assert checkpoints(stretches.find(asked(1))) == [3, 6, 9, 12]
    assert checkpoints(stretches.find(asked(3))) == [6, 9, 12]
    assert checkpoints(stretches.find(asked(11))) == [12]
    for other in (asked(0), asked(12), asked(3, tenant_id="u"), asked(3, topics=TopicMap())):
        assert stretches.find(other) is None
    found = stretches.find(asked(3))
    assert found is not None
    assert found.more, "whoever has a part of it has to look for more"
    stretches.forget("t")
    assert stretches.find(asked(1)) is None


def test_nothing_is_kept_of_an_empty_stretch_and_little_of_many() -> None:
    stretches = Stretches()
    stretches.keep(asked(0), Stretch([], more=False))
    assert stretches.find(asked(0)) is None
    for number in range(100):
        stretches.keep(asked(0, tenant_id=f"t{number}"), Stretch(log(1), more=False))
    assert stretches.find(asked(0, tenant_id="t99")) is not None
    assert stretches.find(asked(0, tenant_id="t0")) is None
