"""The repositories on the memory engine, both faces: what a service sees."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
from till import CONFLICTS, TILL, TOPICS, WATCH, Notify, PaidIn, PaidOut, Till, TooLittle

from aett import (
    AsyncDefaultAggregateRepository,
    AsyncDefaultSagaRepository,
    ConflictingCommit,
    DefaultAggregateRepository,
    DefaultSagaRepository,
    Failure,
    InvalidCommit,
    InvalidIdentifier,
    Success,
    every,
)
from aett.adapters import memory as engine
from aett.adapters.memory import Memory

START = datetime(2026, 1, 1, tzinfo=UTC)


async def _listed(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


class Awaited:
    """An awaiting object, whose answers are waited for."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            answer = getattr(self.inner, name)(*arguments, **options)
            if inspect.isasyncgen(answer):
                return asyncio.run(_listed(answer))
            return asyncio.run(answer)

        return call


class House:
    """Repositories of one face over one memory, and a clock that moves an hour at each write."""

    def __init__(self, *, awaiting: bool) -> None:
        self.memory = Memory()
        self.awaiting = awaiting
        self.now = START

    def clock(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now

    def _made(self, blocking: Any, awaited: Any, tenant: str, options: dict[str, Any]) -> Any:
        if self.awaiting:
            store = engine.AsyncCommitStore(
                self.memory, topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=3
            )
            snapshots: Any = engine.AsyncSnapshotStore(self.memory)
            return Awaited(awaited(tenant, store=store, snapshot_store=snapshots, clock=self.clock, **options))
        plain = engine.CommitStore(self.memory, topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=3)
        snapshots = engine.SnapshotStore(self.memory)
        return blocking(tenant, store=plain, snapshot_store=snapshots, clock=self.clock, **options)

    def tills(self, tenant: str = "t", **options: Any) -> Any:
        return self._made(DefaultAggregateRepository, AsyncDefaultAggregateRepository, tenant, options)

    def watches(self, tenant: str = "t", **options: Any) -> Any:
        return self._made(DefaultSagaRepository, AsyncDefaultSagaRepository, tenant, options)


Tills: TypeAlias = Any


@pytest.fixture(params=[False, True], ids=["blocking", "awaiting"])
def house(request: pytest.FixtureRequest) -> House:
    return House(awaiting=request.param)


def filled(house: House, *changes: int, **options: Any) -> Tills:
    tills = house.tills(**options)
    for change in changes:
        tills.execute(TILL, "s", change).unwrap()
    return tills


def test_a_state_comes_back_at_every_revision(house: House) -> None:
    tills = filled(house, 5, 7, -2, 1)
    assert [tills.get(TILL, "s", max_revision=n).unwrap().state.content for n in range(6)] == [
        0,
        5,
        12,
        10,
        11,
        11,
    ]
    assert tills.get(TILL, "s", max_revision=3).unwrap().revision == 3


def test_a_bound_inside_a_commit_is_exact(house: House) -> None:
    tills = house.tills()
    tills.save(TILL, tills.get(TILL, "s").unwrap(), *map(PaidIn, (1, 2, 3, 4))).unwrap()
    cut = tills.get(TILL, "s", max_revision=2).unwrap()
    assert (cut.state, cut.revision) == (Till(3), 2)
    outcome = tills.save(TILL, cut, PaidIn(9))
    assert isinstance(outcome.failure(), ConflictingCommit)


def test_a_snapshot_inside_a_commit_replays_nothing_twice(house: House) -> None:
    tills = house.tills()
    tills.save(TILL, tills.get(TILL, "s").unwrap(), *map(PaidIn, (1, 2, 3, 4))).unwrap()
    tills.snapshot(TILL, "s", max_revision=2).unwrap()
    assert tills.get(TILL, "s").unwrap().state == Till(10)


def test_a_state_comes_back_at_every_time(house: House) -> None:
    tills = filled(house, 5, 7, -2)
    contents = [
        tills.get_to(TILL, "s", START + timedelta(minutes=30 * n)).unwrap().state.content for n in range(8)
    ]
    assert contents == [0, 0, 5, 5, 12, 12, 10, 10]
    with pytest.raises(InvalidCommit, match="naive"):
        tills.get_to(TILL, "s", datetime(2026, 1, 1))  # noqa: DTZ001  # what is tested


def test_saving_twice_in_a_row_works(house: House) -> None:
    tills = house.tills()
    once = tills.save(TILL, tills.get(TILL, "s").unwrap(), PaidIn(1)).unwrap()
    assert tills.save(TILL, once, PaidIn(2)).unwrap().state == Till(3)


def test_two_savers_of_what_commutes_both_succeed(house: House) -> None:
    tills = house.tills()
    seen = tills.get(TILL, "s").unwrap()
    assert tills.save(TILL, seen, PaidIn(1)).unwrap().state == Till(1)
    assert tills.save(TILL, seen, PaidIn(2)).unwrap().state == Till(3)


def test_two_savers_of_what_conflicts_do_not(house: House) -> None:
    tills = filled(house, 10)
    seen = tills.get(TILL, "s").unwrap()
    tills.save(TILL, seen, PaidOut(6)).unwrap()
    match tills.save(TILL, seen, PaidOut(6)):
        case Failure(ConflictingCommit((theirs,))):
            assert theirs.bodies == (PaidOut(6),)
        case other:
            pytest.fail(f"{other}")


def test_headers_are_stored(house: House) -> None:
    tills = house.tills()
    tills.execute(TILL, "s", 1, headers={"by": "Ann"}).unwrap()
    store = engine.CommitStore(house.memory, topic_map=TOPICS)
    assert [commit.headers for commit in store.get("t", "s")] == [{"by": "Ann"}]


def test_a_repeated_command_takes_effect_once(house: House) -> None:
    tills = filled(house, 10)
    again = uuid4()
    outcomes = [tills.execute(TILL, "s", -10, commit_id=again) for _ in range(3)]
    assert [each.unwrap().state for each in outcomes] == [Till(0)] * 3
    assert tills.execute(TILL, "s", -10) == Failure(TooLittle(10))


def test_snapshots_by_policy_shorten_the_load(house: House) -> None:
    tills = filled(house, *range(1, 11), snapshots=every(4))
    newest = house.memory.find_snapshot("t", "s", 100)
    assert newest is not None
    assert newest.head.revision == 8
    assert newest.restore(TILL) == Success(tills.get(TILL, "s", max_revision=8).unwrap()).unwrap()
    assert tills.get(TILL, "s").unwrap().state == Till(55)


def test_a_snapshot_at_a_time_holds_the_state_of_that_time(house: House) -> None:
    tills = filled(house, 5, 7)
    tills.snapshot_at(TILL, "s", START + timedelta(hours=1)).unwrap()
    newest = house.memory.find_snapshot("t", "s", 100)
    assert newest is not None
    assert newest.head.revision == 1
    assert tills.get(TILL, "s").unwrap().state == Till(12)


def test_an_empty_stream_leaves_no_snapshot(house: House) -> None:
    house.tills().snapshot(TILL, "s").unwrap()
    assert house.memory.find_snapshot("t", "s", 100) is None


def test_a_repository_without_a_snapshot_store_says_so() -> None:
    tills = DefaultAggregateRepository("t", store=engine.CommitStore(topic_map=TOPICS))
    with pytest.raises(ValueError, match="snapshot_store"):
        tills.snapshot(TILL, "s")


def test_a_purged_stream_is_not_kept_alive_by_a_late_snapshot(house: House) -> None:
    tills = filled(house, 5, 7)
    house.memory.purge_stream("t", "s")
    late = house.tills()
    late_state = filled(House(awaiting=False), 5, 7).get(TILL, "s").unwrap()
    from aett import Snapshot  # noqa: PLC0415

    house.memory.add_snapshot(Snapshot.of(TILL, late_state))
    assert late.execute(TILL, "s", 1).unwrap().state == Till(1)
    assert tills is not late


def test_repositories_of_two_tenants_do_not_meet(house: House) -> None:
    filled(house, 5)
    assert house.tills("other").get(TILL, "s").unwrap().state == Till()


def test_bad_input_is_refused_at_once() -> None:
    store = engine.CommitStore(topic_map=TOPICS)
    with pytest.raises(InvalidIdentifier):
        DefaultAggregateRepository("", store=store)
    with pytest.raises(ValueError, match="attempts"):
        DefaultAggregateRepository("t", store=store, attempts=0)
    with pytest.raises(InvalidIdentifier):
        DefaultAggregateRepository("t", store=store).execute(TILL, "", 1)
    with pytest.raises(InvalidCommit, match="max_time must be a datetime"):
        DefaultAggregateRepository("t", store=store).get_to(TILL, "s", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="topic_map must be a TopicMap"):
        engine.CommitStore(topic_map=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("bound", [-1, -(2**70)])
def test_a_bound_below_all_revisions_is_a_bound(house: House, bound: int) -> None:
    tills = filled(house, 5)
    assert tills.get(TILL, "s", max_revision=bound).unwrap().state == Till()
    assert tills.get(TILL, "s", max_revision=2**70).unwrap().state == Till(5)


# Sagas


def test_the_commands_of_a_saga_are_read_back_until_they_are_marked(house: House) -> None:
    watches = house.watches()
    for event in (PaidIn(1), PaidOut(1), PaidIn(2)):
        watches.transition(WATCH, "w", event).unwrap()
    todo = list(watches.undispatched(WATCH, "w"))
    assert [each.command for each in todo] == [Notify("1 in"), Notify("1 now"), Notify("2 in"), Notify("2 now")]
    assert len({each.id for each in todo}) == 4
    for done in range(4):
        watches.mark_dispatched("w", todo[done]).unwrap()
        watches.mark_dispatched("w", todo[0]).unwrap()  # never backwards
        assert list(watches.undispatched(WATCH, "w")) == todo[done + 1 :]


def test_an_event_happens_to_a_saga_once(house: House) -> None:
    watches = house.watches()
    event_id = uuid4()
    for _ in range(2):
        assert watches.transition(WATCH, "w", PaidIn(3), commit_id=event_id).unwrap().state == Till(3)
    assert len(list(watches.undispatched(WATCH, "w"))) == 2


def test_commands_are_outside_of_the_revision_count(house: House) -> None:
    watches = house.watches()
    watches.transition(WATCH, "w", PaidIn(1)).unwrap()
    assert watches.transition(WATCH, "w", PaidIn(2)).unwrap().revision == 2
    assert watches.get(WATCH, "w", max_revision=1).unwrap().state == Till(1)


def test_a_saga_that_begins_anew_after_a_purge_has_its_commands_to_do(house: House) -> None:
    watches = house.watches()
    for _ in range(2):
        watches.transition(WATCH, "w", PaidIn(1)).unwrap()
        todo = list(watches.undispatched(WATCH, "w"))
        assert [each.command for each in todo] == [Notify("1 in"), Notify("1 now")]
        watches.mark_dispatched("w", todo[-1]).unwrap()
        assert list(watches.undispatched(WATCH, "w")) == []
        house.memory.purge_stream("t", "w")
