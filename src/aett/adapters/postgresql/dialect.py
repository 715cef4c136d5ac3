"""PostgreSQL's tables and statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aett.adapters.sql.barrier import WatchedBarrier
from aett.adapters.sql.dialect import SNAPSHOT_COLUMNS, Dialect
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.probe import Probe
from aett.adapters.store.record import COLUMNS

SCHEMA_VERSION: Final = 1
MAX_COMMIT_SIZE: Final = 256_000_000
"""Bytes: a row that is read as text must stay below PostgreSQL's own bound of 1 GB."""

_LONGEST_NAME: Final = 63 - len("_snapshots_pkey")
_CLASS: Final = 0x61657474
"""The first of the two keys of our advisory locks; the second is the table's own id."""

_BOUND: Final = "SET LOCAL lock_timeout = '10s'"
"""A purge waits no longer for a transaction that is held: every writer waits behind it."""

_NAME: Final = 'text COLLATE "C" NOT NULL'
_COMMITS: Final = {
    "checkpoint": "bigint NOT NULL",
    "tenant_id": _NAME,
    "stream_id": _NAME,
    "commit_sequence": "bigint NOT NULL",
    "first_revision": "bigint NOT NULL",
    "stream_revision": "bigint NOT NULL",
    "commit_id": "bytea NOT NULL",
    "commit_stamp": "bigint NOT NULL",
    "headers": "bytea NOT NULL",
    "events": "bytea NOT NULL",
    "commands": "bytea NOT NULL",
}
_KEYS: Final = {
    "pkey": ("tenant_id", "checkpoint"),
    "sequence": ("tenant_id", "stream_id", "commit_sequence"),
    "revision": ("tenant_id", "stream_id", "stream_revision"),
    "commit_id": ("tenant_id", "stream_id", "commit_id"),
}
_SNAPSHOTS: Final = {
    "tenant_id": _NAME,
    "stream_id": _NAME,
    "stream_revision": "bigint NOT NULL",
    "commit_sequence": "bigint NOT NULL",
    "checkpoint": "bigint",
    "fingerprint": "text NOT NULL",
    "payload": "bytea NOT NULL",
}
_SNAPSHOT_KEYS: Final = {"pkey": ("tenant_id", "stream_id", "stream_revision")}
_VERSIONS: Final = {"table_name": "text NOT NULL", "version": "bigint NOT NULL"}

_STREAM: Final = "tenant_id = :tenant_id AND stream_id = :stream_id"


def dialect(table: str, max_commit_size: int = MAX_COMMIT_SIZE) -> Dialect:
    """The statements for a commits table of this name and its snapshots table."""
    commits = table_named(table, _LONGEST_NAME)
    snapshots = commits.snapshots
    return Dialect(
        commits=_quoted(commits),
        snapshots=_quoted(snapshots),
        max_commit_size=max_commit_size,
        append=_append(commits),
        add_snapshot=_add_snapshot(snapshots),
        refuse=(_REFUSE,),
        proof=(
            f"SELECT pg_advisory_xact_lock_shared({_key(commits)})",
            f"{_holders(commits)} AND pid = pg_backend_pid()",
        ),
        create=_create(commits),
        describe=(
            _describe_columns(commits),
            _describe_columns(snapshots),
            _describe_keys(commits),
            _describe_keys(snapshots),
            _describe_numbering(commits),
            _describe_version(commits),
        ),
        described=_described(commits),
        drop=_drop(commits),
        alone=(_BOUND, f"SELECT pg_advisory_xact_lock({_key(commits)})"),
        barrier=_barrier(commits),
    )


def _quoted(table: Table) -> str:
    return table.quoted('"')


def _regclass(table: Table) -> str:
    return f"CAST('{_quoted(table)}' AS regclass)"


def _key(table: Table) -> str:
    # Of the table's own id: `commits` and `public.commits` may be one table.
    return f"{_CLASS}, CAST(CAST({_regclass(table)} AS oid) AS int4)"


def _append(table: Table) -> str:
    """The barrier's lock comes before the number is drawn: the insert is fed by it."""
    commits = _quoted(table)
    columns = [name for name in COLUMNS if name != "checkpoint"]
    values = ", ".join(f"CAST(:{name} AS {_COMMITS[name].split()[0]})" for name in columns)
    return (
        f"WITH barrier AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({_key(table)})),"
        # Locked, it is seen as it is now: the snapshot may be older than a purge that was waited for.
        f" predecessor AS MATERIALIZED (SELECT 1 FROM barrier, {commits} AS c WHERE {_STREAM}"
        " AND commit_sequence = CAST(:previous_sequence AS bigint)"
        " AND stream_revision = CAST(:previous_revision AS bigint) FOR KEY SHARE OF c)"
        f" INSERT INTO {commits} ({', '.join(columns)}) SELECT {values} FROM barrier"
        " WHERE (CAST(:commit_sequence AS bigint) = 1 OR EXISTS (SELECT 1 FROM predecessor))"
        # Who comes too late draws no number.
        f" AND NOT EXISTS (SELECT 1 FROM {commits} WHERE {_STREAM} AND commit_sequence = :commit_sequence)"
        " ON CONFLICT DO NOTHING RETURNING checkpoint"
    )


