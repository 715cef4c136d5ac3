"""What transactions of several stores are bound to, on every engine that has them, by both faces."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen

from aett import (
    ConflictingCommit,
    Failure,
    Head,
    NonConflictingCommit,
    Register,
    Snapshot,
    StorageUnavailable,
    StoreClosed,
    Success,
    UnsupportedServer,
)
from aett.testing.awaited import AwaitedCommitStore, AwaitedRegisterStore, AwaitedSnapshotStore, Loop
from aett.testing.clients import Clients, opened
from aett.testing.harness import Harness
from aett.testing.laws.making import OTHER, STREAM, append, id_of, make, notes, whole
from aett.testing.samples import CONFLICTS, TOPICS

HEAD = Head(*STREAM)


class Fails(Exception):  # a block's own
    """Of the block's own."""


@frozen
class Open:
    """A transaction that is open, its stores sync for the tests whichever face they have."""

    transaction: Any
    loop: Loop | None
    place: dict[str, Any]

    @property
    def commits(self) -> Any:
        store = self.transaction.commit_store(topic_map=TOPICS, conflict_detector=CONFLICTS, **self.place)
        return store if self.loop is None else AwaitedCommitStore(store, self.loop)

    @property
    def snapshots(self) -> Any:
        store = self.transaction.snapshot_store(**self.place)
        return store if self.loop is None else AwaitedSnapshotStore(store, self.loop)

    @property
    def registers(self) -> Any:
        store = self.transaction.registers(**self.place)
        return store if self.loop is None else AwaitedRegisterStore(store, self.loop)


@contextmanager
def begun(
    engine: str, database: Any, place: dict[str, Any], clients: Clients, *, awaited: bool
) -> Generator[Open]:
    """A transaction of the engine's."""
    module: Any = import_module(engine)
    if not awaited:
        with module.transaction(database) as transaction:
            yield Open(transaction, None, place)
        return
    loop = clients._loop
    context = module.async_transaction(database)
    transaction = loop.wait(context.__aenter__())
    try:
        yield Open(transaction, loop, place)
    except BaseException:
        if not loop.wait(context.__aexit__(*sys.exc_info())):
            raise
    else:
        loop.wait(context.__aexit__(None, None, None))


Begin = Callable[[Clients], Any]


