"""Snapshots and upkeep: caches that may be lost, places made ready, emptied and taken down (L12, L13)."""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest
from attrs import frozen

from aett.core.aggregate import Aggregate
from aett.core.errors import AettError
from aett.core.fold import Impossible
from aett.core.folded import Folded
from aett.core.head import Head
from aett.core.outcome import Result, Success
from aett.core.snapshot import Snapshot
from aett.testing.clients import PAGE_SIZE, Clients
from aett.testing.laws.making import OTHER, STREAM, append, id_of, log, make, notes, stored, whole
from aett.testing.laws.refusing import every_call
from aett.testing.model import Name, same, unnumbered
from aett.testing.samples import Noted


@frozen
class Texts:
    """A state: all that was noted."""

    texts: tuple[str, ...] = ()


def _evolve(state: Texts, event: Noted) -> Result[Texts, Impossible]:
    return Success(attrs.evolve(state, texts=(*state.texts, event.text)))


def _decide(_: Texts, __: object) -> Result[tuple[Noted, ...], object]:
    return Success(())


NOTES = Aggregate(name="notes", initial=Texts(), evolve=_evolve, decide=_decide)


def _folded(name: Name, revision: int, *texts: str) -> Folded[Texts, Noted]:
    return Folded(Texts(texts), Head(*name, revision, 1, 7))


def _snapshot(name: Name, revision: int, *texts: str) -> Snapshot:
    return Snapshot.of(NOTES, _folded(name, revision, *texts))


