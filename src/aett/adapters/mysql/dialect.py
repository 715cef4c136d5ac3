"""Tables and statements that MySQL 8 and MariaDB both take."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from aett.adapters.mysql.schema import (
    barrier_of,
    create,
    describe,
    described,
    drop,
    quoted,
)
from aett.adapters.sql.barrier import REST, QueuedBarrier
from aett.adapters.sql.dialect import SNAPSHOT_COLUMNS, Dialect
from aett.adapters.sql.gathering import GROUP_SIZE
from aett.adapters.sql.naming import Table, table_named
from aett.adapters.sql.probe import UNCOMMITTED, Probe
from aett.adapters.sql.statement import Parameters, Together
from aett.adapters.store.record import WRITTEN

MAX_COMMIT_SIZE: Final = 7_000_000
"""Bytes: bytes may take twice as many characters, and a packet of the server's holds 16 MiB by default."""

_LONGEST_NAME: Final = 64 - len("_snapshots")
_ROOM: Final = 65_536
"""Bytes of a statement besides what its writer chose."""

_BYTES: Final = ("commit_id", "headers", "events", "commands")
_STREAM: Final = "tenant_id = :tenant_id AND stream_id = :stream_id"


def dialect(table: str, max_commit_size: int = MAX_COMMIT_SIZE) -> Dialect:
    """The statements for a commits table of this name, its snapshots table and its barrier."""
    commits = table_named(table, _LONGEST_NAME)
    barrier = barrier_of(commits)
    registers = quoted(commits.registers)
    return Dialect(
        commits=quoted(commits),
        snapshots=quoted(commits.snapshots),
        max_commit_size=max_commit_size,
        append=_append(commits),
        append_together=_append_together(commits),
        ready=f"SELECT 1 FROM {quoted(barrier)} WHERE id = 1",
        registers=registers,
        add_register=(
            f"INSERT INTO {registers} (tenant_id, name, version, payload)"
            " VALUES (:tenant_id, :name, :version, :payload)"
        ),
        put_register=(
            f"UPDATE {registers} SET version = :version, payload = :payload WHERE tenant_id = :tenant_id"
            " AND name = :name AND version = :old_version"
        ),
        remove_register=(
            f"DELETE FROM {registers} WHERE tenant_id = :tenant_id AND name = :name AND version = :old_version"
        ),
        add_snapshot=(
            f"REPLACE INTO {quoted(commits.snapshots)} ({', '.join(SNAPSHOT_COLUMNS)})"
            f" VALUES ({', '.join(f':{name}' for name in SNAPSHOT_COLUMNS)})"
        ),
        refuse=(_refuse(max_commit_size),),
        create=create(commits),
        describe=describe(commits),
        described=described(commits),
        drop=drop(commits),
        alone=(f"SELECT id FROM {quoted(barrier)} WHERE id = 1 FOR UPDATE",),
        barrier=_barrier(commits),
        read=_as_text,
    )


def _as_text(column: str) -> str:
    return f"CONVERT({column} USING utf8mb4) AS {column}"


def _append(table: Table) -> str:
    """The barrier's lock comes before the number is drawn: the insert is fed by it."""
    commits = quoted(table)
    return (
        f"INSERT INTO {commits} ({', '.join(WRITTEN)}) SELECT {', '.join(f':{name}' for name in WRITTEN)}"
        f" FROM {quoted(barrier_of(table))} WHERE id = 1"
        f" AND (:commit_sequence = 1 OR EXISTS (SELECT 1 FROM {commits} WHERE {_STREAM}"
        " AND commit_sequence = :previous_sequence AND stream_revision = :previous_revision"
        # Locked, it is seen as it is now: a snapshot may be older than a purge that was waited for.
        " LOCK IN SHARE MODE))"
        # Who comes too late draws no number.
        f" AND NOT EXISTS (SELECT 1 FROM {commits} WHERE {_STREAM} AND commit_sequence = :commit_sequence)"
        " LOCK IN SHARE MODE"
    )


def _given(batch: Sequence[Parameters]) -> Parameters:
    return {f"{name}_{number}": each[name] for number, each in enumerate(batch) for name in WRITTEN}


