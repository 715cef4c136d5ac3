"""What the SQL engines share: parameters, names, and how far a log is settled. No server."""

from __future__ import annotations

from typing import Any

import pytest

from aett import SchemaMismatch, Tail, UnsupportedServer
from aett.adapters.mysql.dialect import dialect as mysql
from aett.adapters.postgresql.dialect import dialect as postgresql
from aett.adapters.sql.barrier import BITS, PAUSES, AnnouncedBarrier, QueuedBarrier
from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.management import SqlManagement
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.rendering import numbered, positional, pyformat
from aett.adapters.sql.statement import Change, Statement, Transaction, Try
from aett.adapters.store.pause import Pause
from aett.adapters.store.record import Record
from aett.core.plan import Plan, Step

ANNOUNCED = AnnouncedBarrier("look", "silent")
QUEUED = QueuedBarrier("look", "passed", "glimpsed", "note", "rest")
LOOK = Statement("look", {"tenant_id": "t"}, alone=True)


def walk(plan: Plan[Any], *script: tuple[Step[Any], Any]) -> Any:
    """The plan's value, if it asks for just these steps and is given these answers."""
    left = list(script)
    try:
        step = next(plan)
        while left:
            expected, answer = left.pop(0)
            assert step == expected
            step = plan.send(answer)
    except StopIteration as end:
        assert not left, f"the plan never asks for {left}"
        return end.value
    raise AssertionError(f"the plan asks for more: {step}")


# Parameters


def test_parameters_are_rendered_as_each_driver_wants_them() -> None:
    text = "SELECT CAST(:a AS bigint), :b_c, '100%' WHERE x = :a AND y = CAST('t' AS regclass)::oid"
    assert pyformat(text) == (
        "SELECT CAST(%(a)s AS bigint), %(b_c)s, '100%%' WHERE x = %(a)s AND y = CAST('t' AS regclass)::oid"
    )
    assert numbered(text) == (
        "SELECT CAST($1 AS bigint), $2, '100%' WHERE x = $1 AND y = CAST('t' AS regclass)::oid",
        ("a", "b_c"),
    )
    assert positional(text) == (
        "SELECT CAST(? AS bigint), ?, '100%' WHERE x = ? AND y = CAST('t' AS regclass)::oid",
        ("a", "b_c", "a"),
    )


# Names


def test_a_table_may_be_in_a_schema() -> None:
    assert table_named("commits", 50) == Table(None, "commits")
    assert table_named("app.commits", 50).quoted('"') == '"app"."commits"'
    assert table_named("app.commits", 50).snapshots.quoted("[]") == "[app].[commits_snapshots]"


@pytest.mark.parametrize(
    "name",
    ["", ".", "a.b.c", "a.", 'a"; DROP TABLE b; --', "a b", "1a", "\N{LATIN SMALL LETTER E WITH ACUTE}", "a:b"],
)
def test_what_is_no_table_s_name_is_refused(name: str) -> None:
    for dialect in (postgresql, mysql):
        with pytest.raises(ValueError, match="cannot be a table's name"):
            dialect(name)


def test_a_table_s_name_leaves_room_for_those_of_its_indexes() -> None:
    for dialect in (postgresql, mysql):
        dialect("t" * 48)
        with pytest.raises(ValueError, match="at most"):
            dialect("t" * 60)


# Where a log ends


def test_without_writers_a_log_is_settled_at_once() -> None:
    assert walk(ANNOUNCED.tail("t"), (LOOK, [(7, None, 9, [], [])])) == Tail(7, 7)


def test_what_writers_announce_is_the_bound_and_nobody_is_waited_for() -> None:
    assert walk(ANNOUNCED.tail("t"), (LOOK, [(7, None, 9, [8, 6, 7], [])])) == Tail(7, 6)
    assert walk(ANNOUNCED.tail("t"), (LOOK, [(7, None, 9, [8], [])])) == Tail(7, 7)


@pytest.mark.parametrize("turn", [1, 2, 1000])
def test_an_announced_number_is_told_by_its_lowest_bits_also_where_they_begin_anew(turn: int) -> None:
    around = turn * 2**BITS
    for number, drawn in ((around - 2, around + 5), (around + 3, around + 3), (around + 7, around - 1)):
        look: tuple[Step[Any], Any] = (LOOK, [(around + 9, None, drawn, [number % 2**BITS], [])])
        assert walk(ANNOUNCED.tail("t"), look) == Tail(around + 9, number)


