"""Tables and statements that MySQL 8 and MariaDB both take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aett.adapters.sql.barrier import QueuedBarrier
from aett.adapters.sql.dialect import SNAPSHOT_COLUMNS, Dialect
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.probe import UNCOMMITTED, Probe
from aett.adapters.store.record import COLUMNS

SCHEMA_VERSION: Final = 1
MAX_COMMIT_SIZE: Final = 7_000_000
"""Bytes: bytes may take twice as many characters, and a packet of the server's holds 16 MiB by default."""

_LONGEST_NAME: Final = 64 - len("_snapshots")
_ROOM: Final = 65_536
"""Bytes of a statement besides what its writer chose."""

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
_BARRIER: Final = {"id": "tinyint NOT NULL"}
_BARRIER_KEYS: Final = {"PRIMARY": ("id",)}
_VERSIONS: Final = {"table_name": "varbinary(64) NOT NULL", "version": "bigint NOT NULL"}

_STREAM: Final = "tenant_id = :tenant_id AND stream_id = :stream_id"


def dialect(table: str, max_commit_size: int = MAX_COMMIT_SIZE) -> Dialect:
    """The statements for a commits table of this name, its snapshots table and its barrier."""
    commits = table_named(table, _LONGEST_NAME)
    barrier = _barrier_of(commits)
    tables = (commits, commits.snapshots, barrier)
    return Dialect(
        commits=_quoted(commits),
        snapshots=_quoted(commits.snapshots),
        max_commit_size=max_commit_size,
        append=_append(commits),
        ready=f"SELECT 1 FROM {_quoted(barrier)} WHERE id = 1",
        add_snapshot=(
            f"REPLACE INTO {_quoted(commits.snapshots)} ({', '.join(SNAPSHOT_COLUMNS)})"
            f" VALUES ({', '.join(f':{name}' for name in SNAPSHOT_COLUMNS)})"
        ),
        refuse=(_refuse(max_commit_size),),
        create=_create(commits),
        describe=(
            *map(_describe_table, tables),
            *map(_describe_columns, tables),
            *map(_describe_keys, tables),
            _describe_version(commits),
        ),
        described=_described(commits),
        drop=_drop(commits),
        alone=(f"SELECT id FROM {_quoted(barrier)} WHERE id = 1 FOR UPDATE",),
        barrier=_barrier(commits),
        read=_as_text,
    )


def _quoted(table: Table) -> str:
    return table.quoted("`")


def _as_text(column: str) -> str:
    return f"CONVERT({column} USING utf8mb4) AS {column}"


def _barrier_of(table: Table) -> Table:
    return Table(table.schema, f"{table.name}_barrier")


def _append(table: Table) -> str:
    """The barrier's lock comes before the number is drawn: the insert is fed by it."""
    commits = _quoted(table)
    columns = [name for name in COLUMNS if name != "checkpoint"]
    return (
        f"INSERT INTO {commits} ({', '.join(columns)}) SELECT {', '.join(f':{name}' for name in columns)}"
        f" FROM {_quoted(_barrier_of(table))} WHERE id = 1"
        f" AND (:commit_sequence = 1 OR EXISTS (SELECT 1 FROM {commits} WHERE {_STREAM}"
        " AND commit_sequence = :previous_sequence AND stream_revision = :previous_revision"
        # Locked, it is seen as it is now: a snapshot may be older than a purge that was waited for.
        " LOCK IN SHARE MODE))"
        # Who comes too late draws no number.
        f" AND NOT EXISTS (SELECT 1 FROM {commits} WHERE {_STREAM} AND commit_sequence = :commit_sequence)"
        " LOCK IN SHARE MODE"
    )


def _barrier(table: Table) -> QueuedBarrier:
    return QueuedBarrier(
        newest=(
            f"SELECT (SELECT COALESCE(MAX(checkpoint), 0) FROM {_quoted(table)} WHERE tenant_id = :tenant_id),"
            " CASE WHEN @@global.read_only THEN 'this server is read-only, a replica: its log would skip what"
            " the primary shows later; follow the log on the primary' END"
        ),
        # Writers queue behind this: MariaDB bounds the wait by the first comment, MySQL by the second.
        passed=(
            "/*M!100100 SET STATEMENT max_statement_time = 0.1 FOR */ SELECT /*+ MAX_EXECUTION_TIME(100) */ id"
            f" FROM {_quoted(_barrier_of(table))} WHERE id = 1 FOR UPDATE"
        ),
    )


