"""PostgreSQL's tables: how they are made, and what they must look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from aett.adapters.sql.naming import Table

SCHEMA_VERSION: Final = 2
CLASS: Final = 0x61657474
"""The first of the two keys of the barrier's advisory lock; the second is the table's own id."""

_NAME: Final = 'text COLLATE "C" NOT NULL'
COMMITS: Final = {
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
SNAPSHOT_KEYS: Final = {"pkey": ("tenant_id", "stream_id", "stream_revision")}
_REGISTERS: Final = {
    "tenant_id": _NAME,
    "name": _NAME,
    "version": "bigint NOT NULL",
    "payload": "bytea NOT NULL",
}
_REGISTER_KEYS: Final = {"pkey": ("tenant_id", "name")}
_VERSIONS: Final = {"table_name": "text NOT NULL", "version": "bigint NOT NULL"}


def quoted(table: Table) -> str:
    """Its name as an SQL identifier."""
    return table.quoted('"')


def regclass(table: Table) -> str:
    """Its id."""
    return f"CAST('{quoted(table)}' AS regclass)"


_Made: TypeAlias = tuple[Table, Mapping[str, str], Mapping[str, tuple[str, ...]]]
"""A table, its columns and its keys."""


def _tables(table: Table) -> tuple[_Made, ...]:
    return (
        (table, COMMITS, _KEYS),
        (table.snapshots, _SNAPSHOTS, SNAPSHOT_KEYS),
        (table.registers, _REGISTERS, _REGISTER_KEYS),
    )


def create(table: Table) -> tuple[str, ...]:
    """Create what is absent, and bring what is of an earlier version to this one."""
    (_, columns, keys), *others = _tables(table)
    numbered = {**columns, "checkpoint": "bigint GENERATED ALWAYS AS IDENTITY (CACHE 1)"}
    return (
        f"SELECT pg_advisory_xact_lock({CLASS}, 0)",  # many may create at once
        _create_table(table, numbered, keys),
        *(_create_table(*each) for each in others),
        _create_table(table.versions, _VERSIONS, {"pkey": ("table_name",)}),
        _note_version(table),
    )


def _note_version(table: Table) -> str:
    return (
        f"INSERT INTO {quoted(table.versions)} AS v VALUES ('{table.name}', {SCHEMA_VERSION})"
        " ON CONFLICT (table_name) DO UPDATE SET version = EXCLUDED.version WHERE v.version < EXCLUDED.version"
    )


def _create_table(table: Table, columns: Mapping[str, str], keys: Mapping[str, tuple[str, ...]]) -> str:
    parts = [f"{name} {kind}" for name, kind in columns.items()]
    for name, key in keys.items():
        kind = "PRIMARY KEY" if name == "pkey" else "UNIQUE"
        parts.append(f'CONSTRAINT "{table.name}_{name}" {kind} ({", ".join(key)})')
    # IF NOT EXISTS would look in the first schema of the search path only: statements find it in any of them.
    return (
        f"DO $aett$ BEGIN IF to_regclass('{quoted(table)}') IS NULL"
        f" THEN CREATE TABLE {quoted(table)} ({', '.join(parts)}); END IF; END $aett$"
    )


def drop(table: Table) -> tuple[str, ...]:
    """Remove what is there."""
    versions = table.versions
    return (
        f"SELECT pg_advisory_xact_lock({CLASS}, 0)",
        *(f"DROP TABLE IF EXISTS {quoted(each)}" for each, _, _ in _tables(table)),
        _create_table(versions, _VERSIONS, {"pkey": ("table_name",)}),
        f"DELETE FROM {quoted(versions)} WHERE table_name = '{table.name}'",
    )


def describe(table: Table) -> tuple[str, ...]:
    """Queries for what is there: rows of a name and a description of it."""
    tables = tuple(each for each, _, _ in _tables(table))
    return (
        *map(_describe_columns, tables),
        *map(_describe_keys, tables),
        _describe_numbering(table),
        _describe_version(table),
    )


def _describe_columns(table: Table) -> str:
    return (
        f"SELECT 'column {table.name}.' || a.attname, format_type(a.atttypid, a.atttypmod)"
        """ || CASE WHEN c.collname <> 'default' THEN ' COLLATE "' || c.collname || '"' ELSE '' END"""
        " || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END"
        " FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation"
        f" WHERE a.attrelid = {regclass(table)} AND a.attnum > 0 AND NOT a.attisdropped"
    )


def _describe_keys(table: Table) -> str:
    return (
        "SELECT 'index ' || c.relname, CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END"
        " || CASE WHEN i.indisvalid THEN '' ELSE 'INVALID ' END"
        " || substring(pg_get_indexdef(i.indexrelid) FROM 'USING (.*)')"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indrelid = {regclass(table)}"
    )


def _describe_numbering(table: Table) -> str:
    return (
        f"SELECT 'numbering of {table.name}', 'by ' || s.seqincrement || ', cache ' || s.seqcache"
        " || CASE WHEN s.seqcycle THEN ', cycling' ELSE '' END FROM pg_sequence s"
        f" WHERE s.seqrelid = CAST(pg_get_serial_sequence('{quoted(table)}', 'checkpoint') AS regclass)"
    )


def _describe_version(table: Table) -> str:
    return (
        "SELECT 'schema version of ' || table_name, CAST(version AS text)"
        f" FROM {quoted(table.versions)} WHERE table_name = '{table.name}'"
    )


def described(table: Table) -> dict[str, str]:
    """What `describe` must find."""
    found = {
        f"numbering of {table.name}": "by 1, cache 1",
        f"schema version of {table.name}": str(SCHEMA_VERSION),
    }
    for each, columns, keys in _tables(table):
        found |= {f"column {each.name}.{name}": kind for name, kind in columns.items()}
        found |= {f"index {each.name}_{name}": f"UNIQUE btree ({', '.join(key)})" for name, key in keys.items()}
    return found
