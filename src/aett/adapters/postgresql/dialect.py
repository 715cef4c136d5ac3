"""PostgreSQL's tables and statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aett.adapters.postgresql.schema import (
    CLASS,
    COMMITS,
    SNAPSHOT_KEYS,
    create,
    describe,
    described,
    drop,
    quoted,
    regclass,
)
from aett.adapters.sql.barrier import BITS, AnnouncedBarrier
from aett.adapters.sql.copying import COPIED, RUN, Copying
from aett.adapters.sql.dialect import SNAPSHOT_COLUMNS, Dialect
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.probe import Probe
from aett.adapters.sql.statement import Parameters, Together
from aett.adapters.store.record import WRITTEN

MAX_COMMIT_SIZE: Final = 256_000_000
"""Bytes: a row that is read as text must stay below PostgreSQL's own bound of 1 GB."""

_LONGEST_NAME: Final = 63 - len("_snapshots_pkey")

_MARK: Final = 0x61657475
"""The same of the lock that tells that its holder announces what it draws."""

_LOW: Final = 2**BITS - 1

_ANNOUNCED: Final = "aett.announced"
"""A setting of the transaction's: the places in which it has announced, so that it need not again: each
announcement is a lock, and a server has room for only so many."""

_TOLD: Final = f"COALESCE(current_setting('{_ANNOUNCED}', true), '')"
_FIRST: Final = "txid_current_if_assigned() IS NULL"

_BOUND: Final = "SET LOCAL lock_timeout = '10s'"
"""A purge waits no longer for a transaction that is held: every writer waits behind it."""

_PATIENCE: Final = "100ms"
"""How long a group of commits waits for a lock."""

_STREAM: Final = "tenant_id = :tenant_id AND stream_id = :stream_id"


def dialect(table: str, max_commit_size: int = MAX_COMMIT_SIZE) -> Dialect:
    """The statements for a commits table of this name and its snapshots table."""
    commits = table_named(table, _LONGEST_NAME)
    snapshots = commits.snapshots
    registers = quoted(commits.registers)
    return Dialect(
        commits=quoted(commits),
        snapshots=quoted(snapshots),
        max_commit_size=max_commit_size,
        append=_append(commits),
        append_together=_append_together(commits),
        copying=_copying(commits),
        registers=registers,
        add_register=(
            f"INSERT INTO {registers} (tenant_id, name, version, payload)"
            " VALUES (:tenant_id, :name, :version, :payload) ON CONFLICT DO NOTHING RETURNING 1"
        ),
        put_register=(
            f"UPDATE {registers} SET version = :version, payload = :payload WHERE tenant_id = :tenant_id"
            " AND name = :name AND version = :old_version RETURNING 1"
        ),
        remove_register=(
            f"DELETE FROM {registers} WHERE tenant_id = :tenant_id AND name = :name"
            " AND version = :old_version RETURNING 1"
        ),
        add_snapshot=_add_snapshot(snapshots),
        refuse=(_REFUSE,),
        proof=(
            f"SELECT pg_advisory_xact_lock_shared({_key(commits)})",
            f"SELECT 1 FROM ({_HELD}) AS held WHERE {_of_two_keys(commits)} AND pid = pg_backend_pid()",
        ),
        create=create(commits),
        describe=describe(commits),
        described=described(commits),
        drop=drop(commits),
        alone=(_BOUND, f"SELECT pg_advisory_xact_lock({_key(commits)})"),
        barrier=_barrier(commits),
    )


def _key(table: Table, of: int = CLASS) -> str:
    # Of the table's own id: `commits` and `public.commits` may be one table.
    return f"{of}, CAST(CAST({regclass(table)} AS oid) AS int4)"


def _place(table: Table) -> str:
    """A tenant's place among the announcements, 32 bits: two tenants that share one only hold each other up."""
    return f"(hashtextextended(CAST(:tenant_id AS text), CAST(CAST({regclass(table)} AS oid) AS bigint)) & {_LOW})"


def _sequence(table: Table) -> str:
    """What numbers its rows."""
    return f"CAST(pg_get_serial_sequence('{quoted(table)}', 'checkpoint') AS regclass)"


def _drawn(table: Table) -> str:
    """The last number that was drawn."""
    return f"COALESCE(pg_sequence_last_value({_sequence(table)}), 0)"


