"""SQL Server's tables: how they are made, and what they must look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from aett.adapters.sql.naming import Table

SCHEMA_VERSION: Final = 2
WRITERS_WAIT: Final = 30_000

CHECKPOINT: Final = "[checkpoint]"
"""A word of T-SQL's own."""

COMMITS: Final = {
    CHECKPOINT: "bigint NOT NULL IDENTITY",
    "tenant_id": "varbinary(64) NOT NULL",
    "stream_id": "varbinary(255) NOT NULL",
    "commit_sequence": "bigint NOT NULL",
    "first_revision": "bigint NOT NULL",
    "stream_revision": "bigint NOT NULL",
    "commit_id": "varbinary(16) NOT NULL",
    "commit_stamp": "bigint NOT NULL",
    "headers": "varbinary(max) NOT NULL",
    "events": "varbinary(max) NOT NULL",
    "commands": "varbinary(max) NOT NULL",
}
_KEYS: Final = {
    "pkey": (CHECKPOINT,),
    "log": ("tenant_id", CHECKPOINT),
    "sequence": ("tenant_id", "stream_id", "commit_sequence"),
    "revision": ("tenant_id", "stream_id", "stream_revision"),
    "commit_id": ("tenant_id", "stream_id", "commit_id"),
}
SNAPSHOTS: Final = {
    "tenant_id": "varbinary(64) NOT NULL",
    "stream_id": "varbinary(255) NOT NULL",
    "stream_revision": "bigint NOT NULL",
    "commit_sequence": "bigint NOT NULL",
    CHECKPOINT: "bigint",
    "fingerprint": "varbinary(255) NOT NULL",
    "payload": "varbinary(max) NOT NULL",
}
SNAPSHOT_KEYS: Final = {"pkey": ("tenant_id", "stream_id", "stream_revision")}
REGISTERS: Final = {
    "tenant_id": "varbinary(64) NOT NULL",
    "name": "varbinary(255) NOT NULL",
    "version": "bigint NOT NULL",
    "payload": "varbinary(max) NOT NULL",
}
_REGISTER_KEYS: Final = {"pkey": ("tenant_id", "name")}
_SETTLED: Final = {
    "id": "int NOT NULL",
    "settled": "bigint NOT NULL",
    "noted": "datetime2 NOT NULL",
    "rested": "datetime2 NOT NULL",
}
_SETTLED_KEYS: Final = {"pkey": ("id",)}
_VERSIONS: Final = {"table_name": "varchar(128) NOT NULL", "version": "bigint NOT NULL"}
_VERSION_KEYS: Final = {"pkey": ("table_name",)}


def quoted(table: Table) -> str:
    """Its name as an SQL identifier."""
    return table.quoted("[]")


def object_id(table: Table) -> str:
    """Its id."""
    return f"OBJECT_ID(N'{quoted(table)}')"


def lock(resource: str, mode: str, milliseconds: int, *, if_free: bool = False) -> str:
    """Take a lock until the transaction ends; `@code` is below 0 if it was not had in time.

    if_free: only if nobody has it.
    """
    condition = f" IF APPLOCK_TEST('public', @resource, '{mode}', 'Transaction') = 1" if if_free else ""
    return (
        f"DECLARE @resource NVARCHAR(255) = {resource}, @code INT = -1;{condition}"
        f" EXEC @code = sp_getapplock @Resource = @resource, @LockMode = '{mode}',"
        f" @LockOwner = 'Transaction', @LockTimeout = {milliseconds};"
    )


_ANY_TABLE: Final = "N'aett'"
DEMAND: Final = "IF @code < 0 BEGIN RAISERROR('the lock of the log was not had in time', 16, 1); RETURN; END;"


_ALONE: Final = f"{lock(_ANY_TABLE, 'Exclusive', WRITERS_WAIT)} {DEMAND}"


def bare(name: str) -> str:
    """A column's name without brackets."""
    return name.strip("[]")


_Made: TypeAlias = tuple[Table, Mapping[str, str], Mapping[str, tuple[str, ...]]]
"""A table, its columns and its keys."""


def _tables(table: Table) -> tuple[_Made, ...]:
    return (
        (table, COMMITS, _KEYS),
        (table.snapshots, SNAPSHOTS, SNAPSHOT_KEYS),
        (table.registers, REGISTERS, _REGISTER_KEYS),
        (table.settled, _SETTLED, _SETTLED_KEYS),
    )


