"""Writing: a commit is accepted at the head and nowhere else, whole or not at all, once (L1, L3, L4, L6)."""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

import attrs
import pytest

from aett.core.commit import EventMessage
from aett.core.errors import UnknownTopic
from aett.core.head import Head
from aett.core.outcome import Failure, Success
from aett.core.rejection import CommitTooLarge, ConflictingCommit, DuplicateCommit
from aett.testing.clients import Clients
from aett.testing.laws.making import OTHER, STREAM, append, id_of, make, notes, stored, whole
from aett.testing.model import same, unnumbered
from aett.testing.samples import Booked, Forgotten, Noted, Passenger, Refund, at


class Writing:
    """Tests of `CommitStore.commit`."""

    def test_L1_the_first_commit_is_stored(self, clients: Clients) -> None:
        commit = make(Head(*STREAM))
        answer = stored(clients.one, commit)
        assert same(unnumbered(answer), commit)
        assert [unnumbered(each) for each in whole(clients.other, STREAM)] == [commit]

    def test_L1_a_commit_ahead_of_the_head_is_refused(self, clients: Clients) -> None:
        before = append(clients.one, STREAM, notes("one"), notes("two"))
        for head in (Head(*STREAM, 3, 3), Head(*STREAM, 9, 3), Head(*STREAM, 9, 8)):
            commit = make(head, commit_id=id_of("ahead", head))
            assert clients.one.commits.commit(commit) == Failure(ConflictingCommit(()))
        assert [each.commit_id for each in whole(clients.other, STREAM)] == [each.commit_id for each in before]

    def test_L1_a_commit_ahead_of_an_empty_stream_is_refused(self, clients: Clients) -> None:
        commit = make(Head(*STREAM, 1, 1))
        assert clients.one.commits.commit(commit) == Failure(ConflictingCommit(()))
        assert whole(clients.one, STREAM) == []

    def test_L1_the_next_sequence_with_a_gap_in_revisions_is_refused(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"))
        assert clients.one.commits.commit(make(Head(*STREAM, 2, 1))) == Failure(ConflictingCommit(()))
        assert len(whole(clients.one, STREAM)) == 1

    def test_L1_the_next_sequence_with_an_overlap_in_revisions_is_refused(self, clients: Clients) -> None:
        (first,) = append(clients.one, STREAM, notes("one", "two", "three"))
        answer = clients.one.commits.commit(make(Head(*STREAM, 1, 1)))
        assert isinstance(answer, Failure)
        assert same(unnumbered(answer.failure()), ConflictingCommit((unnumbered(first),)))
        assert len(whole(clients.one, STREAM)) == 1

    def test_L1_an_old_sequence_with_a_revision_beyond_the_head_is_refused(self, clients: Clients) -> None:
        first, second, third = append(clients.one, STREAM, notes("one"), notes("two"), notes("three"))
        answer = clients.one.commits.commit(make(Head(*STREAM, 7, 1), commit_id=id_of("beyond")))
        assert isinstance(answer, Failure)
        assert same(unnumbered(answer.failure()), ConflictingCommit((unnumbered(second), unnumbered(third)))), (
            f"after {first!r} the writer had not seen the second and third commit, but got {answer!r}"
        )

    def test_L3_an_event_that_cannot_be_stored_keeps_the_others_out(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"))
        bad = make(Head(*STREAM, 1, 1), Noted("good"), Forgotten("in no topic map"), Noted("good"))
        with pytest.raises(UnknownTopic, match="Forgotten"):
            clients.one.commits.commit(bad)
        assert len(whole(clients.one, STREAM)) == 1
        stored(clients.one, make(Head(*STREAM, 1, 1)))

    def test_L3_a_command_that_cannot_be_stored_keeps_the_events_out(self, clients: Clients) -> None:
        bad = Head(*STREAM).commit(
            Noted("good"), commit_id=id_of("bad"), stamp=at(0), commands=(Refund(1, "good"), Forgotten("bad"))
        )
        with pytest.raises(UnknownTopic, match="Forgotten"):
            clients.one.commits.commit(bad)
        assert whole(clients.one, STREAM) == []

    def test_L3_a_commit_of_500_events_is_stored_whole(self, clients: Clients) -> None:
        events = notes(*(f"event {number}" for number in range(500)))
        append(clients.one, STREAM, events)
        assert [each.bodies for each in whole(clients.other, STREAM)] == [events]

    def test_L3_a_commit_that_is_too_large_is_refused_whole(self, clients: Clients) -> None:
        limit = clients.traits.max_commit_size
        if limit is None:
            large = (Noted("x" * 1_000_000), Noted("y" * 1_000_000))
            append(clients.one, STREAM, large)
            assert [each.bodies for each in whole(clients.other, STREAM)] == [large]
            return
        answer = clients.one.commits.commit(make(Head(*STREAM), Noted("x" * limit), Noted("small")))
        assert isinstance(answer, Failure)
        rejection = answer.failure()
        assert isinstance(rejection, CommitTooLarge)
        assert rejection.size > rejection.limit == limit
        assert whole(clients.one, STREAM) == []

    def test_L4_the_same_commit_again_is_a_duplicate_and_changes_nothing(self, clients: Clients) -> None:
        first, second = append(clients.one, STREAM, notes("one", "two"), notes("three"))
        for known in (first, second):
            for client in (clients.one, clients.other):
                answer = client.commits.commit(unnumbered(known))
                assert isinstance(answer, Failure)
                assert same(unnumbered(answer.failure()), DuplicateCommit(unnumbered(known)))
        assert len(whole(clients.one, STREAM)) == 2

    def test_L4_a_duplicate_carries_what_is_stored_not_what_was_sent(self, clients: Clients) -> None:
        (first,) = append(clients.one, STREAM, notes("as stored"))
        sent = make(Head.after(first), *notes("as sent"), commit_id=first.commit_id)
        answer = clients.one.commits.commit(sent)
        assert isinstance(answer, Failure)
        assert same(unnumbered(answer.failure()), DuplicateCommit(unnumbered(first)))
        assert len(whole(clients.one, STREAM)) == 1

    def test_L4_a_duplicate_is_reported_before_a_conflict(self, clients: Clients) -> None:
        seat = Booked(1, Passenger("Ann"))
        (first, *_) = append(clients.one, STREAM, [seat], [seat], [seat])
        answer = clients.other.commits.commit(unnumbered(first))
        assert isinstance(answer, Failure)
        assert isinstance(answer.failure(), DuplicateCommit)

    def test_L4_a_duplicate_is_reported_before_its_size(self, clients: Clients) -> None:
        (first,) = append(clients.one, STREAM, notes("one"))
        large = Noted("x" * (clients.traits.max_commit_size or 1_000))
        answer = clients.one.commits.commit(make(Head.after(first), large, commit_id=first.commit_id))
        assert isinstance(answer, Failure)
        assert isinstance(answer.failure(), DuplicateCommit)

    def test_L4_the_same_id_in_another_stream_or_tenant_is_no_duplicate(self, clients: Clients) -> None:
        (first,) = append(clients.one, STREAM, notes("one"))
        for name in (OTHER, ("another tenant", STREAM[1])):
            commit = make(Head(*name), commit_id=first.commit_id)
            assert isinstance(clients.one.commits.commit(commit), Success)
            assert [unnumbered(each) for each in whole(clients.other, name)] == [commit]

    def test_L4_find_gives_the_commit_of_an_id_and_of_this_stream_only(self, clients: Clients) -> None:
        first, second = append(clients.one, STREAM, notes("one"), notes("two"))
        (other,) = append(clients.one, OTHER, notes("three"))
        find = clients.other.commits.find
        assert same(unnumbered(find(*STREAM, first.commit_id)), unnumbered(first))
        assert same(unnumbered(find(*STREAM, second.commit_id)), unnumbered(second))
        assert find(*STREAM, other.commit_id) is None
        assert find("another tenant", STREAM[1], first.commit_id) is None
        assert find(*STREAM, id_of("nobody's")) is None

    def test_L6_what_was_committed_is_there_after_every_store_was_closed(self, clients: Clients) -> None:
        client = clients.connect()
        written = [unnumbered(each) for each in append(client, STREAM, notes("one"), notes("two"))]
        client.close()
        clients.one.close()
        again = clients.connect()
        if clients.traits.reopen:
            assert [unnumbered(each) for each in whole(again, STREAM)] == written
        else:
            again.management.initialize()
            assert whole(again, STREAM) == []

    def test_L7_success_holds_the_commit_that_was_given(self, clients: Clients) -> None:
        message = EventMessage(Noted("with headers"), {"event": [1, True, None, 1.5]})
        commit = attrs.evolve(
            make(Head(*STREAM), message), headers={"correlation_id": "x"}, commands=(Refund(1, "r"),)
        )
        answer = stored(clients.one, commit)
        assert same(unnumbered(answer), commit)
        assert (answer.checkpoint is not None) == clients.traits.numbers_at_commit
