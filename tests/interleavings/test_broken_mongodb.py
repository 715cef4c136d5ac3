"""What the scheduler finds: each classical bug, put into MongoDB's plans on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.interleavings.actors import Kind, continuer, purger, reader, writer
from tests.interleavings.finding import found
from tests.simulated.mongodb import KEYS, SimulatedMongo

from aett.adapters.mongodb import documents, engine, purging, tickets
from aett.adapters.mongodb.engine import MongoEngine
from aett.adapters.mongodb.management import MongoManagement
from aett.adapters.mongodb.steps import Delete, Document, Find, Insert
from aett.adapters.store.record import Record
from aett.core.plan import Plan, Step
from aett.testing.interleaving import Budget, Program


def kind_of(made: type[MongoEngine] = MongoEngine) -> Kind:
    def engine_of(nonce: Callable[[], bytes]) -> MongoEngine:
        return made(patience=(), nonce=nonce)

    return Kind(engine_of, MongoManagement())


KIND = kind_of()


class DrawsFirst(MongoEngine):
    """Draws its number before it looks at its predecessor."""

    def append(self, record: Record) -> Plan[int | None]:
        counter = yield from tickets.draw(record.tenant_id)
        head = yield from purging.head(record.tenant_id, record.stream_id)
        if not engine._follows(record, head):
            return None
        stored = documents.document(record, counter["number"], self.nonce())
        return counter["number"] if (yield from Insert("commits", stored)) else None


def test_a_number_drawn_before_the_guard_puts_a_stream_in_disorder() -> None:
    kind = kind_of(DrawsFirst)
    schedule = found(
        {"A": writer(kind, "A", "s", 1), "B": continuer(kind, "B", "s", 1, 2)},
        "L10",
        kind=kind,
        world=SimulatedMongo(),
    )
    assert len(schedule) <= 7, schedule


def test_a_reader_that_passes_over_holes_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfilled(tenant_id: str, after: int, upto: int, size: int, _: object) -> Plan[list[Document]]:
        wanted = {"tenant_id": tenant_id, "checkpoint": {"$gt": after, "$lte": upto}}
        return (yield from Find("commits", wanted, (("checkpoint", 1),), size))

    monkeypatch.setattr(engine, "entries", unfilled)
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "r", 2), "R": reader(KIND, 1)}
    schedule = found(actors, "L10: a reader at 2 will never see", kind=KIND, world=SimulatedMongo())
    assert len(schedule) == 7, schedule


def test_without_the_key_of_numbers_a_late_writer_slips_in() -> None:
    keys = {**KEYS, "commits": tuple(each for each in documents.COMMITS if each.name != "log")}
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "r", 2), "R": reader(KIND, 1)}
    found(actors, "L10", kind=KIND, world=SimulatedMongo(keys))


def test_without_the_key_of_sequences_two_writers_win() -> None:
    keys = {**KEYS, "commits": tuple(each for each in documents.COMMITS if each.name != "sequence")}
    found(
        {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "s", 2)},
        "missing",
        kind=KIND,
        world=SimulatedMongo(keys),
    )


def test_a_writer_that_does_not_know_its_own_write_takes_it_for_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "document", _without_nonce(documents.document))
    found(
        {"A": writer(KIND, "A", "s", 1)},
        "L4: took its own",
        kind=KIND,
        world=SimulatedMongo(),
        fault=Budget(twice=1),
    )


def _without_nonce(document: Callable[..., Document]) -> Callable[..., Document]:
    def made(record: Record, checkpoint: int, _: bytes) -> Document:
        return document(record, checkpoint, b"")

    return made


PURGED: Mapping[str, Program] = {"A": writer(KIND, "A", "s", 1, 2), "P": purger(KIND, "s"), "R": reader(KIND, 1)}


def test_without_the_fence_a_purged_stream_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfenced(tenant_id: str) -> Plan[Document]:
        counter = yield from tickets.draw(tenant_id)
        return {**counter, "fence": -1}

    monkeypatch.setattr(engine, "draw", unfenced)
    found(PURGED, "missing", kind=KIND, world=SimulatedMongo(), purged=True)


def test_without_settling_a_purged_stream_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsettled(tenant_id: str, _: int, number: int) -> Plan[None]:
        yield from tickets.modified(tenant_id, {"$max": {"floor": number}})

    monkeypatch.setattr(purging, "settle", unsettled)
    found(PURGED, "missing", kind=KIND, world=SimulatedMongo(), purged=True)


class Unburied(SimulatedMongo):
    """A purge here takes the tombstones with it."""

    def perform(self, step: Step[Any]) -> Any:
        if isinstance(step, Delete) and step.collection == "commits":
            super().perform(Delete("commits", {"stream_id": documents.NO_STREAM}))
        return super().perform(step)


def test_tombstones_that_a_purge_removes_let_a_late_writer_in() -> None:
    actors = {
        "A": writer(KIND, "A", "r", 1),
        "P": purger(KIND, "s"),
        "B": writer(KIND, "B", "s", 2),
        "R": reader(KIND, 1),
    }
    found(actors, "L10", kind=KIND, world=Unburied(), purged=True)


def test_a_floor_that_is_read_after_the_page_hides_what_came_between(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(tenant_id: str, after: int, upto: int, size: int, _: object) -> Plan[list[Document]]:
        while True:
            wanted = {"tenant_id": tenant_id, "checkpoint": {"$gt": after, "$lte": upto}}
            page = yield from Find("commits", wanted, (("checkpoint", 1),), size)
            counters = yield from Find("counters", {"_id": tenant_id}, (), 1)
            missing = tickets.holes(after, page, counters[0].get("floor", 0) if counters else 0)
            if not missing:
                return page
            yield from tickets.filled(tenant_id, missing)

    monkeypatch.setattr(engine, "entries", careless)
    actors = {
        "A": writer(KIND, "A", "r", 1),
        "P": purger(KIND, "s"),
        "B": writer(KIND, "B", "s", 2),
        "R": reader(KIND, 1),
    }
    found(actors, "L10", kind=KIND, world=SimulatedMongo(), purged=True)