def create(table: Table) -> tuple[str, ...]:
    """Create what is absent, and bring what is of an earlier version to this one."""
    return (
        _ALONE,  # many may create at once
        *(_create_table(*each) for each in _tables(table)),
        _settle_nothing(table.settled),
        # If somebody has dropped the commits and left this: their numbers begin anew.
        f"UPDATE {quoted(table.settled)} SET settled = 0 WHERE NOT EXISTS (SELECT 1 FROM {quoted(table)})",
        _create_table(table.versions, _VERSIONS, _VERSION_KEYS),
        _note_version(table),
    )


def _settle_nothing(settled: Table) -> str:
    return (
        f"INSERT INTO {quoted(settled)} (id, settled, noted, rested) SELECT 1, 0, '2000-01-01', '2000-01-01'"
        f" WHERE NOT EXISTS (SELECT 1 FROM {quoted(settled)} WHERE id = 1)"
    )


def _note_version(table: Table) -> str:
    versions = quoted(table.versions)
    return (
        f"UPDATE {versions} SET version = {SCHEMA_VERSION}"
        f" WHERE table_name = '{table.name}' AND version < {SCHEMA_VERSION};"
        f" INSERT INTO {versions} (table_name, version) SELECT '{table.name}', {SCHEMA_VERSION}"
        f" WHERE NOT EXISTS (SELECT 1 FROM {versions} WHERE table_name = '{table.name}')"
    )


def _create_table(table: Table, columns: Mapping[str, str], keys: Mapping[str, tuple[str, ...]]) -> str:
    parts = [f"{name} {kind}" for name, kind in columns.items()]
    for name, key in keys.items():
        kind = "PRIMARY KEY" if name == "pkey" else "UNIQUE"
        parts.append(f"CONSTRAINT [{table.name}_{name}] {kind} ({', '.join(key)})")
    return f"IF {object_id(table)} IS NULL CREATE TABLE {quoted(table)} ({', '.join(parts)})"


def drop(table: Table) -> tuple[str, ...]:
    """Remove what is there."""
    versions = table.versions
    return (
        _ALONE,
        *(f"DROP TABLE IF EXISTS {quoted(each)}" for each, _, _ in _tables(table)),
        _create_table(versions, _VERSIONS, _VERSION_KEYS),
        f"DELETE FROM {quoted(versions)} WHERE table_name = '{table.name}'",
    )


def describe(table: Table) -> tuple[str, ...]:
    """Queries for what is there: rows of a name and a description of it."""
    tables = tuple(each for each, _, _ in _tables(table))
    return (
        *map(_describe_columns, tables),
        *map(_describe_keys, tables),
        _describe_version(table),
    )


def _describe_columns(table: Table) -> str:
    return (
        f"SELECT CONCAT('column {table.name}.', c.name), CONCAT(t.name,"
        " CASE WHEN t.name = 'varbinary' THEN CONCAT('(', CASE c.max_length WHEN -1 THEN 'max'"
        " ELSE CAST(c.max_length AS VARCHAR(10)) END, ')') ELSE '' END,"
        " CASE WHEN c.is_nullable = 0 THEN ' NOT NULL' ELSE '' END,"
        " CASE WHEN c.is_identity = 1 THEN ' IDENTITY' ELSE '' END)"
        " FROM sys.columns AS c JOIN sys.types AS t ON t.user_type_id = c.user_type_id"
        f" WHERE c.object_id = {object_id(table)}"
    )


def _describe_keys(table: Table) -> str:
    return (
        "SELECT CONCAT('key ', i.name), CONCAT(CASE WHEN i.is_unique = 1 THEN 'UNIQUE ' ELSE '' END,"
        " STRING_AGG(c.name, ', ') WITHIN GROUP (ORDER BY x.key_ordinal))"
        " FROM sys.indexes AS i"
        " JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id"
        " JOIN sys.columns AS c ON c.object_id = i.object_id AND c.column_id = x.column_id"
        f" WHERE i.object_id = {object_id(table)} GROUP BY i.name, i.is_unique"
    )


def _describe_version(table: Table) -> str:
    return (
        "SELECT CONCAT('schema version of ', table_name), CAST(version AS VARCHAR(20))"
        f" FROM {quoted(table.versions)} WHERE table_name = '{table.name}'"
    )


def described(table: Table) -> dict[str, str]:
    """What `describe` must find."""
    found = {f"schema version of {table.name}": str(SCHEMA_VERSION)}
    for each, columns, keys in _tables(table):
        found |= {f"column {each.name}.{bare(name)}": kind for name, kind in columns.items()}
        found |= {f"key {each.name}_{name}": f"UNIQUE {', '.join(map(bare, key))}" for name, key in keys.items()}
    return found
