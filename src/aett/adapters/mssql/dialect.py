"""Microsoft SQL Server's tables and statements, in plain T-SQL.

Identifiers are UTF-8 in VARBINARY: even under a binary collation T-SQL takes 'a' and 'a ' for equal.
No statement rests on a table hint: what has to exclude each other does so by `sp_getapplock`, whose
return code is looked at, and by unique keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aett.adapters.sql.barrier import QueuedBarrier
from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.probe import UNCOMMITTED, Probe
from aett.adapters.store.record import COLUMNS

SCHEMA_VERSION: Final = 1
MAX_COMMIT_SIZE: Final = 256_000_000
"""Bytes; VARBINARY(MAX) holds 2 GiB, but a commit is also held in memory, more than once."""

_LONGEST_NAME: Final = 128 - len("_snapshots_pkey")
_WRITERS_WAIT: Final = 30_000
_READERS_WAIT: Final = 100
"""Milliseconds: writers queue behind a reader that waits for the exclusive lock."""

_CHECKPOINT: Final = "[checkpoint]"
"""A word of T-SQL's own."""

_COMMITS: Final = {
    _CHECKPOINT: "bigint NOT NULL IDENTITY",
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
    "pkey": (_CHECKPOINT,),
    "log": ("tenant_id", _CHECKPOINT),
    "sequence": ("tenant_id", "stream_id", "commit_sequence"),
    "revision": ("tenant_id", "stream_id", "stream_revision"),
    "commit_id": ("tenant_id", "stream_id", "commit_id"),
}
_SNAPSHOTS: Final = {
    "tenant_id": "varbinary(64) NOT NULL",
    "stream_id": "varbinary(255) NOT NULL",
    "stream_revision": "bigint NOT NULL",
    "commit_sequence": "bigint NOT NULL",
    _CHECKPOINT: "bigint",
    "fingerprint": "varbinary(255) NOT NULL",
    "payload": "varbinary(max) NOT NULL",
}
_SNAPSHOT_KEYS: Final = {"pkey": ("tenant_id", "stream_id", "stream_revision")}
_VERSIONS: Final = {"table_name": "varchar(128) NOT NULL", "version": "bigint NOT NULL"}
_VERSION_KEYS: Final = {"pkey": ("table_name",)}


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
        create=_create(commits),
        describe=(
            _describe_columns(commits),
            _describe_columns(snapshots),
            _describe_keys(commits),
            _describe_keys(snapshots),
            _describe_version(commits),
        ),
        described=_described(commits),
        drop=_drop(commits),
        alone=(f"{_lock(_resource(commits), 'Exclusive', _WRITERS_WAIT)} {_DEMAND}",),
        barrier=_barrier(commits),
        checkpoint=_CHECKPOINT,
        limit="OFFSET 0 ROWS FETCH NEXT :page_size ROWS ONLY",
    )


PROBE: Final = Probe(
    text=(
        # What is called fingerprint is read as text.
        "SELECT :text AS fingerprint, CAST(:text AS VARBINARY(MAX)), CAST(:bytes AS VARBINARY(MAX)),"
        " CAST(:empty AS VARBINARY(MAX)), CAST(:large AS BIGINT), CAST(:small AS BIGINT),"
        " CASE WHEN EXISTS (SELECT 1 FROM sys.dm_exec_sessions"
        " WHERE session_id = @@SPID AND transaction_isolation_level = 1)"
        f" THEN '{UNCOMMITTED}' END"
    ),
    settings="output converters",
)


def _quoted(table: Table) -> str:
    return table.quoted("[]")


def _object_id(table: Table) -> str:
    return f"OBJECT_ID(N'{_quoted(table)}')"


def _resource(table: Table) -> str:
    # Of the table's own id: `commits` and `dbo.commits` may be one table.
    return f"CONCAT(N'aett:', {_object_id(table)})"


def _lock(resource: str, mode: str, milliseconds: int) -> str:
    return (
        f"DECLARE @resource NVARCHAR(255) = {resource}, @code INT;"
        f" EXEC @code = sp_getapplock @Resource = @resource, @LockMode = '{mode}',"
        f" @LockOwner = 'Transaction', @LockTimeout = {milliseconds};"
    )


