"""Judging: a competing commit is answered with all that its writer had not seen (L5)."""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

from decimal import Decimal

from aett.core.conflict import ConflictDetector
from aett.core.head import Head
from aett.core.outcome import Failure, Success
from aett.core.rejection import ConflictingCommit, NonConflictingCommit
from aett.testing.clients import PAGE_SIZE, Clients
from aett.testing.laws.making import STREAM, append, id_of, make, notes, whole
from aett.testing.model import same, unnumbered
from aett.testing.samples import Booked, Loaded, Noted, Passenger, Priced

ANN, BOB = Passenger("Ann"), Passenger("Bob")


class Judging:
    """Tests of what `CommitStore.commit` refuses."""

    def test_L5_a_competitor_that_commutes_is_non_conflicting(self, clients: Clients) -> None:
        theirs = append(clients.one, STREAM, [Noted("theirs")])
        answer = clients.other.commits.commit(make(Head(*STREAM), Noted("mine"), commit_id=id_of("mine")))
        assert isinstance(answer, Failure)
        assert same(unnumbered(answer.failure()), unnumbered(NonConflictingCommit(tuple(theirs))))

    def test_L5_a_competitor_without_a_rule_conflicts(self, clients: Clients) -> None:
        theirs = append(clients.one, STREAM, [Loaded((), {})])
        answer = clients.other.commits.commit(make(Head(*STREAM), Noted("mine"), commit_id=id_of("mine")))
        assert isinstance(answer, Failure)
        assert same(unnumbered(answer.failure()), unnumbered(ConflictingCommit(tuple(theirs))))

    def test_L5_a_rule_sees_both_events(self, clients: Clients) -> None:
        append(clients.one, STREAM, [Booked(1, ANN)])
        free = clients.other.commits.commit(make(Head(*STREAM), Booked(2, BOB), commit_id=id_of("free")))
        taken = clients.other.commits.commit(make(Head(*STREAM), Booked(1, BOB), commit_id=id_of("taken")))
        assert isinstance(free, Failure)
        assert isinstance(taken, Failure)
        assert isinstance(free.failure(), NonConflictingCommit)
        assert isinstance(taken.failure(), ConflictingCommit)

    def test_L5_one_pair_of_many_that_conflicts_is_enough(self, clients: Clients) -> None:
        append(clients.one, STREAM, [Noted("a"), Noted("b")], [Noted("c"), Booked(1, ANN)], [Noted("d")])
        mine = make(Head(*STREAM), Noted("x"), Booked(1, BOB), commit_id=id_of("mine"))
        answer = clients.other.commits.commit(mine)
        assert isinstance(answer, Failure)
        assert isinstance(answer.failure(), ConflictingCommit)

    def test_L5_without_rules_every_competitor_conflicts(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("theirs"))
        strict = clients.connect(conflict_detector=ConflictDetector())
        answer = strict.commits.commit(make(Head(*STREAM), Noted("mine"), commit_id=id_of("mine")))
        assert isinstance(answer, Failure)
        assert isinstance(answer.failure(), ConflictingCommit)

    def test_L5_committed_is_complete_over_several_pages(self, clients: Clients) -> None:
        count = 3 * PAGE_SIZE
        theirs = append(clients.one, STREAM, *(notes(f"{number}") for number in range(count)))
        for seen in range(count):
            head = Head.after(theirs[seen - 1]) if seen else Head(*STREAM)
            answer = clients.other.commits.commit(make(head, *notes("mine"), commit_id=id_of("mine", seen)))
            assert isinstance(answer, Failure)
            assert same(unnumbered(answer.failure()), unnumbered(NonConflictingCommit(tuple(theirs[seen:]))))

    def test_L5_a_conflict_on_a_later_page_counts(self, clients: Clients) -> None:
        batches = [notes(f"{number}") for number in range(2 * PAGE_SIZE)]
        append(clients.one, STREAM, *batches, [Priced(Decimal(1))])
        answer = clients.other.commits.commit(make(Head(*STREAM), *notes("mine"), commit_id=id_of("mine")))
        assert isinstance(answer, Failure)
        assert isinstance(answer.failure(), ConflictingCommit)

    def test_L5_a_writer_that_saw_half_a_commit_conflicts(self, clients: Clients) -> None:
        (theirs,) = append(clients.one, STREAM, notes("one", "two", "three"))
        answer = clients.other.commits.commit(make(Head(*STREAM, 2, 1), *notes("mine"), commit_id=id_of("mine")))
        assert isinstance(answer, Failure)
        assert same(unnumbered(answer.failure()), unnumbered(ConflictingCommit((theirs,))))

    def test_L5_whoever_folds_committed_in_can_commit_from_there(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"), notes("two", "three"))
        answer = clients.other.commits.commit(make(Head(*STREAM), *notes("mine"), commit_id=id_of("mine")))
        assert isinstance(answer, Failure)
        rejection = answer.failure()
        assert isinstance(rejection, NonConflictingCommit)
        again = make(Head.after(rejection.committed[-1]), *notes("mine"), commit_id=id_of("mine"))
        assert isinstance(clients.other.commits.commit(again), Success)
        assert [each.stream_revision for each in whole(clients.one, STREAM)] == [1, 3, 4]
