"""Ending: where streams and logs end, who has a log, and reading from the end, or by topics (L8, L9, L10, L13)."""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

import attrs
import pytest

from aett.core.commit import EventMessage
from aett.core.errors import UnknownTopic
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.passed_over import PassedOver
from aett.core.tail import Tail
from aett.core.topic_map import TopicMap
from aett.testing.clients import PAGE_SIZE, Clients
from aett.testing.laws.making import OTHER, STREAM, append, bounds_of, id_of, log, make, notes, stored
from aett.testing.model import cut, must_be, same, unnumbered
from aett.testing.samples import TOPICS, Booked, Forgotten, Noted, Passenger, Refund
from aett.testing.strategies import AWKWARD

LIMITS = (None, 0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, MAX_REVISION)


class Ending:
    """Tests of `head`, `tail`, `tenants`, and of what is read backwards, to a limit, or by topics."""

    def test_L1_the_head_is_where_the_next_commit_goes(self, clients: Clients) -> None:
        store = clients.other.commits
        append(clients.one, OTHER, notes("another"))
        assert store.head(*STREAM) == Head(*STREAM)
        assert not store.head(*STREAM).exists
        for number in range(2 * PAGE_SIZE):
            kept = stored(clients.one, make(store.head(*STREAM), *notes("x", "y"), commit_id=id_of(number)))
            assert unnumbered(store.head(*STREAM)) == unnumbered(Head.after(kept)), "L1: the head after a commit"
            if clients.traits.numbers_at_commit:
                assert store.head(*STREAM).checkpoint == kept.checkpoint
        assert store.head(*STREAM).exists
        clients.one.management.purge_stream(*STREAM)
        assert store.head(*STREAM) == Head(*STREAM), "L13: the head of a stream that was purged"

    def test_L10_the_tail_is_the_last_commit_of_this_tenant(self, clients: Clients) -> None:
        assert clients.other.commits.tail("tenant") == Tail()
        heads = {name: Head(*name) for name in (STREAM, OTHER, ("another tenant", "stream"))}
        for number in range(PAGE_SIZE):
            for name, head in heads.items():
                heads[name] = Head.after(stored(clients.one, make(head, commit_id=id_of(name, number))))
            for tenant in ("tenant", "another tenant"):
                tail = clients.other.commits.tail(tenant)
                newest = log(clients.one, tenant)[-1].checkpoint
                assert tail == Tail(newest or 0, newest or 0), f"L10: {tail}, but the last commit is {newest}"
        assert clients.one.commits.tail("nobody") == Tail()

    def test_L10_the_log_is_read_backwards_between_any_two_checkpoints(self, clients: Clients) -> None:
        heads = {name: Head(*name) for name in (STREAM, OTHER, ("another tenant", "stream"))}
        for number in range(PAGE_SIZE + 1):
            for name, head in heads.items():
                heads[name] = Head.after(stored(clients.one, make(head, commit_id=id_of(name, number))))
        every, store = log(clients.one, "tenant"), clients.other.commits
        # Beside the ends of pages, counted from either end, and amid them.
        ends = (every[which] for which in (0, PAGE_SIZE - 1, PAGE_SIZE, -PAGE_SIZE, -1))
        for after, upto in bounds_of([0, *(each.checkpoint or 0 for each in ends), MAX_REVISION]):
            expected = [each for each in every if after < (each.checkpoint or 0) <= upto]
            found = store.get_from("tenant", after, max_checkpoint=upto, backwards=True)
            must_be(found, expected[::-1], f"L10: backwards from {upto} to {after}")
            must_be(store.get_from("tenant", after, max_checkpoint=upto), expected, f"L10: {after} to {upto}")

    def test_L8_no_more_than_the_limit_is_read_from_either_end(self, clients: Clients) -> None:
        appended = append(clients.one, STREAM, *(notes("a", "b") for _ in range(2 * PAGE_SIZE + 1)))
        written = [unnumbered(each) for each in appended]
        store = clients.other.commits
        for limit in LIMITS:
            first, last = written[:limit], written[::-1][:limit]
            must_be(map(unnumbered, store.get(*STREAM, limit=limit)), first, f"L8: get, {limit=}")
            found = store.get(*STREAM, limit=limit, backwards=True)
            must_be(map(unnumbered, found), last, f"L8: get backwards, {limit=}")
            must_be(map(unnumbered, store.get_from("tenant", limit=limit)), first, f"L8: get_from, {limit=}")
            found = store.get_from("tenant", limit=limit, backwards=True)
            must_be(map(unnumbered, found), last, f"L8: get_from backwards, {limit=}")

    def test_L8_backwards_is_the_same_the_other_way_round(self, clients: Clients) -> None:
        texts = ("1", "2", "3", "4"), ("5",), ("6", "7", "8"), ("9",), ("10", "11")
        written = append(clients.one, STREAM, *(notes(*each) for each in texts))
        for low, high in bounds_of([1, 2, 4, 5, 6, 8, 9, 11, 12, MAX_REVISION]):
            expected = [
                unnumbered(cut(each, low, high))
                for each in written
                if low <= high and each.stream_revision >= low and each.first_revision <= high
            ]
            found = clients.other.commits.get(*STREAM, min_revision=low, max_revision=high, backwards=True)
            must_be(map(unnumbered, found), expected[::-1], f"L8: get({low}, {high}) backwards")

    def test_L9_every_tenant_that_has_a_log_is_listed_once(self, clients: Clients) -> None:
        assert list(clients.one.commits.tenants()) == []
        names = list(AWKWARD[: 5 * PAGE_SIZE])
        for name in names:
            append(clients.one, (name, "stream"), notes("one"))
            append(clients.one, (name, "another"), notes("two"))
        assert sorted(clients.other.commits.tenants()) == sorted(names)

    def test_L13_a_purged_tenant_has_no_tail_and_is_not_listed(self, clients: Clients) -> None:
        for name in (STREAM, OTHER, ("another tenant", "stream")):
            append(clients.one, name, notes("one"), notes("two"))
        remaining = [each for each in log(clients.one, "tenant") if each.stream_id == STREAM[1]]
        clients.one.management.purge_stream(*OTHER)
        newest = remaining[-1].checkpoint or 0
        assert clients.other.commits.tail("tenant") == Tail(newest, newest)
        clients.one.management.purge("tenant")
        assert clients.other.commits.tail("tenant") == Tail()
        assert list(clients.other.commits.tenants()) == ["another tenant"]
        append(clients.one, STREAM, notes("again"))
        assert sorted(clients.other.commits.tenants()) == ["another tenant", "tenant"]

    def test_L10_what_a_reader_does_not_ask_for_is_passed_over_and_its_checkpoint_counts(
        self, clients: Clients
    ) -> None:
        wide = clients.connect(topic_map=TOPICS | TopicMap(Forgotten))
        events = (Noted("1"), Forgotten("2"), Booked(3, Passenger("Ann")), EventMessage(Forgotten("4"), {"a": 1}))
        commit = attrs.evolve(make(Head(*STREAM), *events), commands=(Refund(1, "x"),))
        kept = stored(wide, commit)
        last = stored(wide, make(Head.after(kept), Forgotten("5")))
        unknown, booked = PassedOver("sample.forgotten", 1), PassedOver("sample.booked", 1)
        for topics, expected in (
            (TOPICS, (events[0], unknown, events[2], unknown)),
            (["sample.noted"], (events[0], unknown, booked, unknown)),
            ([], (PassedOver("sample.noted", 1), unknown, booked, unknown)),
        ):
            for backwards in (False, True):
                found = list(clients.other.commits.get_from("tenant", topics=topics, backwards=backwards))
                first, second = found[::-1] if backwards else found
                assert same(first.bodies, expected), f"L10: {topics} gave {first.bodies}"
                assert same(second.bodies, (unknown,)), f"L10: {topics} gave {second.bodies}"
                assert (first.stream_revision, first.first_revision) == (4, 1)
                assert [unnumbered(each).commit_id for each in (first, second)] == [
                    kept.commit_id,
                    last.commit_id,
                ]
                assert (second.checkpoint or 0) > (first.checkpoint or 0) > 0
        with pytest.raises(UnknownTopic, match=r"sample\.forgotten"):
            list(clients.other.commits.get_from("tenant"))
        with pytest.raises(UnknownTopic, match=r"no\.such\.topic"):
            list(clients.other.commits.get_from("tenant", topics=["no.such.topic"]))
        with pytest.raises(TypeError, match="not one str"):
            list(clients.other.commits.get_from("tenant", topics="sample.noted"))
