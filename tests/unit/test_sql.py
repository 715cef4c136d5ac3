"""What the SQL engines share: parameters, names, and how far a log is settled. No server."""

from __future__ import annotations

from typing import Any

import pytest

from aett import SchemaMismatch, UnsupportedServer
from aett.adapters.mysql.dialect import dialect as mysql
from aett.adapters.postgresql.dialect import dialect as postgresql
from aett.adapters.sql.barrier import PAUSES, REST, QueuedBarrier, WatchedBarrier
from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.management import SqlManagement
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.rendering import numbered, positional, pyformat
from aett.adapters.sql.statement import Insert, Statement, Transaction, Try
from aett.adapters.store.pause import Pause
from aett.adapters.store.record import Record
from aett.core.plan import Plan, Step

WATCHED = WatchedBarrier("newest", "held")
QUEUED = QueuedBarrier("newest", "passed")
NEWEST = Statement("newest", {"tenant_id": "t"}, alone=True)


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


# How far a log is settled


def test_without_writers_a_log_is_settled_at_once() -> None:
    assert walk(WATCHED.settled("t"), (NEWEST, [(7, None, [])])) == 7


def test_a_reader_waits_for_those_writers_that_were_there_and_for_no_others() -> None:
    held = Statement("held", {"holders": ["1/1", "2/2"]}, alone=True)
    one_left = Statement("held", {"holders": ["2/2"]}, alone=True)
    settled = walk(
        WATCHED.settled("t"),
        (NEWEST, [(7, None, ["1/1", "2/2"])]),
        (Pause(PAUSES[0]), None),
        (held, [("2/2",)]),
        (Pause(PAUSES[1]), None),
        (one_left, []),
    )
    assert settled == 7


def test_a_writer_that_stays_leaves_nothing_to_tell() -> None:
    held = Statement("held", {"holders": ["1/1"]}, alone=True)
    waits = [step for pause in PAUSES for step in ((Pause(pause), None), (held, [("1/1",)]))]
    assert walk(WATCHED.settled("t"), (NEWEST, [(7, None, ["1/1"])]), *waits) is None


def test_a_reader_that_queues_has_the_lock_or_rests() -> None:
    assert walk(QUEUED.settled("t"), (NEWEST, [(7, None)]), (Try("passed"), True)) == 7
    assert walk(QUEUED.settled("t"), (NEWEST, [(7, None)]), (Try("passed"), False), (Pause(REST), None)) is None


def test_a_standby_is_refused() -> None:
    with pytest.raises(UnsupportedServer, match="a standby"):
        walk(WATCHED.settled("t"), (NEWEST, [(7, "a standby", [])]))
    with pytest.raises(UnsupportedServer, match="a standby"):
        walk(QUEUED.settled("t"), (NEWEST, [(7, "a standby")]))


# Appending and making


RECORD = Record("t", "s", 3, 5, 6, b"i" * 16, 0, b"", b"[]", b"", None)


@pytest.mark.parametrize("dialect", [postgresql("c"), mysql("c")], ids=["postgresql", "mysql"])
def test_an_append_is_one_round_trip_with_its_predecessor_and_the_barrier(dialect: Dialect) -> None:
    plan = SqlEngine(dialect).append(RECORD)
    step = next(plan)
    assert isinstance(step, Insert)
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
