"""Failing: what a user is told when the storage fails, and that nothing is lost or made up by it.

Not part of `Contract`, for somebody must say how the storage fails: `class TestMyStore(Failing, Contract)`, and
`Place(..., faults=Faults(...))`.
"""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

from contextlib import suppress

import pytest

from aett.core.commit import Commit
from aett.core.errors import CorruptStorage, SchemaMismatch, StorageUnavailable
from aett.core.head import Head
from aett.testing.clients import Client, Clients
from aett.testing.laws.making import OTHER, STREAM, append, id_of, log, make, notes, stored, whole
from aett.testing.laws.refusing import every_call


class Failing:
    """The laws."""

    def test_what_cannot_be_reached_is_unavailable_and_then_goes_on(self, clients: Clients) -> None:
        kept = append(clients.one, STREAM, notes("one"))
        with clients.place.faults.unreachable():
            for _, call in every_call(clients.one):
                with pytest.raises(StorageUnavailable):
                    call()
        assert whole(clients.one, STREAM) == kept

    def test_what_is_spoilt_is_told_and_read_by_nobody(self, clients: Clients) -> None:
        kept = append(clients.one, OTHER, notes("one"))
        append(clients.one, STREAM, notes("one"), notes("two"))
        clients.place.faults.spoil(*STREAM)
        reader = clients.connect()
        with pytest.raises(CorruptStorage):
            whole(reader, STREAM)
        with pytest.raises(CorruptStorage):
            log(reader, STREAM[0])
        with suppress(CorruptStorage):  # what is in one file is spoilt together
            assert whole(reader, OTHER) == kept

    def test_L13_initialize_refuses_what_is_of_another_make(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"))
        clients.place.faults.alienate()
        with pytest.raises(SchemaMismatch):
            clients.connect().management.initialize()

    def test_L6_what_a_writer_leaves_that_dies_is_never_taken_for_a_commit(self, clients: Clients) -> None:
        kept = append(clients.one, STREAM, notes("one"), notes("two"))
        for turn in range(3):
            half = make(Head.after(kept[-1]), *notes("never committed"), commit_id=id_of("half"))
            clients.place.faults.leave_half(half)
            reader = clients.connect()
            assert reader.commits.find(*STREAM, half.commit_id) is None
            self._must_be_there(reader, kept)
            kept.append(stored(reader, make(Head.after(kept[-1]), *notes(f"another {turn}"))))
            self._must_be_there(clients.other, kept)

    @staticmethod
    def _must_be_there(client: Client, kept: list[Commit]) -> None:
        ids, told = [each.commit_id for each in kept], log(client, STREAM[0])
        assert [each.commit_id for each in whole(client, STREAM)] == ids, "L6: the stream is another"
        assert [each.commit_id for each in told] == ids, "L6: the log is another"
        assert [each.checkpoint for each in told] == sorted({each.checkpoint or 0 for each in told})
