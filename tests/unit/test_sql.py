"""What the SQL engines share: parameters, names, places, and how far a log is settled. No server."""

from __future__ import annotations

from typing import Any

import pytest

from aett import SchemaMismatch, UnsupportedServer
from aett.adapters.mysql.dialect import dialect as mysql
from aett.adapters.mysql.server import arguments
from aett.adapters.mysql.server import server_of as mysql_at
from aett.adapters.postgresql.dialect import dialect as postgresql
from aett.adapters.postgresql.server import server_of as postgresql_of
from aett.adapters.sql.barrier import PAUSES, REST, QueuedBarrier, WatchedBarrier
from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.engine import SqlEngine
from aett.adapters.sql.management import SqlManagement
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.rendering import numbered, positional, pyformat
from aett.adapters.sql.server import Server
from aett.adapters.sql.statement import Insert, Statement, Transaction, Try
from aett.adapters.store.pause import Pause
from aett.adapters.store.record import Record
from aett.core.plan import Plan, Step


def postgresql_at(*arguments: Any) -> Server:
    return postgresql_of(*arguments)[0]


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


# Places


@pytest.mark.parametrize("server_of", [postgresql_at, mysql_at])
@pytest.mark.parametrize(
    "url",
    ["", "commits.db", "sqlite://s3cret@x/y", "http://u:s3cret@x", "{}//u:s3cret@h", "{}://u:s3cret@h:port/x"],
)
def test_what_is_no_url_of_the_server_is_refused_without_telling_secrets(server_of: Any, url: str) -> None:
    scheme = "postgresql" if server_of is postgresql_at else "mysql"
    with pytest.raises(ValueError, match="is named by a URL") as refused:
        server_of(url.format(scheme), 5, 1.0)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(("server_of", "scheme"), [(postgresql_at, "postgresql"), (mysql_at, "mysql")])
def test_a_place_is_told_without_secrets(server_of: Any, scheme: str) -> None:
    server = server_of(f"{scheme}://ann:s3cret@db.example:77/app", 5, 1.0)
    assert "s3cret" not in repr(server) + server.name
    assert "db.example:77/app" in server.name


@pytest.mark.parametrize("settings", [(0, 1.0), (True, 1.0), (5, 0), (5, float("nan"))])
def test_settings_that_keep_nothing_are_refused(settings: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        postgresql_at("postgresql://h/d", *settings)


def test_a_url_s_parts_reach_the_drivers_of_mysql() -> None:
    known = arguments(mysql_at("mysql://ann:p%40ss@h:77/app?unix_socket=/tmp/s", 5, 1.0))
    assert {name: known[name] for name in ("host", "port", "user", "password", "db", "unix_socket")} == {
        "host": "h",
        "port": 77,
        "user": "ann",
        "password": "p@ss",
        "db": "app",
        "unix_socket": "/tmp/s",  # noqa: S108  # a name
    }
    with pytest.raises(ValueError, match="not charset, fetch"):
        mysql_at("mysql://h/d?charset=latin1&fetch=1", 5, 1.0)


def test_a_url_may_say_that_no_statements_are_prepared() -> None:
    server, prepare = postgresql_of("postgresql://h/d?prepare=off&sslmode=require", 5, 1.0)
    assert (server.url, prepare) == ("postgresql://h/d?sslmode=require", False)
    assert postgresql_of("postgresql://h/d", 5, 1.0)[1]
    with pytest.raises(ValueError, match="prepare must be on or off"):
        postgresql_of("postgresql://h/d?prepare=never", 5, 1.0)


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
