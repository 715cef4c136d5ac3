"""Microsoft SQL Server's tables and statements, in plain T-SQL.

Identifiers are UTF-8 in VARBINARY: even under a binary collation T-SQL takes 'a' and 'a ' for equal.
No statement rests on a table hint: what has to exclude each other does so by `sp_getapplock`, whose
return code is looked at, and by unique keys.
"""

from __future__ import annotations

from typing import Final

from aett.adapters.mssql.schema import (
    CHECKPOINT,
    COMMITS,
    DEMAND,
    REGISTERS,
    SNAPSHOT_KEYS,
    SNAPSHOTS,
    WRITERS_WAIT,
    bare,
    create,
    describe,
    described,
    drop,
    lock,
    object_id,
    quoted,
)
from aett.adapters.sql.barrier import REST, QueuedBarrier
from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.probe import UNCOMMITTED, Probe
from aett.adapters.store.record import WRITTEN

MAX_COMMIT_SIZE: Final = 256_000_000
"""Bytes; VARBINARY(MAX) holds 2 GiB, but a commit is also held in memory, more than once."""

_LONGEST_NAME: Final = 128 - len("_snapshots_pkey")
_READERS_WAIT: Final = 100
"""Milliseconds: writers queue behind a reader that waits for the exclusive lock."""