class Upkeep:
    """Tests of `SnapshotStore` and `PersistenceManagement`."""

    def test_L12_the_newest_snapshot_at_or_below_a_revision_is_given(self, clients: Clients) -> None:
        kept = {revision: _snapshot(STREAM, revision, f"at {revision}") for revision in (10, 2, 5, 300)}
        for snapshot in kept.values():
            clients.one.snapshots.add(snapshot)
        get = clients.other.snapshots.get
        for bound, revision in ((2, 2), (4, 2), (5, 5), (9, 5), (10, 10), (299, 10), (300, 300), (10_000, 300)):
            assert same(get(*STREAM, max_revision=bound), kept[revision])
        assert all(get(*STREAM, max_revision=bound) is None for bound in (1, 0, -1, -(2**70)))
        assert same(get(*STREAM, max_revision=2**70), kept[300])
        assert same(get(*STREAM), kept[300])

    def test_L12_a_snapshot_of_the_same_revision_is_replaced(self, clients: Clients) -> None:
        for text in ("first", "second"):
            clients.one.snapshots.add(_snapshot(STREAM, 3, text))
        assert same(clients.other.snapshots.get(*STREAM), _snapshot(STREAM, 3, "second"))

    def test_L12_a_snapshot_restores_state_and_head(self, clients: Clients) -> None:
        texts = ("", "\U0001f6a2", "\0", "x" * 100_000)
        clients.one.snapshots.add(_snapshot(STREAM, 4, *texts))
        found = clients.other.snapshots.get(*STREAM)
        assert found is not None
        assert same(found.restore(NOTES), _folded(STREAM, 4, *texts))

    def test_L12_a_head_without_a_checkpoint_is_kept(self, clients: Clients) -> None:
        snapshot = attrs.evolve(_snapshot(STREAM, 1), head=Head(*STREAM, 1, 1))
        clients.one.snapshots.add(snapshot)
        assert same(clients.other.snapshots.get(*STREAM), snapshot)

    def test_L12_a_snapshot_of_another_shape_is_a_miss(self, clients: Clients) -> None:
        clients.one.snapshots.add(attrs.evolve(_snapshot(STREAM, 1), fingerprint="another"))
        found = clients.other.snapshots.get(*STREAM)
        assert found is not None
        assert found.restore(NOTES) is None

    def test_L12_a_snapshot_of_another_version_of_the_fold_is_a_miss(self, clients: Clients) -> None:
        clients.one.snapshots.add(_snapshot(STREAM, 1))
        found = clients.other.snapshots.get(*STREAM)
        assert found is not None
        assert found.restore(attrs.evolve(NOTES, version=2)) is None

    def test_L12_L9_snapshots_of_other_streams_and_tenants_are_not_seen(self, clients: Clients) -> None:
        clients.one.snapshots.add(_snapshot(STREAM, 1))
        for name in (
            OTHER,
            ("tenant ", "stream"),
            ("tenant", "stream "),
            ("Tenant", "stream"),
            ("tenants", "tream"),
        ):
            assert clients.other.snapshots.get(*name) is None

    def test_L13_initialize_is_safe_to_repeat_and_keeps_everything(self, clients: Clients) -> None:
        written = append(clients.one, STREAM, notes("one"))
        clients.one.snapshots.add(_snapshot(STREAM, 1))
        clients.one.management.initialize()
        clients.other.management.initialize()
        assert whole(clients.other, STREAM) == [unnumbered(each) for each in written] or (
            whole(clients.other, STREAM) == written
        )
        assert clients.other.snapshots.get(*STREAM) is not None

    def test_L13_purge_stream_removes_all_of_it_and_nothing_else(self, clients: Clients) -> None:
        others = [OTHER, ("tenant", "stream "), ("tenant", "strea_"), ("tenant", "%"), ("another", "stream")]
        for name in (STREAM, *others):
            append(clients.one, name, *(notes("x", "y") for _ in range(PAGE_SIZE + 1)))
            clients.one.snapshots.add(_snapshot(name, 2))
        before = log(clients.one, "tenant")
        clients.one.management.purge_stream(*STREAM)
        assert whole(clients.other, STREAM) == []
        assert clients.other.commits.find(*STREAM, before[0].commit_id) is None
        assert clients.other.snapshots.get(*STREAM) is None
        assert log(clients.other, "tenant") == [each for each in before if each.stream_id != "stream"]
        for name in others:
            assert len(whole(clients.other, name)) == PAGE_SIZE + 1
            assert clients.other.snapshots.get(*name) is not None

    def test_L13_purge_removes_all_of_a_tenant_and_nothing_else(self, clients: Clients) -> None:
        others = [
            ("another", "stream"),
            ("Tenant", "stream"),
            ("tenant ", "stream"),
            ("tenan_", "stream"),
            ("%", "x"),
        ]
        for name in (STREAM, OTHER, *others):
            append(clients.one, name, *(notes("x", "y") for _ in range(PAGE_SIZE + 1)))
            clients.one.snapshots.add(_snapshot(name, 2))
        clients.one.management.purge("tenant")
        assert log(clients.other, "tenant") == []
        for name in (STREAM, OTHER):
            assert whole(clients.other, name) == []
            assert clients.other.snapshots.get(*name) is None
        for name in others:
            assert len(whole(clients.other, name)) == PAGE_SIZE + 1
            assert len(log(clients.other, name[0])) == PAGE_SIZE + 1
            assert clients.other.snapshots.get(*name) is not None

    @pytest.mark.parametrize("what", ["stream", "tenant"])
    def test_L13_a_checkpoint_is_never_given_again_after_a_purge(self, clients: Clients, what: str) -> None:
        highest = 0
        for turn in range(3):
            commits = append(clients.one, STREAM, notes("one"), notes("two"))
            seen = log(clients.other, "tenant")
            assert [each.commit_id for each in seen] == [each.commit_id for each in commits]
            checkpoints = [each.checkpoint or 0 for each in seen]
            assert min(checkpoints) > highest, f"L13: {checkpoints} in turn {turn}, after {highest}"
            highest = max(checkpoints)
            if what == "stream":
                clients.one.management.purge_stream(*STREAM)
            else:
                clients.one.management.purge("tenant")

    def test_L13_a_purged_stream_starts_at_1_again_and_takes_its_old_ids(self, clients: Clients) -> None:
        (first,) = append(clients.one, STREAM, notes("one"))
        clients.one.management.purge_stream(*STREAM)
        again = stored(clients.other, make(Head(*STREAM), commit_id=first.commit_id))
        assert (again.commit_sequence, again.stream_revision) == (1, 1)

    def test_L13_a_writer_of_a_purged_stream_is_told_that_it_is_ahead(self, clients: Clients) -> None:
        (first,) = append(clients.one, STREAM, notes("one"))
        clients.other.management.purge_stream(*STREAM)
        answer = clients.one.commits.commit(make(Head.after(first), commit_id=id_of("later")))
        assert not isinstance(answer, Success)
        assert whole(clients.other, STREAM) == []

    def test_L13_purging_what_is_not_there_is_no_error(self, clients: Clients) -> None:
        clients.one.management.purge("nobody")
        clients.one.management.purge_stream("nobody", "nothing")

    def test_L13_drop_removes_everything_and_can_be_repeated(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"))
        clients.one.snapshots.add(_snapshot(STREAM, 1))
        clients.one.management.drop()
        clients.one.management.drop()
        clients.one.management.initialize()
        fresh = clients.connect()
        assert whole(fresh, STREAM) == []
        assert fresh.snapshots.get(*STREAM) is None
        append(fresh, STREAM, notes("one"))

    def test_L13_a_fresh_place_can_be_dropped_before_it_was_initialized(self, uninitialized: Clients) -> None:
        uninitialized.one.management.drop()
        uninitialized.one.management.initialize()
        append(uninitialized.one, STREAM, notes("one"))

    def test_L13_where_nothing_was_initialized_calls_work_or_say_so(self, uninitialized: Clients) -> None:
        """An error of the storage's own, such as for a file that is not there, is nobody's to handle."""
        for name, call in every_call(uninitialized.one):
            if name not in {"initialize", "drop"}:
                try:
                    call()
                except AettError:
                    continue

    def test_L13_eight_at_once_initialize_a_fresh_place(self, uninitialized: Clients) -> None:
        place, traits = uninitialized.place, uninitialized.traits

        def initialize(_: int) -> None:
            clients = Clients(place, traits)
            try:
                clients.one.management.initialize()
            finally:
                clients.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(initialize, range(8)))
        append(uninitialized.one, STREAM, notes("one"))
