"""The tables that MySQL 8 and MariaDB both take: how they are made, and what they must look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from aett.adapters.sql.naming import Table

SCHEMA_VERSION: Final = 2

_COMMITS: Final = {
    "checkpoint": "bigint NOT NULL AUTO_INCREMENT",
    "tenant_id": "varbinary(64) NOT NULL",
    "stream_id": "varbinary(255) NOT NULL",
    "commit_sequence": "bigint NOT NULL",
    "first_revision": "bigint NOT NULL",
    "stream_revision": "bigint NOT NULL",
    "commit_id": "binary(16) NOT NULL",
    "commit_stamp": "bigint NOT NULL",
    "headers": "longblob NOT NULL",
    "events": "longblob NOT NULL",
    "commands": "longblob NOT NULL",
}
_KEYS: Final = {
    "PRIMARY": ("checkpoint",),
    "log": ("tenant_id", "checkpoint"),
    "sequence": ("tenant_id", "stream_id", "commit_sequence"),
    "revision": ("tenant_id", "stream_id", "stream_revision"),
    "commit_id": ("tenant_id", "stream_id", "commit_id"),
}
_SNAPSHOTS: Final = {
    "tenant_id": "varbinary(64) NOT NULL",
    "stream_id": "varbinary(255) NOT NULL",
    "stream_revision": "bigint NOT NULL",
    "commit_sequence": "bigint NOT NULL",
    "checkpoint": "bigint",
    "fingerprint": "varbinary(255) NOT NULL",
    "payload": "longblob NOT NULL",
}
_SNAPSHOT_KEYS: Final = {"PRIMARY": ("tenant_id", "stream_id", "stream_revision")}
_REGISTERS: Final = {
    "tenant_id": "varbinary(64) NOT NULL",
    "name": "varbinary(255) NOT NULL",
    "version": "bigint NOT NULL",
    "payload": "longblob NOT NULL",
}
_REGISTER_KEYS: Final = {"PRIMARY": ("tenant_id", "name")}
_BARRIER: Final = {"id": "tinyint NOT NULL"}
_BARRIER_KEYS: Final = {"PRIMARY": ("id",)}
_SETTLED: Final = {
    "id": "tinyint NOT NULL",
    "settled": "bigint NOT NULL",
    "noted": "datetime(3) NOT NULL",
    "rested": "datetime(3) NOT NULL",
}
_NEVER: Final = "'2000-01-01'"
_VERSIONS: Final = {"table_name": "varbinary(64) NOT NULL", "version": "bigint NOT NULL"}


def quoted(table: Table) -> str:
    """Its name as an SQL identifier."""
    return table.quoted("`")


def barrier_of(table: Table) -> Table:
    """The table of its barrier."""
    return Table(table.schema, f"{table.name}_barrier")


_Made: TypeAlias = tuple[Table, Mapping[str, str], Mapping[str, tuple[str, ...]]]
"""A table, its columns and its keys."""


def _tables(table: Table) -> tuple[_Made, ...]:
    return (
        (table, _COMMITS, _KEYS),
        (table.snapshots, _SNAPSHOTS, _SNAPSHOT_KEYS),
        (table.registers, _REGISTERS, _REGISTER_KEYS),
        (barrier_of(table), _BARRIER, _BARRIER_KEYS),
        (table.settled, _SETTLED, _BARRIER_KEYS),
    )


def create(table: Table) -> tuple[str, ...]:
    """Create what is absent, and bring what is of an earlier version to this one."""
    barrier, settled = quoted(barrier_of(table)), quoted(table.settled)
    return (
        *(_create_table(*each) for each in _tables(table)),
        # Without a look first, this would wait for every transaction that has appended, and is open.
        f"INSERT IGNORE INTO {barrier} SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM {barrier} AS b)",
        f"INSERT INTO {settled} VALUES (1, 0, {_NEVER}, {_NEVER}) ON DUPLICATE KEY UPDATE id = id",
        # If somebody has dropped the commits and left this: their numbers begin anew.
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {quoted(table)} LIMIT 1) AS some INTO @aett_some",
        f"UPDATE {settled} SET settled = 0 WHERE @aett_some = 0",
        _create_table(table.versions, _VERSIONS, {"PRIMARY": ("table_name",)}),
        _note_version(table),
    )


def _note_version(table: Table) -> str:
    return (
        f"INSERT INTO {quoted(table.versions)} VALUES ('{table.name}', {SCHEMA_VERSION})"
        f" ON DUPLICATE KEY UPDATE version = GREATEST(version, {SCHEMA_VERSION})"
    )


def _create_table(table: Table, columns: Mapping[str, str], keys: Mapping[str, tuple[str, ...]]) -> str:
    parts = [f"{name} {kind}" for name, kind in columns.items()]
    for name, key in keys.items():
        kind = "PRIMARY KEY" if name == "PRIMARY" else f"UNIQUE KEY {name}"
        parts.append(f"{kind} ({', '.join(key)})")
    return f"CREATE TABLE IF NOT EXISTS {quoted(table)} ({', '.join(parts)}) ENGINE = InnoDB"


def drop(table: Table) -> tuple[str, ...]:
    """Remove what is there."""
    versions = table.versions
    return (
        *(f"DROP TABLE IF EXISTS {quoted(each)}" for each, _, _ in _tables(table)),
        _create_table(versions, _VERSIONS, {"PRIMARY": ("table_name",)}),
        f"DELETE FROM {quoted(versions)} WHERE table_name = '{table.name}'",
    )


def _where(table: Table) -> str:
    schema = "DATABASE()" if table.schema is None else f"'{table.schema}'"
    return f"WHERE table_schema = {schema} AND table_name = '{table.name}'"


def describe(table: Table) -> tuple[str, ...]:
    """Queries for what is there: rows of a name and a description of it."""
    tables = tuple(each for each, _, _ in _tables(table))
    return (
        *map(_describe_table, tables),
        *map(_describe_columns, tables),
        *map(_describe_keys, tables),
        _describe_version(table),
    )


def _describe_table(table: Table) -> str:
    return f"SELECT 'engine of {table.name}', engine FROM information_schema.tables {_where(table)}"


def _describe_columns(table: Table) -> str:
    return (
        f"SELECT CONCAT('column {table.name}.', column_name), CONCAT(data_type,"
        " IF(data_type LIKE '%binary', CONCAT('(', character_maximum_length, ')'), ''),"
        " IF(data_type = 'datetime', CONCAT('(', datetime_precision, ')'), ''),"
        " IF(is_nullable = 'NO', ' NOT NULL', ''),"
        " IF(extra LIKE '%auto_increment%', ' AUTO_INCREMENT', ''))"
        f" FROM information_schema.columns {_where(table)}"
    )


def _describe_keys(table: Table) -> str:
    return (
        f"SELECT CONCAT('index {table.name}.', index_name), CONCAT(IF(non_unique, '', 'UNIQUE '),"
        " GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', '))"
        f" FROM information_schema.statistics {_where(table)} GROUP BY index_name, non_unique"
    )


def _describe_version(table: Table) -> str:
    return (
        f"SELECT 'schema version of {table.name}', CAST(version AS CHAR)"
        f" FROM {quoted(table.versions)} WHERE table_name = '{table.name}'"
    )


def described(table: Table) -> dict[str, str]:
    """What `describe` must find."""
    found = {f"schema version of {table.name}": str(SCHEMA_VERSION)}
    for each, columns, keys in _tables(table):
        found[f"engine of {each.name}"] = "InnoDB"
        found |= {f"column {each.name}.{name}": kind for name, kind in columns.items()}
        found |= {f"index {each.name}.{name}": f"UNIQUE {', '.join(key)}" for name, key in keys.items()}
    return found