def _append(table: Table) -> str:
    """Barrier, announcement, number: each is fed by the one before."""
    commits = quoted(table)
    values = ", ".join(f"CAST(:{name} AS {COMMITS[name].split()[0]})" for name in WRITTEN)
    return (
        f"WITH barrier AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({_key(table, _MARK)}),"
        f" pg_advisory_xact_lock_shared({_key(table)}), {_place(table)} AS place),"
        " announced AS MATERIALIZED (SELECT"
        f" pg_advisory_xact_lock_shared((place << {BITS}) | ({_drawn(table)} & {_LOW})),"
        # A transaction that writes for the first time has announced nothing, so most need not remember it.
        f" CASE WHEN NOT {_FIRST} THEN set_config('{_ANNOUNCED}', {_TOLD} || ' ' || place || ' ', true) END"
        f" FROM barrier WHERE {_FIRST} OR strpos({_TOLD}, ' ' || place || ' ') = 0),"
        " ready AS MATERIALIZED (SELECT 1 FROM barrier LEFT JOIN announced ON true),"
        # Locked, it is seen as it is now: the snapshot may be older than a purge that was waited for.
        f" predecessor AS MATERIALIZED (SELECT 1 FROM ready, {commits} AS c WHERE {_STREAM}"
        " AND commit_sequence = CAST(:previous_sequence AS bigint)"
        " AND stream_revision = CAST(:previous_revision AS bigint) FOR KEY SHARE OF c)"
        f" INSERT INTO {commits} ({', '.join(WRITTEN)}) SELECT {values} FROM ready"
        " WHERE (CAST(:commit_sequence AS bigint) = 1 OR EXISTS (SELECT 1 FROM predecessor))"
        # Who comes too late draws no number.
        f" AND NOT EXISTS (SELECT 1 FROM {commits} WHERE {_STREAM} AND commit_sequence = :commit_sequence)"
        " ON CONFLICT DO NOTHING RETURNING checkpoint"
    )


def _lists(batch: Sequence[Parameters]) -> Parameters:
    return {name: [each[name] for each in batch] for name in WRITTEN}


def _announced_for_all(table: Table, columns: Sequence[str]) -> str:
    """What begins a statement about several streams: barrier and announcements, and when all are there, `ready`.

    `given` has a row for each entry of the lists that are its parameters, in these columns.
    """
    kinds = {name: kind.split()[0] for name, kind in COMMITS.items()}
    # As subqueries, so that a plan for just these lists looks no cheaper than one for any, which is made once.
    lists = ", ".join(f"(SELECT CAST(:{name} AS {kinds.get(name, 'bigint')}[]))" for name in columns)
    place = _place(table).replace(":tenant_id", "g.tenant_id")
    return (
        # Who waits for a transaction that is held does not keep the others waiting.
        f"WITH bound AS MATERIALIZED (SELECT set_config('lock_timeout', '{_PATIENCE}', true)),"
        f" barrier AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({_key(table, _MARK)}),"
        f" pg_advisory_xact_lock_shared({_key(table)}) FROM bound),"
        f" given AS MATERIALIZED (SELECT * FROM unnest({lists}) AS g({', '.join(columns)})),"
        f" places AS MATERIALIZED (SELECT DISTINCT {place} AS place FROM barrier, given AS g),"
        " announced AS MATERIALIZED (SELECT"
        f" pg_advisory_xact_lock_shared((place << {BITS}) | ({_drawn(table)} & {_LOW})) FROM places),"
        " ready AS MATERIALIZED (SELECT count(*) FROM announced)"
    )


def _follows(table: Table) -> str:
    """Whether what `g` gives follows what is there, and its own place is free.

    The look-ups are subqueries that no plan turns into a join: each is one search of an index, whatever the server
    believes the table to hold.
    """
    commits, stream = quoted(table), "c.tenant_id = g.tenant_id AND c.stream_id = g.stream_id"
    return (
        f"(g.commit_sequence = 1 OR EXISTS (SELECT 1 FROM {commits} AS c WHERE {stream}"
        " AND c.commit_sequence = g.commit_sequence - 1 AND c.stream_revision = g.first_revision - 1"
        " FOR KEY SHARE OF c))"
        f" AND (SELECT 1 FROM {commits} AS c WHERE {stream} AND c.commit_sequence = g.commit_sequence) IS NULL"
    )


