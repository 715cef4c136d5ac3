"""Transacting: what several stores do in one transaction is done together or not at all.

Not part of `Contract`, for not every engine has transactions: `class TestMyTransactions(Transacting, Contract)`,
and `Place(..., transaction=...)`.
"""
# ruff: noqa: D102  # A test's name is its sentence.

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import pytest

from aett.core.errors import StorageUnavailable, StoreClosed, UnsupportedServer
from aett.core.head import Head
from aett.core.outcome import Failure, Success
from aett.core.register import Register
from aett.core.rejection import ConflictingCommit, NonConflictingCommit
from aett.core.snapshot import Snapshot
from aett.testing.clients import Begun, Clients
from aett.testing.laws.making import OTHER, STREAM, append, id_of, make, notes, whole

HEAD = Head(*STREAM)


class _Fails(Exception):  # a block's own
    """Of the block's own."""


class Transacting:
    """The laws."""

    def _nothing_is_there(self, clients: Clients) -> None:
        assert whole(clients.other, STREAM) == whole(clients.other, OTHER) == []
        assert list(clients.other.commits.get_from("tenant")) == []
        assert clients.other.snapshots.get(*STREAM) is None
        assert clients.other.registers.get("tenant", "n") == Register("tenant", "n")

    def _write_everywhere(self, tx: Begun) -> None:
        first = tx.commits.commit(make(HEAD, *notes("one"), commit_id=id_of(1))).unwrap()
        tx.commits.commit(make(Head(*OTHER), *notes("two"), commit_id=id_of(2))).unwrap()
        tx.snapshots.add(Snapshot(Head.after(first), "f", b"{}"))
        tx.registers.put(Register("tenant", "n"), b"position").unwrap()
        assert len(list(tx.commits.get(*STREAM))) == 1
        assert tx.registers.get("tenant", "n").payload == b"position"

    def test_what_all_its_stores_do_is_there_in_the_end_and_not_before(self, clients: Clients) -> None:
        with clients.transaction() as tx:
            self._write_everywhere(tx)
            self._nothing_is_there(clients)
        assert [len(whole(clients.other, name)) for name in (STREAM, OTHER)] == [1, 1]
        assert len(list(clients.other.commits.get_from("tenant"))) == 2
        assert clients.other.snapshots.get(*STREAM) is not None
        assert clients.other.registers.get("tenant", "n").payload == b"position"

    def test_if_the_block_fails_nothing_stays_and_its_error_goes_on(self, clients: Clients) -> None:
        def fail() -> None:
            with clients.transaction() as tx:
                self._write_everywhere(tx)
                raise _Fails("its own")

        with pytest.raises(_Fails, match="its own"):
            fail()
        self._nothing_is_there(clients)

    def test_a_block_can_undo_everything_without_an_error(self, clients: Clients) -> None:
        with clients.transaction() as tx:
            self._write_everywhere(tx)
            tx.transaction.rollback()
        self._nothing_is_there(clients)
        append(clients.one, STREAM, notes("afterwards"))

    def test_a_lost_race_leaves_it_usable_or_says_so(self, clients: Clients) -> None:
        if not clients.traits.transactions_outlive_races:
            self._lose_a_race(clients)
            return
        append(clients.one, STREAM, notes("theirs"))
        register = clients.one.registers.put(Register("tenant", "n"), b"theirs").unwrap()
        with clients.transaction() as tx:
            answer = tx.commits.commit(make(HEAD, *notes("late"), commit_id=id_of(7)))
            assert isinstance(answer, Failure)
            assert isinstance(answer.failure(), (ConflictingCommit, NonConflictingCommit))
            assert isinstance(tx.registers.put(Register("tenant", "n"), b"late"), Failure)
            assert tx.commits.head(*STREAM).sequence == 1
            assert isinstance(tx.commits.commit(make(Head(*OTHER), commit_id=id_of(8))), Success)
            assert tx.registers.put(register, b"mine").unwrap().version == register.version + 1
        assert len(whole(clients.other, OTHER)) == 1
        assert clients.other.registers.get("tenant", "n").payload == b"mine"

    def _lose_a_race(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("theirs"))
        with suppress(StorageUnavailable), clients.transaction() as tx:
            tx.commits.commit(make(Head(*OTHER), commit_id=id_of(8))).unwrap()
            assert isinstance(tx.commits.commit(make(HEAD, *notes("late"), commit_id=id_of(7))), Failure)
            tx.transaction.rollback()
        assert whole(clients.other, OTHER) == []
        assert len(whole(clients.other, STREAM)) == 1
        with clients.transaction() as tx:
            tx.commits.commit(make(Head(*OTHER), commit_id=id_of(8))).unwrap()
        assert len(whole(clients.other, OTHER)) == 1

    def test_its_stores_are_closed_when_it_has_ended(self, clients: Clients) -> None:
        with clients.transaction() as tx:
            store = tx.commits
        with pytest.raises(StoreClosed):
            store.commit(make(HEAD))

    def test_its_log_is_not_read_before_it_has_ended(self, clients: Clients) -> None:
        with clients.transaction() as tx:
            tx.commits.commit(make(HEAD)).unwrap()
            if not clients.traits.transactions_read_the_log:
                with pytest.raises(UnsupportedServer, match="within a transaction"):
                    list(tx.commits.get_from("tenant"))
        assert len(list(clients.other.commits.get_from("tenant"))) == 1

    def test_one_after_the_other_goes_on_where_the_last_ended(self, clients: Clients) -> None:
        for _ in range(3):
            with clients.transaction() as tx:
                tx.commits.commit(make(tx.commits.head(*STREAM), commit_id=uuid4())).unwrap()
                register = tx.registers.get("tenant", "n")
                tx.registers.put(register, register.payload + b"x").unwrap()
        assert len(whole(clients.other, STREAM)) == 3
        assert clients.other.registers.get("tenant", "n").payload == b"xxx"