PROBE: Final = Probe(
    text=(
        "SELECT CONVERT(CAST(:text AS BINARY) USING utf8mb4), CAST(:text AS BINARY), CAST(:bytes AS BINARY),"
        " CAST(:empty AS BINARY), CAST(:large AS SIGNED), CAST(:small AS SIGNED),"
        # Each server sees one of these: MySQL has no tx_isolation any more, old MariaDB no transaction_isolation.
        " CASE WHEN /*M!100100 @@tx_isolation */ /*!80000 @@transaction_isolation */ = 'READ-UNCOMMITTED'"
        f" THEN '{UNCOMMITTED}' END"
    ),
    settings="charset, use_unicode, converters and sql_mode",
)


def _refuse(max_commit_size: int) -> str:
    packet = 2 * max_commit_size + _ROOM
    return (
        "SELECT 'auto_increment_increment must be 1: several primaries (as in Galera) number out of order'"
        " FROM DUAL WHERE @@global.auto_increment_increment <> 1"
        " UNION ALL SELECT 'this server is read-only' FROM DUAL WHERE @@global.read_only"
        f" UNION ALL SELECT CONCAT('max_allowed_packet is ', @@global.max_allowed_packet, ', but commits of"
        f" {max_commit_size} bytes may need {packet}: raise it, or give a lower max_commit_size')"
        f" FROM DUAL WHERE @@global.max_allowed_packet < {packet}"
    )


def _create(table: Table) -> tuple[str, ...]:
    barrier, versions = _barrier_of(table), table.versions
    return (
        _create_table(table, _COMMITS, _KEYS),
        _create_table(table.snapshots, _SNAPSHOTS, _SNAPSHOT_KEYS),
        _create_table(barrier, _BARRIER, _BARRIER_KEYS),
        f"INSERT INTO {_quoted(barrier)} VALUES (1) ON DUPLICATE KEY UPDATE id = id",
        _create_table(versions, _VERSIONS, {"PRIMARY": ("table_name",)}),
        _note_version(table),
    )


def _note_version(table: Table) -> str:
    return (
        f"INSERT INTO {_quoted(table.versions)} VALUES ('{table.name}', {SCHEMA_VERSION})"
        " ON DUPLICATE KEY UPDATE version = version"
    )


def _create_table(table: Table, columns: Mapping[str, str], keys: Mapping[str, tuple[str, ...]]) -> str:
    parts = [f"{name} {kind}" for name, kind in columns.items()]
    for name, key in keys.items():
        kind = "PRIMARY KEY" if name == "PRIMARY" else f"UNIQUE KEY {name}"
        parts.append(f"{kind} ({', '.join(key)})")
    return f"CREATE TABLE IF NOT EXISTS {_quoted(table)} ({', '.join(parts)}) ENGINE = InnoDB"


def _drop(table: Table) -> tuple[str, ...]:
    versions = table.versions
    return (
        *(f"DROP TABLE IF EXISTS {_quoted(each)}" for each in (table, table.snapshots, _barrier_of(table))),
        _create_table(versions, _VERSIONS, {"PRIMARY": ("table_name",)}),
        f"DELETE FROM {_quoted(versions)} WHERE table_name = '{table.name}'",
    )


def _where(table: Table) -> str:
    schema = "DATABASE()" if table.schema is None else f"'{table.schema}'"
    return f"WHERE table_schema = {schema} AND table_name = '{table.name}'"


def _describe_table(table: Table) -> str:
    return f"SELECT 'engine of {table.name}', engine FROM information_schema.tables {_where(table)}"


def _describe_columns(table: Table) -> str:
    return (
        f"SELECT CONCAT('column {table.name}.', column_name), CONCAT(data_type,"
        " IF(data_type LIKE '%binary', CONCAT('(', character_maximum_length, ')'), ''),"
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
        f" FROM {_quoted(table.versions)} WHERE table_name = '{table.name}'"
    )


def _described(table: Table) -> dict[str, str]:
    """What `describe` must find."""
    found = {f"schema version of {table.name}": str(SCHEMA_VERSION)}
    for each, columns, keys in (
        (table, _COMMITS, _KEYS),
        (table.snapshots, _SNAPSHOTS, _SNAPSHOT_KEYS),
        (_barrier_of(table), _BARRIER, _BARRIER_KEYS),
    ):
        found[f"engine of {each.name}"] = "InnoDB"
        found |= {f"column {each.name}.{name}": kind for name, kind in columns.items()}
        found |= {f"index {each.name}.{name}": f"UNIQUE {', '.join(key)}" for name, key in keys.items()}
    return found