_ANY_TABLE: Final = "N'aett'"
_DEMAND: Final = "IF @code < 0 BEGIN RAISERROR('the lock of the log was not had in time', 16, 1); RETURN; END;"


_ALONE: Final = f"{_lock(_ANY_TABLE, 'Exclusive', _WRITERS_WAIT)} {_DEMAND}"


def _append(table: Table) -> str:
    """The barrier's lock comes before the number is drawn, in a statement before it."""
    commits = _quoted(table)
    columns = [name for name in COLUMNS if name != "checkpoint"]
    given = ", ".join(f"@{name}" for name in columns)
    stream = "tenant_id = @tenant_id AND stream_id = @stream_id"
    kinds = _COMMITS | {"previous_sequence": "bigint NOT NULL", "previous_revision": "bigint NOT NULL"}
    declared = ", ".join(
        f"@{name} {kinds[name].removesuffix(' NOT NULL')} = :{name}"
        for name in (*columns, "previous_sequence", "previous_revision")
    )
    return (
        "SET NOCOUNT ON;"
        f" DECLARE {declared};"
        " DECLARE @joined INT = @@TRANCOUNT, @added INT;"
        " IF @joined = 0 BEGIN TRANSACTION;"
        f" {_lock(_resource(table), 'Shared', _WRITERS_WAIT)} {_DEMAND}"
        f" BEGIN TRY INSERT INTO {commits} ({', '.join(columns)}) SELECT {given}"
        f" WHERE (@commit_sequence = 1 OR EXISTS (SELECT 1 FROM {commits} WHERE {stream}"
        " AND commit_sequence = @previous_sequence AND stream_revision = @previous_revision))"
        # Who comes too late draws no number.
        f" AND NOT EXISTS (SELECT 1 FROM {commits} WHERE {stream} AND commit_sequence = @commit_sequence);"
        " SET @added = @@ROWCOUNT; END TRY"
        # A duplicate key is a refusal; anything else goes on, with nothing left open.
        " BEGIN CATCH SET @added = 0;"
        " IF ERROR_NUMBER() NOT IN (2627, 2601) BEGIN IF @joined = 0 ROLLBACK TRANSACTION; THROW; END;"
        " END CATCH;"
        " IF @joined = 0 BEGIN IF XACT_STATE() = -1 ROLLBACK TRANSACTION ELSE COMMIT TRANSACTION; END;"
        " SELECT CASE WHEN @added = 1 THEN CAST(SCOPE_IDENTITY() AS BIGINT) END;"
    )


def _add_snapshot(table: Table) -> str:
    kinds = {_bare(name): kind.removesuffix(" NOT NULL") for name, kind in _SNAPSHOTS.items()}
    values = ", ".join(f"@{name}" for name in kinds)
    declared = ", ".join(f"@{name} {kind} = :{name}" for name, kind in kinds.items())
    changes = ", ".join(f"{name} = @{_bare(name)}" for name in _SNAPSHOTS if name not in _SNAPSHOT_KEYS["pkey"])
    return (
        "SET NOCOUNT ON;"
        f" DECLARE {declared};"
        f" UPDATE {_quoted(table)} SET {changes}"
        f" WHERE {' AND '.join(f'{name} = @{name}' for name in _SNAPSHOT_KEYS['pkey'])};"
        f" IF @@ROWCOUNT = 0 INSERT INTO {_quoted(table)} ({', '.join(_SNAPSHOTS)}) VALUES ({values});"
    )


def _bare(name: str) -> str:
    return name.strip("[]")


def _barrier(table: Table) -> QueuedBarrier:
    return QueuedBarrier(
        newest=(
            f"SELECT COALESCE((SELECT MAX({_CHECKPOINT}) FROM {_quoted(table)} WHERE tenant_id = :tenant_id), 0),"
            " CASE WHEN CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS VARCHAR(20)) = 'READ_ONLY'"
            " THEN 'this database is read-only, a secondary: its log would skip what the primary shows later;"
            " follow the log on the primary' END"
        ),
        passed=(
            "SET NOCOUNT ON; BEGIN TRANSACTION;"
            f" {_lock(_resource(table), 'Exclusive', _READERS_WAIT)}"
            " COMMIT TRANSACTION; SELECT @code;"
        ),
    )