def _add_snapshot(table: Table) -> str:
    key = _SNAPSHOT_KEYS["pkey"]
    rest = ", ".join(f"{name} = EXCLUDED.{name}" for name in SNAPSHOT_COLUMNS if name not in key)
    return (
        f"INSERT INTO {_quoted(table)} ({', '.join(SNAPSHOT_COLUMNS)})"
        f" VALUES ({', '.join(f':{name}' for name in SNAPSHOT_COLUMNS)})"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {rest}"
    )


def _holders(table: Table) -> str:
    return (
        "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        f" AND classid = {_CLASS} AND objid = CAST({_regclass(table)} AS oid) AND objsubid = 2"
    )


def _barrier(table: Table) -> WatchedBarrier:
    """Readers do not queue for the lock, which would hold back every writer behind them: they look who has it."""
    return WatchedBarrier(
        newest=(
            f"SELECT COALESCE((SELECT max(checkpoint) FROM {_quoted(table)} WHERE tenant_id = :tenant_id), 0),"
            " CASE WHEN pg_is_in_recovery() THEN 'this is a standby: its log would skip what the primary"
            " shows later; follow the log on the primary' END,"
            f" ARRAY({_holders(table)})"
        ),
        held=f"{_holders(table)} AND virtualtransaction = ANY(:holders)",
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


def _create(table: Table) -> tuple[str, ...]:
    commits, snapshots, versions = table, table.snapshots, table.versions
    numbered = _COMMITS | {"checkpoint": "bigint GENERATED ALWAYS AS IDENTITY (CACHE 1)"}
    return (
        f"SELECT pg_advisory_xact_lock({_CLASS}, 0)",  # many may create at once
        _create_table(commits, numbered, _KEYS),
        _create_table(snapshots, _SNAPSHOTS, _SNAPSHOT_KEYS),
        _create_table(versions, _VERSIONS, {"pkey": ("table_name",)}),
        f"INSERT INTO {_quoted(versions)} VALUES ('{table.name}', {SCHEMA_VERSION}) ON CONFLICT DO NOTHING",
    )


def _create_table(table: Table, columns: Mapping[str, str], keys: Mapping[str, tuple[str, ...]]) -> str:
    parts = [f"{name} {kind}" for name, kind in columns.items()]
    for name, key in keys.items():
        kind = "PRIMARY KEY" if name == "pkey" else "UNIQUE"
        parts.append(f'CONSTRAINT "{table.name}_{name}" {kind} ({", ".join(key)})')
    # IF NOT EXISTS would look in the first schema of the search path only: statements find it in any of them.
    return (
        f"DO $aett$ BEGIN IF to_regclass('{_quoted(table)}') IS NULL"
        f" THEN CREATE TABLE {_quoted(table)} ({', '.join(parts)}); END IF; END $aett$"
    )


def _drop(table: Table) -> tuple[str, ...]:
    versions = table.versions
    return (
        f"SELECT pg_advisory_xact_lock({_CLASS}, 0)",
        f"DROP TABLE IF EXISTS {_quoted(table)}",
        f"DROP TABLE IF EXISTS {_quoted(table.snapshots)}",
        _create_table(versions, _VERSIONS, {"pkey": ("table_name",)}),
        f"DELETE FROM {_quoted(versions)} WHERE table_name = '{table.name}'",
    )


def _describe_columns(table: Table) -> str:
    return (
        f"SELECT 'column {table.name}.' || a.attname, format_type(a.atttypid, a.atttypmod)"
        """ || CASE WHEN c.collname <> 'default' THEN ' COLLATE "' || c.collname || '"' ELSE '' END"""
        " || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END"
        " FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation"
        f" WHERE a.attrelid = {_regclass(table)} AND a.attnum > 0 AND NOT a.attisdropped"
    )


def _describe_keys(table: Table) -> str:
    return (
        "SELECT 'index ' || c.relname, CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END"
        " || CASE WHEN i.indisvalid THEN '' ELSE 'INVALID ' END"
        " || substring(pg_get_indexdef(i.indexrelid) FROM 'USING (.*)')"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indrelid = {_regclass(table)}"
    )


def _describe_numbering(table: Table) -> str:
    return (
        f"SELECT 'numbering of {table.name}', 'by ' || s.seqincrement || ', cache ' || s.seqcache"
        " || CASE WHEN s.seqcycle THEN ', cycling' ELSE '' END FROM pg_sequence s"
        f" WHERE s.seqrelid = CAST(pg_get_serial_sequence('{_quoted(table)}', 'checkpoint') AS regclass)"
    )


def _describe_version(table: Table) -> str:
    return (
        "SELECT 'schema version of ' || table_name, CAST(version AS text)"
        f" FROM {_quoted(table.versions)} WHERE table_name = '{table.name}'"
    )


def _described(table: Table) -> dict[str, str]:
    """What `describe` must find."""
    found = {
        f"numbering of {table.name}": "by 1, cache 1",
        f"schema version of {table.name}": str(SCHEMA_VERSION),
    }
    for each, columns, keys in ((table, _COMMITS, _KEYS), (table.snapshots, _SNAPSHOTS, _SNAPSHOT_KEYS)):
        found |= {f"column {each.name}.{name}": kind for name, kind in columns.items()}
        found |= {f"index {each.name}_{name}": f"UNIQUE btree ({', '.join(key)})" for name, key in keys.items()}
    return found
