"""Competing: one winner per sequence, and a log that never skips, whoever writes at once (L2, L6, L10)."""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import ClassVar

import pytest

from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.outcome import Failure, Outcome, Success
from aett.core.rejection import CommitRejection, ConflictingCommit, DuplicateCommit, NonConflictingCommit
from aett.testing.clients import Clients
from aett.testing.durability import write_and_be_killed
from aett.testing.laws.making import STREAM, append, id_of, make, notes, whole
from aett.testing.model import same, unnumbered
from aett.testing.races import Race
from aett.testing.racing import race_processes, race_tasks, race_threads

WRITERS = 8


class Competing:
    """Races; a subclass may give another `race`."""

    race: ClassVar[Race] = Race()

    def test_L2_of_many_writers_of_one_sequence_one_wins(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("before"))
        for turn in range(5):
            head = Head.after(whole(clients.one, STREAM)[-1])
            # Of several sizes: a key of the revision alone would let two of them through.
            commits = [
                make(head, *notes(*[f"{turn}"] * (1 + writer % 3)), commit_id=id_of(turn, writer))
                for writer in range(WRITERS)
            ]
            answers = self._at_once(clients, commits)
            winners = [each.unwrap() for each in answers if isinstance(each, Success)]
            assert len(winners) == 1, f"L2: {len(winners)} of {WRITERS} writers won"
            for answer in answers:
                if isinstance(answer, Failure):
                    expected = NonConflictingCommit((winners[0],))
                    assert same(unnumbered(answer.failure()), unnumbered(expected)), f"L5: {answer!r}"
        assert len(whole(clients.one, STREAM)) == 6

    def test_L2_L4_of_many_retries_of_one_commit_one_wins_and_the_others_are_duplicates(
        self, clients: Clients
    ) -> None:
        commit = make(Head(*STREAM))
        answers = self._at_once(clients, [commit] * WRITERS)
        assert sum(isinstance(each, Success) for each in answers) == 1
        for answer in answers:
            if isinstance(answer, Failure):
                assert same(unnumbered(answer.failure()), DuplicateCommit(commit)), f"L4: {answer!r}"
        assert len(whole(clients.one, STREAM)) == 1

    @staticmethod
    def _at_once(clients: Clients, commits: list[Commit]) -> list[Outcome[Commit, CommitRejection]]:
        # Each writer has stores, and if they are awaited also a loop, of its own.
        barrier = Barrier(len(commits), timeout=60)

        def compete(commit: Commit) -> Outcome[Commit, CommitRejection]:
            own = Clients(clients.place, clients.traits)
            try:
                store = own.one.commits
                barrier.wait()
                return store.commit(commit)
            finally:
                own.close()

        with ThreadPoolExecutor(len(commits)) as pool:
            return list(pool.map(compete, commits))

    def test_L1_L13_a_stream_purged_beside_a_writer_is_empty_or_starts_at_1(self, clients: Clients) -> None:
        own = Clients(clients.place, clients.traits)  # of the writer's thread, and if it is awaited its loop

        def write(head: Head, turn: int) -> None:
            for number in range(4):
                answer = own.one.commits.commit(make(head, commit_id=id_of(turn, number)))
                # Who was ahead of the purged stream conflicts with nothing that is there.
                assert isinstance(answer, Success) or answer == Failure(ConflictingCommit(())), f"{answer!r}"
                head = Head.after(answer.unwrap()) if isinstance(answer, Success) else Head(*STREAM)

        end = time.monotonic() + 2.0
        with closing(own), ThreadPoolExecutor(1) as pool:
            for turn in range(40):
                if turn >= 10 and time.monotonic() > end:
                    break  # a slow engine has had its chances
                there = whole(clients.one, STREAM) or append(clients.one, STREAM, notes(f"again {turn}"))
                writing = pool.submit(write, Head.after(there[-1]), turn)
                clients.one.management.purge_stream(*STREAM)
                writing.result()
                # A stream that does not start at 1 cannot be read.
                assert len(whole(clients.one, STREAM)) <= 4

    def test_L2_L10_writers_at_once_lose_nothing_and_the_log_skips_nothing(self, clients: Clients) -> None:
        (race_tasks if clients.place.awaited else race_threads)(clients, self.race)

    def test_L2_L10_writers_in_processes_lose_nothing_and_the_log_skips_nothing(self, clients: Clients) -> None:
        if clients.traits.processes:
            race_processes(clients, self.race)
        else:
            self._refuses_to_be_sent(clients)

    def test_L6_a_commit_survives_the_death_of_its_process(self, clients: Clients) -> None:
        if clients.traits.processes:
            write_and_be_killed(clients)
        else:
            self._refuses_to_be_sent(clients)

    @staticmethod
    def _refuses_to_be_sent(clients: Clients) -> None:
        with pytest.raises((TypeError, pickle.PicklingError)):
            pickle.dumps(clients.place)