def test_a_writer_that_announces_nothing_is_waited_for_and_no_other() -> None:
    silent = Statement("silent", {"holders": ["1/1", "2/2"]}, alone=True)
    one_left = Statement("silent", {"holders": ["2/2"]}, alone=True)
    tail = walk(
        ANNOUNCED.tail("t"),
        (LOOK, [(7, None, 9, [], ["1/1", "2/2"])]),
        (Pause(PAUSES[0]), None),
        (silent, [("2/2",)]),
        (Pause(PAUSES[1]), None),
        (one_left, []),
    )
    assert tail == Tail(7, 7)


def test_a_writer_that_announces_nothing_and_stays_leaves_nothing_to_tell() -> None:
    silent = Statement("silent", {"holders": ["1/1"]}, alone=True)
    waits = [step for pause in PAUSES for step in ((Pause(pause), None), (silent, [("1/1",)]))]
    assert walk(ANNOUNCED.tail("t"), (LOOK, [(7, None, 9, [], ["1/1"])]), *waits) == Tail(7, 0)


def test_a_reader_that_queues_has_the_lock_and_notes_the_watermark() -> None:
    note = Statement("note", {"settled": 9}, writes=True, alone=True)
    tail = walk(QUEUED.tail("t"), (LOOK, [(7, 9, 5, 0, None)]), (Try("passed"), True), (note, []))
    assert tail == Tail(7, 7)


def test_a_reader_that_queues_in_vain_reads_to_the_watermark_and_lets_all_rest() -> None:
    rest = Statement("rest", writes=True, alone=True)
    tail = walk(QUEUED.tail("t"), (LOOK, [(7, 9, 5, 0, None)]), (Try("passed"), False), (rest, []))
    assert tail == Tail(7, 5)


def test_nobody_queues_who_rests_or_has_nothing_above_the_watermark() -> None:
    assert walk(QUEUED.tail("t"), (LOOK, [(7, 9, 5, 1, None)]), (Try("glimpsed"), False)) == Tail(7, 5)
    note = Statement("note", {"settled": 9}, writes=True, alone=True)
    assert walk(QUEUED.tail("t"), (LOOK, [(7, 9, 5, 1, None)]), (Try("glimpsed"), True), (note, [])) == Tail(7, 7)
    assert walk(QUEUED.tail("t"), (LOOK, [(7, 9, 7, 0, None)])) == Tail(7, 7)


def test_a_standby_is_refused() -> None:
    with pytest.raises(UnsupportedServer, match="a standby"):
        walk(ANNOUNCED.tail("t"), (LOOK, [(7, "a standby", 9, [], [])]))
    with pytest.raises(UnsupportedServer, match="a standby"):
        walk(QUEUED.tail("t"), (LOOK, [(7, 9, 7, 0, "a standby")]))


# Appending and making


RECORD = Record("t", "s", 3, 5, 6, b"i" * 16, 0, b"", b"[]", b"", None)


@pytest.mark.parametrize("dialect", [postgresql("c"), mysql("c")], ids=["postgresql", "mysql"])
def test_an_append_is_one_round_trip_with_its_predecessor_and_the_barrier(dialect: Dialect) -> None:
    plan = SqlEngine(dialect).append(RECORD)
    step = next(plan)
    assert isinstance(step, Change)
    assert (step.parameters["previous_sequence"], step.parameters["previous_revision"]) == (2, 4)
    with pytest.raises(StopIteration) as end:
        plan.send(9)
    assert end.value.value == 9


def test_an_append_that_lacks_its_barrier_is_no_refusal() -> None:
    engine = SqlEngine(mysql("c"))
    ready = Statement(engine.dialect.ready or "")
    for rows, expected in (([(1,)], None), ([], SchemaMismatch)):
        plan = engine.append(RECORD)
        next(plan)
        assert plan.send(None) == ready
        if expected is None:
            with pytest.raises(StopIteration):
                plan.send(rows)
        else:
            with pytest.raises(expected, match="the barrier's row is absent"):
                plan.send(rows)


def test_a_server_that_cannot_keep_the_laws_is_refused_before_anything_is_made() -> None:
    plan = SqlManagement(mysql("c")).initialize()
    assert isinstance(next(plan), Statement)
    with pytest.raises(UnsupportedServer, match="this and that"):
        plan.send([("this and that",)])


def test_a_server_that_hides_its_locks_is_refused() -> None:
    plan = SqlManagement(postgresql("c")).initialize()
    next(plan)
    assert isinstance(plan.send([]), Transaction)
    assert isinstance(plan.send([]), Transaction)
    with pytest.raises(UnsupportedServer, match="does not show who holds its locks"):
        plan.send([[("",)], []])