class Transacting:
    """Tests of `transaction` and `async_transaction`; a subclass says how one is begun."""

    reads_its_log = False
    survives_a_lost_race = True

    @pytest.fixture
    def harness(self) -> Harness:
        raise NotImplementedError

    @pytest.fixture
    def begin(self) -> Begin:
        raise NotImplementedError

    @pytest.fixture
    def clients(self, harness: Harness) -> Generator[Clients]:
        with opened(harness) as clients:
            yield clients

    def _nothing_is_there(self, clients: Clients) -> None:
        assert whole(clients.other, STREAM) == whole(clients.other, OTHER) == []
        assert list(clients.other.commits.get_from("tenant")) == []
        assert clients.other.snapshots.get(*STREAM) is None
        assert clients.other.registers.get("tenant", "n") == Register("tenant", "n")

    def _write_everywhere(self, tx: Open) -> None:
        first = tx.commits.commit(make(HEAD, *notes("one"), commit_id=id_of(1))).unwrap()
        tx.commits.commit(make(Head(*OTHER), *notes("two"), commit_id=id_of(2))).unwrap()
        tx.snapshots.add(Snapshot(Head.after(first), "f", b"{}"))
        tx.registers.put(Register("tenant", "n"), b"position").unwrap()
        assert len(list(tx.commits.get(*STREAM))) == 1
        assert tx.registers.get("tenant", "n").payload == b"position"

    def test_what_all_its_stores_do_is_there_in_the_end_and_not_before(
        self, clients: Clients, begin: Begin
    ) -> None:
        with begin(clients) as tx:
            self._write_everywhere(tx)
            self._nothing_is_there(clients)
        assert [len(whole(clients.other, name)) for name in (STREAM, OTHER)] == [1, 1]
        assert len(list(clients.other.commits.get_from("tenant"))) == 2
        assert clients.other.snapshots.get(*STREAM) is not None
        assert clients.other.registers.get("tenant", "n").payload == b"position"

    def test_if_the_block_fails_nothing_stays_and_its_error_goes_on(self, clients: Clients, begin: Begin) -> None:
        def fail() -> None:
            with begin(clients) as tx:
                self._write_everywhere(tx)
                raise Fails("its own")

        with pytest.raises(Fails, match="its own"):
            fail()
        self._nothing_is_there(clients)

    def test_a_block_can_undo_everything_without_an_error(self, clients: Clients, begin: Begin) -> None:
        with begin(clients) as tx:
            self._write_everywhere(tx)
            tx.transaction.rollback()
        self._nothing_is_there(clients)
        append(clients.one, STREAM, notes("afterwards"))

    def test_a_lost_race_leaves_it_usable_or_says_so(self, clients: Clients, begin: Begin) -> None:
        if not self.survives_a_lost_race:
            self._lose_a_race(clients, begin)
            return
        append(clients.one, STREAM, notes("theirs"))
        register = clients.one.registers.put(Register("tenant", "n"), b"theirs").unwrap()
        with begin(clients) as tx:
            answer = tx.commits.commit(make(HEAD, *notes("late"), commit_id=id_of(7)))
            assert isinstance(answer, Failure)
            assert isinstance(answer.failure(), (ConflictingCommit, NonConflictingCommit))
            assert isinstance(tx.registers.put(Register("tenant", "n"), b"late"), Failure)
            assert tx.commits.head(*STREAM).sequence == 1
            assert isinstance(tx.commits.commit(make(Head(*OTHER), commit_id=id_of(8))), Success)
            assert tx.registers.put(register, b"mine").unwrap().version == register.version + 1
        assert len(whole(clients.other, OTHER)) == 1
        assert clients.other.registers.get("tenant", "n").payload == b"mine"

    def _lose_a_race(self, clients: Clients, begin: Begin) -> None:
        append(clients.one, STREAM, notes("theirs"))
        with suppress(StorageUnavailable), begin(clients) as tx:
            tx.commits.commit(make(Head(*OTHER), commit_id=id_of(8))).unwrap()
            assert isinstance(tx.commits.commit(make(HEAD, *notes("late"), commit_id=id_of(7))), Failure)
            tx.transaction.rollback()
        assert whole(clients.other, OTHER) == []
        assert len(whole(clients.other, STREAM)) == 1
        with begin(clients) as tx:
            tx.commits.commit(make(Head(*OTHER), commit_id=id_of(8))).unwrap()
        assert len(whole(clients.other, OTHER)) == 1

    def test_its_stores_are_closed_when_it_has_ended(self, clients: Clients, begin: Begin) -> None:
        with begin(clients) as tx:
            store = tx.commits
        with pytest.raises(StoreClosed):
            store.commit(make(HEAD))

    def test_its_log_is_not_read_before_it_has_ended(self, clients: Clients, begin: Begin) -> None:
        with begin(clients) as tx:
            tx.commits.commit(make(HEAD)).unwrap()
            if not self.reads_its_log:
                with pytest.raises(UnsupportedServer, match="within a transaction"):
                    list(tx.commits.get_from("tenant"))
        assert len(list(clients.other.commits.get_from("tenant"))) == 1

    def test_one_after_the_other_goes_on_where_the_last_ended(self, clients: Clients, begin: Begin) -> None:
        for _ in range(3):
            with begin(clients) as tx:
                tx.commits.commit(make(tx.commits.head(*STREAM), commit_id=uuid4())).unwrap()
                register = tx.registers.get("tenant", "n")
                tx.registers.put(register, register.payload + b"x").unwrap()
        assert len(whole(clients.other, STREAM)) == 3
        assert clients.other.registers.get("tenant", "n").payload == b"xxx"