def _append_together(table: Table) -> Together:
    """As `_append`, of several records; `given` has a row for each."""
    given = ", ".join(f"g.{name}" for name in WRITTEN)
    text = (
        f"{_announced_for_all(table, WRITTEN)} INSERT INTO {quoted(table)} ({', '.join(WRITTEN)})"
        f" SELECT {given} FROM ready, given AS g WHERE {_follows(table)}"
        " ON CONFLICT DO NOTHING RETURNING tenant_id, stream_id, checkpoint"
    )
    return Together(lambda _: text, _lists)


def _copying(table: Table) -> Copying:
    """As `_append_together`, but numbers are drawn and nothing is inserted; `given` has a row for each run."""
    begin = (
        f"{_announced_for_all(table, RUN)},"
        # Before the first run that may not be appended.
        " free AS MATERIALIZED (SELECT min(g.position) AS count FROM ready, given AS g"
        f" WHERE NOT ({_follows(table)}))"
        f" SELECT ARRAY(SELECT nextval({_sequence(table)})"
        " FROM generate_series(1, (SELECT COALESCE(count, CAST(:total AS bigint)) FROM free)))"
    )
    return Copying(begin, table, tuple((name, COMMITS[name].split()[0]) for name in COPIED))


def _add_snapshot(table: Table) -> str:
    key = SNAPSHOT_KEYS["pkey"]
    rest = ", ".join(f"{name} = EXCLUDED.{name}" for name in SNAPSHOT_COLUMNS if name not in key)
    return (
        f"INSERT INTO {quoted(table)} ({', '.join(SNAPSHOT_COLUMNS)})"
        f" VALUES ({', '.join(f':{name}' for name in SNAPSHOT_COLUMNS)})"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {rest}"
    )


_HELD: Final = (
    "SELECT virtualtransaction, pid, CAST(classid AS bigint) AS class, CAST(objid AS bigint) AS object,"
    " objsubid AS kind FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""The advisory locks that are shared; all at one instant. Their kind is 2 with two keys, and 1 with one."""


def _of_two_keys(table: Table, of: int = CLASS) -> str:
    return f"kind = 2 AND class = {of} AND object = CAST(CAST({regclass(table)} AS oid) AS bigint)"


def _silent(table: Table) -> str:
    """Who holds the barrier without the mark."""
    return (
        f"SELECT virtualtransaction FROM held WHERE {_of_two_keys(table)} AND virtualtransaction NOT IN"
        f" (SELECT virtualtransaction FROM held WHERE {_of_two_keys(table, _MARK)})"
    )


def _barrier(table: Table) -> AnnouncedBarrier:
    return AnnouncedBarrier(
        # The statement's snapshot, by which it sees the newest, is older than its look at the locks.
        look=(
            f"WITH held AS MATERIALIZED ({_HELD})"
            f" SELECT COALESCE((SELECT max(checkpoint) FROM {quoted(table)} WHERE tenant_id = :tenant_id), 0),"
            " CASE WHEN pg_is_in_recovery() THEN 'this is a standby: its log would skip what the primary"
            f" shows later; follow the log on the primary' END, {_drawn(table)},"
            f" ARRAY(SELECT object FROM held WHERE kind = 1 AND class = {_place(table)}), ARRAY({_silent(table)})"
        ),
        silent=f"WITH held AS MATERIALIZED ({_HELD}) {_silent(table)} AND virtualtransaction = ANY(:holders)",
    )


PROBE: Final = Probe(
    text=(
        "SELECT CAST(:text AS text), convert_to(CAST(:text AS text), 'UTF8'), CAST(:bytes AS bytea),"
        " CAST(:empty AS bytea), CAST(:large AS bigint), CAST(:small AS bigint), CAST(NULL AS text)"
    ),
    settings="client_encoding, adapters and codecs",
)

_REFUSE: Final = (
    "SELECT 'a standby cannot be written to' WHERE pg_is_in_recovery()"
    " UNION ALL SELECT 'the database must be encoded in UTF8, not ' || current_setting('server_encoding')"
    " WHERE current_setting('server_encoding') <> 'UTF8'"
)