def _append_together(table: Table) -> Together:
    """As `_append`, of several records; `g` has a row for each."""
    commits, columns = quoted(table), ", ".join(WRITTEN)
    stream = "c.tenant_id = g.tenant_id AND c.stream_id = g.stream_id"

    def row(number: int) -> str:
        # Drivers do not say which of their literals are bytes: in a derived table they would become text.
        values = (
            f"CAST(:{name}_{number} AS BINARY)" if name in _BYTES else f":{name}_{number}" for name in WRITTEN
        )
        return ", ".join(f"{value} AS {name}" for value, name in zip(values, WRITTEN, strict=True))

    def rows(count: int) -> str:
        return " UNION ALL ".join(f"SELECT {row(number)}" for number in range(count))

    def text(count: int) -> str:
        return (
            # Who waits for a transaction that is held does not keep the others waiting: MariaDB can be told.
            "/*M!100100 SET STATEMENT innodb_lock_wait_timeout = 1 FOR */"
            f" INSERT INTO {commits} ({columns}) SELECT {', '.join(f'g.{name}' for name in WRITTEN)}"
            f" FROM {quoted(barrier_of(table))} AS b, ({rows(count)}) AS g WHERE b.id = 1"
            f" AND (g.commit_sequence = 1 OR EXISTS (SELECT 1 FROM {commits} AS c WHERE {stream}"
            " AND c.commit_sequence = g.commit_sequence - 1 AND c.stream_revision = g.first_revision - 1"
            " LOCK IN SHARE MODE))"
            f" AND NOT EXISTS (SELECT 1 FROM {commits} AS c WHERE {stream}"
            " AND c.commit_sequence = g.commit_sequence) LOCK IN SHARE MODE"
            f" /*M!100500 RETURNING {_as_text('tenant_id')}, {_as_text('stream_id')}, checkpoint */"
        )

    def found(count: int) -> str:
        return (
            "SELECT CONVERT(c.tenant_id USING utf8mb4), CONVERT(c.stream_id USING utf8mb4), c.checkpoint"
            f" FROM ({rows(count)}) AS g, {commits} AS c WHERE {stream} AND c.commit_id = g.commit_id"
        )

    return Together(lru_cache(GROUP_SIZE)(text), _given, lru_cache(GROUP_SIZE)(found))


def _barrier(table: Table) -> QueuedBarrier:
    commits, settled = quoted(table), quoted(table.settled)
    return QueuedBarrier(
        look=(
            f"SELECT (SELECT COALESCE(MAX(checkpoint), 0) FROM {commits} WHERE tenant_id = :tenant_id),"
            f" (SELECT COALESCE(MAX(checkpoint), 0) FROM {commits}),"
            f" COALESCE((SELECT settled FROM {settled} WHERE id = 1), 0),"
            f" COALESCE((SELECT {_lately('rested')} FROM {settled} WHERE id = 1), 0),"
            " CASE WHEN @@global.read_only THEN 'this server is read-only, a replica: its log would skip what"
            " the primary shows later; follow the log on the primary' END"
        ),
        # Writers queue behind this: MariaDB bounds the wait by the first comment, MySQL by the second.
        passed=(
            "/*M!100100 SET STATEMENT max_statement_time = 0.1 FOR */ SELECT /*+ MAX_EXECUTION_TIME(100) */ id"
            f" FROM {quoted(barrier_of(table))} WHERE id = 1 FOR UPDATE"
        ),
        glimpsed=f"SELECT id FROM {quoted(barrier_of(table))} WHERE id = 1 FOR UPDATE NOWAIT",
        note=(
            f"UPDATE {settled} SET settled = :settled, noted = UTC_TIMESTAMP(3)"
            f" WHERE id = 1 AND settled < :settled AND NOT {_lately('noted')}"
        ),
        rest=f"UPDATE {settled} SET rested = UTC_TIMESTAMP(3) WHERE id = 1",
    )


def _lately(column: str) -> str:
    """Whether that was within `REST`; a clock that was put back is no reason to wait longer."""
    return f"({column} BETWEEN UTC_TIMESTAMP(3) - INTERVAL {REST} SECOND AND UTC_TIMESTAMP(3))"


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
