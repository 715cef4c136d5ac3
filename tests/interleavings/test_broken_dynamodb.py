"""What the scheduler finds: each classical bug, put into DynamoDB's plans on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.interleavings.actors import Kind, continuer, purger, reader, writer
from tests.interleavings.finding import found
from tests.simulated.dynamodb import SimulatedDynamo

from aett.adapters.aws.call import Call
from aett.adapters.dynamodb import engine, items, purging, requests
from aett.adapters.dynamodb.engine import DynamoEngine
from aett.adapters.dynamodb.items import Item
from aett.adapters.dynamodb.management import DynamoManagement
from aett.adapters.dynamodb.requests import queried
from aett.adapters.store.record import Record
from aett.core.plan import Plan, Step, run
from aett.testing.interleaving import Budget, Program


def _engine(nonce: Callable[[], bytes]) -> DynamoEngine:
    return DynamoEngine("t", patience=(), nonce=nonce)


KIND = Kind(_engine, DynamoManagement("t"))
Actions = list[Mapping[str, Any]]


def changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[Actions], Actions]) -> None:
    """Commit with other actions."""
    actions = engine._actions

    def other(record: Record, drawn: int, nonce: bytes) -> Actions:
        return change(actions(record, drawn, nonce))

    monkeypatch.setattr(engine, "_actions", other)


def without_condition(action: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same, whatever is there."""
    ((kind, what),) = action.items()
    return {
        kind: {name: value for name, value in what.items() if not name.startswith(("Condition", "Expression"))}
    }


def two_streams() -> Mapping[str, Program]:
    return {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "r", 2), "R": reader(KIND, 1)}


def test_a_number_that_need_not_be_higher_than_the_predecessors_puts_a_stream_in_disorder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unordered(record: Record, drawn: int) -> Mapping[str, Any]:
        condition = predecessor(record, drawn)
        return {
            **condition,
            "ConditionExpression": condition["ConditionExpression"].replace(" AND checkpoint < :drawn", ""),
        }

    predecessor = engine._predecessor
    monkeypatch.setattr(engine, "_predecessor", unordered)
    actors = {"A": writer(KIND, "A", "s", 1), "B": continuer(KIND, "B", "s", 1, 2)}
    schedule = found(actors, "L10", kind=KIND, world=SimulatedDynamo())
    assert len(schedule) <= 6, schedule


def test_a_reader_that_passes_over_holes_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfilled(table: str, tenant_id: str, after: int, upto: int, size: int, _: object) -> Plan[list[Item]]:
        low, high = items.sorted_number(min(after + 1, upto)), items.sorted_number(upto)
        return (yield from queried(table, items.log_partition(tenant_id), low, high, size))

    monkeypatch.setattr(engine, "entries", unfilled)
    schedule = found(two_streams(), "L10: a reader at 2 will never see", kind=KIND, world=SimulatedDynamo())
    assert len(schedule) <= 6, schedule


def test_an_entry_put_over_a_tombstone_slips_in_below_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    changed(monkeypatch, lambda actions: [*actions[:3], without_condition(actions[3])])
    found(two_streams(), "L10", kind=KIND, world=SimulatedDynamo())


def test_a_head_put_whatever_is_there_lets_two_writers_win(monkeypatch: pytest.MonkeyPatch) -> None:
    # The key of a commit is its revision, so both conditions have to go.
    changed(
        monkeypatch, lambda actions: [without_condition(actions[0]), without_condition(actions[1]), *actions[2:]]
    )
    actors = {"A": writer(KIND, "A", "s", 1), "B": writer(KIND, "B", "s", 2)}
    found(actors, "L6|L2|L10|missing", kind=KIND, world=SimulatedDynamo())


def test_a_commit_put_before_its_log_entry_is_acknowledged_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = requests.written

    def apart(table: str, actions: Actions, token: str | None = None) -> Plan[Any]:
        refused = yield from whole(table, actions[:3], token)
        return refused or (yield from whole(table, actions[3:], token))

    monkeypatch.setattr(engine, "written", apart)
    actors = {"A": writer(KIND, "A", "s", 1), "R": reader(KIND, 1)}
    found(actors, "L10: the log has", kind=KIND, world=SimulatedDynamo(), fault=Budget(crashes=1))


def test_a_writer_that_does_not_know_its_own_write_takes_it_for_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    def anonymous(actions: Actions) -> Actions:
        put: Any = actions[2]["Put"]
        return [*actions[:2], {"Put": {**put, "Item": {**put["Item"], "nonce": {"B": b""}}}}, actions[3]]

    changed(monkeypatch, anonymous)
    fault = Budget(twice=1)
    found({"A": writer(KIND, "A", "s", 1)}, "L4: took its own", kind=KIND, world=SimulatedDynamo(), fault=fault)


PURGED: Mapping[str, Program] = {"A": writer(KIND, "A", "s", 1, 2), "P": purger(KIND, "s"), "R": reader(KIND, 1)}


def test_a_purge_whose_mark_nobody_minds_leaves_half_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(record: Record, drawn: int) -> Mapping[str, Any]:
        condition = predecessor(record, drawn)
        expression = condition["ConditionExpression"].replace(" AND attribute_not_exists(purge_mark)", "")
        return {**condition, "ConditionExpression": expression}

    predecessor = engine._predecessor
    monkeypatch.setattr(engine, "_predecessor", careless)
    found(PURGED, "L1|L10|missing", kind=KIND, world=SimulatedDynamo(), purged=True)


def test_a_purge_that_does_not_demand_its_mark_takes_what_came_after(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = requests.written

    def undemanding(table: str, actions: Actions) -> Plan[Any]:
        return (yield from whole(table, actions[1:]))

    monkeypatch.setattr(purging, "written", undemanding)
    world = SimulatedDynamo()
    run(writer(KIND, "A", "s", 1)(), world)
    actors = {"P": purger(KIND, "s"), "Q": purger(KIND, "s"), "B": writer(KIND, "B", "s", 2)}
    found(actors, "L1: after .* nothing can follow", kind=KIND, world=world, purged=True)


class Unburied(SimulatedDynamo):
    """A purge here takes the tombstones of the log with it."""

    def perform(self, step: Step[Any]) -> Any:
        if isinstance(step, Call) and step.method == "delete_item":
            for place in [each for each in self._items if each[0].startswith("log/")]:
                if "stream_id" not in self._items[place]:
                    del self._items[place]
        return super().perform(step)


def test_tombstones_that_a_purge_removes_let_a_late_writer_in() -> None:
    actors = {
        "A": writer(KIND, "A", "r", 1),
        "P": purger(KIND, "s"),
        "B": writer(KIND, "B", "s", 2),
        "R": reader(KIND, 1),
    }
    found(actors, "L10", kind=KIND, world=Unburied(), purged=True)
