"""Cached states: only the tail is read, and nothing that is no longer true is ever seen."""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from threading import Thread
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from till import CONFLICTS, TILL, TOPICS, PaidIn, PaidOut, Till, TooLittle
from walking import FULL, LATER, MINE, NOW, TEN, THEIRS, committed, plans, walk

from aett import DefaultAggregateRepository, Failure, Head, Impossible, Page, Snapshot, StateCache, Success
from aett.adapters import memory, sqlite
from aett.application.steps import Append, NewestSnapshot, NextCommit, NextPage, OpenCommits, OpenPages

OTHER_TILL = attrs.evolve(TILL, name="other till")
LAST = committed(Head("t", "s", 1, 1), PaidIn(6), commit_id=LATER)
NEXT = committed(FULL.head, PaidIn(5), commit_id=THEIRS)


def filled() -> StateCache:
    cache = StateCache(10)
    cache.keep(TILL, FULL, LATER)
    return cache


def tail(*commits: Any, high: int | None = None) -> list[tuple[Any, Any]]:
    bounds: dict[str, Any] = {} if high is None else {"max_revision": high}
    return [
        (OpenCommits("t", "s", 2, **bounds), "commits"),
        *((NextCommit("commits"), each) for each in commits),
    ]


def test_a_whole_load_is_kept_and_the_next_asks_for_the_tail() -> None:
    cached = plans(cache=StateCache(10))
    pages: list[tuple[Any, Any]] = [(OpenPages("t", "s"), "pages")]
    pages += [(NextPage("pages"), each) for each in (Page(FULL.head, (PaidIn(4), PaidIn(6)), LATER), None)]
    assert walk(cached.load(TILL, "s"), *pages) == Success(FULL)
    assert walk(cached.load(TILL, "s"), *tail(LAST, None)) == Success(FULL)
    assert walk(cached.load(TILL, "s"), *tail(LAST, NEXT, None)).unwrap().state == Till(15)
    again = [(OpenCommits("t", "s", 3), "commits"), (NextCommit("commits"), NEXT), (NextCommit("commits"), None)]
    assert walk(cached.load(TILL, "s"), *again).unwrap().head == Head.after(NEXT)


def test_where_the_last_commit_has_no_id_nothing_is_kept() -> None:
    cache = StateCache(10)
    walk(plans(cache=cache).load(TILL, "s"), *TEN)
    assert len(cache) == 0


@pytest.mark.parametrize(
    "found",
    [
        None,
        attrs.evolve(LAST, commit_id=THEIRS),
        attrs.evolve(LAST, stream_revision=3, commit_sequence=3),
        committed(Head("t", "s", 1, 1), PaidIn(6), PaidIn(7), commit_id=LATER),
    ],
)
def test_a_state_whose_commit_is_no_longer_there_is_forgotten(found: Any) -> None:
    cache = filled()
    assert walk(plans(cache=cache).load(TILL, "s"), *tail(found), *TEN) == Success(FULL)
    assert len(cache) == 0


def test_a_write_is_kept() -> None:
    cached = plans(cache=filled())
    mine = committed(FULL.head, PaidOut(3))
    saved = walk(cached.save(TILL, FULL, (PaidOut(3),), None, {}), (Append(mine), Success(mine)))
    assert (
        walk(
            cached.load(TILL, "s"),
            (OpenCommits("t", "s", 3), "c"),
            (NextCommit("c"), mine),
            (NextCommit("c"), None),
        )
        == saved
    )


def test_a_load_to_a_revision_begins_there_but_is_not_kept() -> None:
    cached = plans(cache=filled())
    assert walk(cached.load(TILL, "s", max_revision=3), *tail(LAST, NEXT, None, high=3)).unwrap().revision == 3
    assert walk(cached.load(TILL, "s", max_revision=2), *tail(LAST, None, high=2)) == Success(FULL)


def test_an_earlier_revision_and_a_time_are_loaded_from_the_beginning() -> None:
    cached = plans(cache=filled())
    one = [(NextPage("pages"), Page(Head("t", "s", 1, 1), (PaidIn(4),), MINE)), (NextPage("pages"), None)]
    assert walk(
        cached.load(TILL, "s", max_revision=1), (OpenPages("t", "s", 1, 1), "pages"), *one
    ).unwrap().state == Till(4)
    by_time = OpenPages("t", "s", 1, max_time=NOW)
    assert walk(cached.load_to(TILL, "s", NOW), (by_time, "pages"), *one).unwrap().state == Till(4)
    assert walk(cached.load(TILL, "s"), *tail(LAST, None)) == Success(FULL)