_REFUSE: Final = (
    "SELECT 'this database is read-only' WHERE"
    " CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS VARCHAR(20)) = 'READ_ONLY'"
    # Otherwise readers would wait for every transaction that has appended, and is idle.
    " UNION ALL SELECT CONCAT('readers must not wait for writers: ALTER DATABASE [', name,"
    " '] SET READ_COMMITTED_SNAPSHOT ON') FROM sys.databases"
    " WHERE name = DB_NAME() AND is_read_committed_snapshot_on = 0"
)


def _create(table: Table) -> tuple[str, ...]:
    commits, snapshots, versions = table, table.snapshots, table.versions
    return (
        _ALONE,  # many may create at once
        _create_table(commits, _COMMITS, _KEYS),
        _create_table(snapshots, _SNAPSHOTS, _SNAPSHOT_KEYS),
        _create_table(versions, _VERSIONS, _VERSION_KEYS),
        _note_version(table),
    )


def _note_version(table: Table) -> str:
    versions = _quoted(table.versions)
    return (
        f"INSERT INTO {versions} (table_name, version) SELECT '{table.name}', {SCHEMA_VERSION}"
        f" WHERE NOT EXISTS (SELECT 1 FROM {versions} WHERE table_name = '{table.name}')"
    )


def _create_table(table: Table, columns: Mapping[str, str], keys: Mapping[str, tuple[str, ...]]) -> str:
    parts = [f"{name} {kind}" for name, kind in columns.items()]
    for name, key in keys.items():
        kind = "PRIMARY KEY" if name == "pkey" else "UNIQUE"
        parts.append(f"CONSTRAINT [{table.name}_{name}] {kind} ({', '.join(key)})")
    return f"IF {_object_id(table)} IS NULL CREATE TABLE {_quoted(table)} ({', '.join(parts)})"


def _drop(table: Table) -> tuple[str, ...]:
    versions = table.versions
    return (
        _ALONE,
        f"DROP TABLE IF EXISTS {_quoted(table)}",
        f"DROP TABLE IF EXISTS {_quoted(table.snapshots)}",
        _create_table(versions, _VERSIONS, _VERSION_KEYS),
        f"DELETE FROM {_quoted(versions)} WHERE table_name = '{table.name}'",
    )


def _describe_columns(table: Table) -> str:
    return (
        f"SELECT CONCAT('column {table.name}.', c.name), CONCAT(t.name,"
        " CASE WHEN t.name = 'varbinary' THEN CONCAT('(', CASE c.max_length WHEN -1 THEN 'max'"
        " ELSE CAST(c.max_length AS VARCHAR(10)) END, ')') ELSE '' END,"
        " CASE WHEN c.is_nullable = 0 THEN ' NOT NULL' ELSE '' END,"
        " CASE WHEN c.is_identity = 1 THEN ' IDENTITY' ELSE '' END)"
        " FROM sys.columns AS c JOIN sys.types AS t ON t.user_type_id = c.user_type_id"
        f" WHERE c.object_id = {_object_id(table)}"
    )


def _describe_keys(table: Table) -> str:
    return (
        "SELECT CONCAT('key ', i.name), CONCAT(CASE WHEN i.is_unique = 1 THEN 'UNIQUE ' ELSE '' END,"
        " STRING_AGG(c.name, ', ') WITHIN GROUP (ORDER BY x.key_ordinal))"
        " FROM sys.indexes AS i"
        " JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id"
        " JOIN sys.columns AS c ON c.object_id = i.object_id AND c.column_id = x.column_id"
        f" WHERE i.object_id = {_object_id(table)} GROUP BY i.name, i.is_unique"
    )


def _describe_version(table: Table) -> str:
    return (
        "SELECT CONCAT('schema version of ', table_name), CAST(version AS VARCHAR(20))"
        f" FROM {_quoted(table.versions)} WHERE table_name = '{table.name}'"
    )


def _described(table: Table) -> dict[str, str]:
    """What `describe` must find."""
    found = {f"schema version of {table.name}": str(SCHEMA_VERSION)}
    for each, columns, keys in ((table, _COMMITS, _KEYS), (table.snapshots, _SNAPSHOTS, _SNAPSHOT_KEYS)):
        found |= {f"column {each.name}.{_bare(name)}": kind for name, kind in columns.items()}
        found |= {f"key {each.name}_{name}": f"UNIQUE {', '.join(map(_bare, key))}" for name, key in keys.items()}
    return found