def dialect(table: str, max_commit_size: int = MAX_COMMIT_SIZE) -> Dialect:
    """The statements for a commits table of this name and its snapshots table."""
    commits = table_named(table, _LONGEST_NAME)
    snapshots = commits.snapshots
    return Dialect(
        commits=quoted(commits),
        snapshots=quoted(snapshots),
        max_commit_size=max_commit_size,
        append=_append(commits),
        registers=quoted(commits.registers),
        add_register=_register(
            f"INSERT INTO {quoted(commits.registers)} (tenant_id, name, version, payload)"
            " VALUES (@tenant_id, @name, @version, @payload)",
            ("tenant_id", "name", "version", "payload"),
        ),
        put_register=_register(
            f"UPDATE {quoted(commits.registers)} SET version = @version, payload = @payload WHERE {_CELL}",
            ("tenant_id", "name", "version", "payload", "old_version"),
        ),
        remove_register=_register(
            f"DELETE FROM {quoted(commits.registers)} WHERE {_CELL}", ("tenant_id", "name", "old_version")
        ),
        add_snapshot=_add_snapshot(snapshots),
        refuse=(_REFUSE,),
        create=create(commits),
        describe=describe(commits),
        described=described(commits),
        drop=drop(commits),
        alone=(f"{lock(_resource(commits), 'Exclusive', WRITERS_WAIT)} {DEMAND}",),
        barrier=_barrier(commits),
        checkpoint=CHECKPOINT,
        limit="OFFSET 0 ROWS FETCH NEXT :page_size ROWS ONLY",
        recursive=False,
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


def _resource(table: Table) -> str:
    # Of the table's own id: `commits` and `dbo.commits` may be one table.
    return f"CONCAT(N'aett:', {object_id(table)})"


def _append(table: Table) -> str:
    """The barrier's lock comes before the number is drawn, in a statement before it."""
    commits = quoted(table)
    given = ", ".join(f"@{name}" for name in WRITTEN)
    stream = "tenant_id = @tenant_id AND stream_id = @stream_id"
    kinds = COMMITS | {"previous_sequence": "bigint NOT NULL", "previous_revision": "bigint NOT NULL"}
    declared = ", ".join(
        f"@{name} {kinds[name].removesuffix(' NOT NULL')} = :{name}"
        for name in (*WRITTEN, "previous_sequence", "previous_revision")
    )
    return (
        "SET NOCOUNT ON;"
        f" DECLARE {declared};"
        " DECLARE @joined INT = @@TRANCOUNT, @added INT;"
        " IF @joined = 0 BEGIN TRANSACTION;"
        f" {lock(_resource(table), 'Shared', WRITERS_WAIT)} {DEMAND}"
        f" BEGIN TRY INSERT INTO {commits} ({', '.join(WRITTEN)}) SELECT {given}"
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
    kinds = {bare(name): kind.removesuffix(" NOT NULL") for name, kind in SNAPSHOTS.items()}
    values = ", ".join(f"@{name}" for name in kinds)
    declared = ", ".join(f"@{name} {kind} = :{name}" for name, kind in kinds.items())
    changes = ", ".join(f"{name} = @{bare(name)}" for name in SNAPSHOTS if name not in SNAPSHOT_KEYS["pkey"])
    return (
        "SET NOCOUNT ON;"
        f" DECLARE {declared};"
        f" UPDATE {quoted(table)} SET {changes}"
        f" WHERE {' AND '.join(f'{name} = @{name}' for name in SNAPSHOT_KEYS['pkey'])};"
        f" IF @@ROWCOUNT = 0 INSERT INTO {quoted(table)} ({', '.join(SNAPSHOTS)}) VALUES ({values});"
    )


_CELL: Final = "tenant_id = @tenant_id AND name = @name AND version = @old_version"


def _register(text: str, names: tuple[str, ...]) -> str:
    """The statement, and 1 if it has changed a row; a key that was taken is a refusal."""
    kinds = REGISTERS | {"old_version": REGISTERS["version"]}
    declared = ", ".join(f"@{name} {kinds[name].removesuffix(' NOT NULL')} = :{name}" for name in names)
    return (
        f"SET NOCOUNT ON; DECLARE {declared}, @changed INT;"
        f" BEGIN TRY {text}; SET @changed = @@ROWCOUNT; END TRY BEGIN CATCH SET @changed = 0;"
        " IF ERROR_NUMBER() NOT IN (2627, 2601) THROW; END CATCH;"
        " SELECT CASE WHEN @changed = 1 THEN 1 END;"
    )


def _barrier(table: Table) -> QueuedBarrier:
    commits, settled = quoted(table), quoted(table.settled)
    return QueuedBarrier(
        look=(
            f"SELECT COALESCE((SELECT MAX({CHECKPOINT}) FROM {commits} WHERE tenant_id = :tenant_id), 0),"
            f" COALESCE((SELECT MAX({CHECKPOINT}) FROM {commits}), 0),"
            f" COALESCE((SELECT settled FROM {settled} WHERE id = 1), 0),"
            f" (SELECT COUNT(*) FROM {settled} WHERE id = 1 AND {_lately('rested')}),"
            " CASE WHEN CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS VARCHAR(20)) = 'READ_ONLY'"
            " THEN 'this database is read-only, a secondary: its log would skip what the primary shows later;"
            " follow the log on the primary' END"
        ),
        passed=_passed(table, _READERS_WAIT),
        glimpsed=_passed(table, 0, if_free=True),
        note=(
            f"UPDATE {settled} SET settled = :settled, noted = SYSUTCDATETIME()"
            f" WHERE id = 1 AND settled < :settled AND NOT {_lately('noted')}"
        ),
        rest=f"UPDATE {settled} SET rested = SYSUTCDATETIME() WHERE id = 1",
    )


def _passed(table: Table, milliseconds: int, *, if_free: bool = False) -> str:
    return (
        f"SET NOCOUNT ON; BEGIN TRANSACTION; {lock(_resource(table), 'Exclusive', milliseconds, if_free=if_free)}"
        " COMMIT TRANSACTION; SELECT @code;"
    )


def _lately(column: str) -> str:
    """Whether that was within `REST`; a clock that was put back is no reason to wait longer."""
    return f"({column} BETWEEN DATEADD(second, -{REST}, SYSUTCDATETIME()) AND SYSUTCDATETIME())"


_REFUSE: Final = (
    "SELECT 'this database is read-only' WHERE"
    " CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS VARCHAR(20)) = 'READ_ONLY'"
    # Otherwise readers would wait for every transaction that has appended, and is idle.
    " UNION ALL SELECT CONCAT('readers must not wait for writers: ALTER DATABASE [', name,"
    " '] SET READ_COMMITTED_SNAPSHOT ON') FROM sys.databases"
    " WHERE name = DB_NAME() AND is_read_committed_snapshot_on = 0"
)