def test_a_snapshot_serves_where_nothing_is_kept() -> None:
    cached = plans(cache=StateCache(1), has_snapshots=True)
    snapshot = Snapshot.of(TILL, FULL)
    newest = NewestSnapshot("t", "s", 2**63 - 1)
    pages = [(OpenPages("t", "s", 3), "pages"), (NextPage("pages"), None)]
    assert walk(cached.load(TILL, "s"), (newest, snapshot), *pages) == Success(FULL)


def test_what_cannot_follow_is_told() -> None:
    wrong = committed(FULL.head, PaidOut(99), commit_id=THEIRS)
    assert walk(plans(cache=filled()).load(TILL, "s"), *tail(LAST, wrong)) == Failure(
        Impossible("a till holds no less than nothing", 3)
    )


def test_another_aggregate_on_the_same_stream_has_states_of_its_own() -> None:
    assert filled().newest(OTHER_TILL, "t", "s") is None
    assert filled().newest(TILL, "t", "other") is None
    assert filled().newest(TILL, "u", "s") is None


def test_what_was_not_used_for_the_longest_time_goes() -> None:
    cache = StateCache(2)
    for stream in "ab":
        cache.keep(TILL, attrs.evolve(FULL, head=Head("t", stream, 2, 2)), LATER)
    assert cache.newest(TILL, "t", "a") is not None
    cache.keep(TILL, attrs.evolve(FULL, head=Head("t", "c", 2, 2)), LATER)
    assert [cache.newest(TILL, "t", stream) is not None for stream in "abc"] == [True, False, True]
    assert len(cache) == 2


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "many"])
def test_a_size_is_a_number_from_1_up(size: Any) -> None:
    with pytest.raises(ValueError, match="size must be an int of at least 1"):
        StateCache(size)


def test_threads_may_share_one() -> None:
    cache, failed = StateCache(3), list[Exception]()

    def work(first: int) -> None:
        try:
            for number in range(3000):
                stream = f"{(number + first) % 7}"
                cache.keep(TILL, attrs.evolve(FULL, head=Head("t", stream, 2, 2)), LATER)
                cache.newest(TILL, "t", stream)
                cache.forget(TILL, Head("t", stream))
        except Exception as error:  # noqa: BLE001  # it is looked at below
            failed.append(error)

    threads = [Thread(target=work, args=(first,)) for first in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed
    assert len(cache) <= 3


def test_what_a_transaction_has_undone_is_not_seen_afterwards(tmp_path: Path) -> None:
    # SQLite numbers what comes next as it numbered what was undone.
    path, cache = tmp_path / "events.db", StateCache(10)
    with sqlite.PersistenceManagement(path) as management:
        management.initialize()
    with sqlite.transaction(path) as tx:
        within = DefaultAggregateRepository("t", store=tx.commit_store(topic_map=TOPICS), cache=cache)
        within.execute(TILL, "s", 100).unwrap()
        tx.rollback()
    with sqlite.CommitStore(path, topic_map=TOPICS) as store:
        plain = DefaultAggregateRepository("t", store=store)
        cached = DefaultAggregateRepository("t", store=store, cache=cache)
        assert cached.get(TILL, "s").unwrap().revision == 0
        plain.execute(TILL, "s", 7).unwrap()
        assert cached.get(TILL, "s") == plain.get(TILL, "s")


def alike(who: dict[str, Any], stream: str, **bounds: int) -> None:
    expected = who["plain"].get(TILL, stream, **bounds)
    assert [each.get(TILL, stream, **bounds) for each in who.values()] == [expected] * len(who)


# A write by a repository with a cache, by another with a cache of its own, by one without; a purge.
DEEDS = st.lists(
    st.tuples(st.sampled_from(("first", "second", "plain", "purge", "look", "back")), st.integers(-5, 9)),
    max_size=30,
)


@given(deeds=DEEDS)
def test_whatever_others_do_a_cached_state_is_the_newest(deeds: list[tuple[str, int]]) -> None:
    place = memory.Memory()
    store = memory.CommitStore(place, topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=2)
    management, clock = memory.PersistenceManagement(place), iter(range(1_000))

    def made(cache: StateCache | None) -> Any:
        return DefaultAggregateRepository(
            "t", store=store, cache=cache, clock=lambda: NOW + timedelta(seconds=next(clock))
        )

    who = {"first": made(StateCache(1)), "second": made(StateCache(5)), "plain": made(None)}
    for deed, amount in deeds:
        stream = f"s{amount % 2}"
        match deed:
            case "purge":
                management.purge_stream("t", stream)
            case "look":
                alike(who, stream)
            case "back":
                alike(who, stream, max_revision=abs(amount))
            case _:
                before = who["plain"].get(TILL, stream).unwrap().state.content
                state = who[deed].execute(TILL, stream, amount).map(attrgetter("state"))
                refused = Failure(TooLittle(-before - amount))
                assert state == (refused if before + amount < 0 else Success(Till(before + amount)))
    alike(who, "s0")
    alike(who, "s1")
