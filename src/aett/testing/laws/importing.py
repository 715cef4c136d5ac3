"""Importing: of many commits each has the outcome that it would have had by itself (L1 to L6, L10)."""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from threading import Barrier
from typing import cast
from uuid import UUID

import pytest

from aett.core.commit import Commit
from aett.core.errors import InvalidCommit, UnknownTopic
from aett.core.head import Head
from aett.core.outcome import Failure, Success
from aett.core.rejection import CommitTooLarge, ConflictingCommit, DuplicateCommit, NonConflictingCommit
from aett.testing.clients import Client, Clients
from aett.testing.laws.making import (
    OTHER,
    STREAM,
    append,
    following,
    id_of,
    imported,
    log,
    make,
    notes,
    stored,
    whole,
)
from aett.testing.model import Name, same, unnumbered
from aett.testing.samples import Booked, Forgotten, Noted, Passenger


class SourceFailed(Exception):
    """Where commits were taken from."""


class Importing:
    """Tests of `CommitStore.commit_all`."""

    def test_L1_L10_a_long_stream_and_others_among_it_are_there_in_the_order_in_which_they_were_given(
        self, clients: Clients
    ) -> None:
        many = 530 if clients.traits.imports_together else 60  # our own engines write 500 at once
        long, other = following(Head(*STREAM), many), following(Head(*OTHER), 40)
        given = [each for number, one in enumerate(long) for each in (one, *other[number : number + 1])]
        given.append(make(Head("another tenant", STREAM[1])))
        answers = imported(clients.one, given)
        assert list(map(unnumbered, answers)) == given
        assert list(map(unnumbered, whole(clients.other, STREAM))) == long
        assert list(map(unnumbered, whole(clients.other, OTHER))) == other
        found = log(clients.other, STREAM[0])
        if clients.traits.numbers_at_commit:
            assert [each.commit_id for each in found] == [each.commit_id for each in given[:-1]]
            assert [each.checkpoint for each in found] == [each.checkpoint for each in answers[:-1]]
        assert len(found) == len(given) - 1

    def test_L1_what_follows_a_refused_commit_is_judged_by_itself(self, clients: Clients) -> None:
        there = append(clients.one, STREAM, notes("one"), notes("two"))
        beside = make(Head.after(there[0]), *notes("beside"), commit_id=id_of("beside"))
        after = make(Head.after(there[1]))
        gap = make(Head(*OTHER, 1, 1))
        first = make(Head(*OTHER))
        answers = list(clients.one.commits.commit_all([beside, after, gap, first]))
        assert same(unnumbered(answers[0].failure()), NonConflictingCommit((unnumbered(there[1]),)))
        assert unnumbered(answers[1].unwrap()) == after
        assert answers[2] == Failure(ConflictingCommit(()))
        assert unnumbered(answers[3].unwrap()) == first

    def test_L1_a_commit_that_does_not_follow_the_one_before_it_is_refused_and_the_next_may_follow(
        self, clients: Clients
    ) -> None:
        first, second, third = following(Head(*STREAM), 3)
        rival = make(Head.after(first), *notes("rival", "of two events"), commit_id=id_of("rival"))
        answers = list(clients.one.commits.commit_all([first, rival, second, third]))
        assert [isinstance(each, Success) for each in answers] == [True, True, False, False]
        assert [unnumbered(each) for each in whole(clients.other, STREAM)] == [first, rival]
        assert isinstance(answers[2].failure(), NonConflictingCommit)

    def test_L4_an_import_that_is_repeated_says_what_is_there_and_goes_on(self, clients: Clients) -> None:
        commits = following(Head(*STREAM), 30)
        there = imported(clients.one, commits[:20])
        answers = list(clients.other.commits.commit_all(commits))
        for answer, known in zip(answers[:20], there, strict=True):
            assert same(unnumbered(answer.failure()), DuplicateCommit(unnumbered(known)))
        assert [unnumbered(each.unwrap()) for each in answers[20:]] == commits[20:]
        assert len(whole(clients.one, STREAM)) == 30

    def test_L4_an_id_that_comes_twice_is_taken_once(self, clients: Clients) -> None:
        first, second, third = following(Head(*STREAM), 3)
        again = make(Head.after(second), *notes("other"), commit_id=first.commit_id)
        other = make(Head(*OTHER))
        answers = list(clients.one.commits.commit_all([first, second, again, other, third]))
        assert [isinstance(each, Success) for each in answers] == [True, True, False, True, True]
        assert same(unnumbered(answers[2].failure()), DuplicateCommit(first))
        assert [unnumbered(each) for each in whole(clients.other, STREAM)] == [first, second, third]
        assert [unnumbered(each) for each in whole(clients.other, OTHER)] == [other]

    def test_L3_what_is_too_large_is_refused_and_the_others_are_written(self, clients: Clients) -> None:
        limit = clients.traits.max_commit_size
        large = make(Head(*OTHER), Noted("x" * (limit or 100_000)))
        first, second = following(Head(*STREAM), 2)
        answers = list(clients.one.commits.commit_all([first, large, second]))
        assert [isinstance(each, Success) for each in answers] == [True, limit is None, True]
        if limit is not None:
            assert isinstance(answers[1].failure(), CommitTooLarge)
        assert len(whole(clients.other, STREAM)) == 2

    def test_L5_a_refused_commit_is_judged(self, clients: Clients) -> None:
        seat = Booked(1, Passenger("Ann"))
        (there,) = append(clients.one, STREAM, [seat])
        (answer,) = clients.one.commits.commit_all([make(Head(*STREAM), seat, commit_id=id_of("late"))])
        assert same(unnumbered(answer.failure()), ConflictingCommit((unnumbered(there),)))

    def test_nothing_is_made_of_nothing(self, clients: Clients) -> None:
        assert list(clients.one.commits.commit_all([])) == []

    def test_L3_what_came_before_an_error_is_written_and_told_and_nothing_after_it(self, clients: Clients) -> None:
        first, second, third, fourth = following(Head(*STREAM), 4)
        anything: list[object] = [first, "no commit", second]
        bad = make(Head.after(second), Forgotten("in no topic map"))

        def failing() -> Iterator[Commit]:
            yield third
            raise SourceFailed

        self._fails(clients, InvalidCommit, anything, [first])
        self._fails(clients, UnknownTopic, [second, bad, third], [first, second])
        self._fails(clients, SourceFailed, failing(), [first, second, third])
        stored(clients.one, fourth)

    @staticmethod
    def _fails(clients: Clients, error: type[Exception], given: object, there: list[Commit]) -> None:
        told, anything = list[Commit](), cast("Iterable[Commit]", given)
        outcomes = (unnumbered(each.unwrap()) for each in clients.one.commits.commit_all(anything))
        with pytest.raises(error):
            told.extend(outcomes)
        assert told == there[-1:]
        assert [unnumbered(each) for each in whole(clients.other, STREAM)] == there

    def test_L6_whoever_stops_asking_has_written_what_he_was_told_of_and_no_gap(self, clients: Clients) -> None:
        commits = following(Head(*STREAM), 20)
        outcomes = clients.one.commits.commit_all(iter(commits))
        told = [unnumbered(each.unwrap()) for each in islice(outcomes, 3)]
        del outcomes
        found = [unnumbered(each) for each in whole(clients.other, STREAM)]
        assert told == commits[:3]
        assert found == commits[: len(found)]
        assert len(found) >= 3

    def test_what_is_never_asked_writes_nothing_and_warns(self, clients: Clients) -> None:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            clients.one.commits.commit_all(following(Head(*STREAM), 2))
            gc.collect()
        assert any("commit_all was never iterated" in str(each.message) for each in told), f"{told}"
        assert whole(clients.one, STREAM) == []

    def test_L10_who_follows_the_log_beside_imports_and_writers_misses_nothing(self, clients: Clients) -> None:
        barrier, end = Barrier(3, timeout=60), time.monotonic() + 0.5

        def imports() -> int:
            return self._beside(clients, barrier, self._import_again_and_again, end)

        def writes() -> int:
            return self._beside(clients, barrier, self._write_again_and_again, end)

        with ThreadPoolExecutor(2) as pool:
            writing = [pool.submit(imports), pool.submit(writes)]
            barrier.wait()
            seen, position = list[UUID](), 0
            while True:
                over = all(each.done() for each in writing)
                for commit in clients.one.commits.get_from(STREAM[0], position):
                    seen.append(commit.commit_id)
                    position = commit.checkpoint or position
                if over:
                    break
        assert sum(each.result() for each in writing) == len(seen), "L10: a commit was passed over"
        assert seen == [each.commit_id for each in log(clients.other, STREAM[0])], "L10: the log was another"

    @staticmethod
    def _beside(clients: Clients, barrier: Barrier, work: Callable[[Client, float], int], end: float) -> int:
        own = Clients(clients.place, clients.traits)
        with closing(own):
            own.one.commits.head(*STREAM)
            barrier.wait()
            return work(own.one, end)

    @staticmethod
    def _import_again_and_again(client: Client, end: float) -> int:
        count = 0
        while time.monotonic() < end:
            count += len(imported(client, following(Head(STREAM[0], f"imported {count}"), 40)))
        return count

    @staticmethod
    def _write_again_and_again(client: Client, end: float) -> int:
        count, head = 0, Head(*STREAM)
        while time.monotonic() < end:
            head = Head.after(stored(client, make(head)))
            count += 1
        return count

    def test_L2_of_two_imports_at_once_every_commit_has_one_winner(self, clients: Clients) -> None:
        names: list[Name] = [STREAM, OTHER]
        many = 25 if clients.traits.imports_together else 10
        barrier = Barrier(2, timeout=60)

        def work(who: int) -> list[tuple[Commit, bool]]:
            # In another order each, so that they stand in each other's way.
            streams = [following(Head(*name), many, by=f"{who}") for name in names[:: 1 - 2 * who]]
            given = [each for both in zip(*streams, strict=True) for each in both]
            own = Clients(clients.place, clients.traits)
            with closing(own):
                store = own.one.commits
                barrier.wait()
                answers = list(store.commit_all(given))
            return [(commit, isinstance(each, Success)) for commit, each in zip(given, answers, strict=True)]

        with ThreadPoolExecutor(2) as pool:
            told = {each.commit_id: won for answers in pool.map(work, range(2)) for each, won in answers}
        for name in names:
            found = whole(clients.one, name)
            assert [each.commit_sequence for each in found] == list(range(1, many + 1)), (
                "L2: a commit has no winner"
            )
            assert all(told.pop(each.commit_id) for each in found), "L2: who won was told that he lost"
        assert not any(told.values()), "L2: who lost was told that he won"
