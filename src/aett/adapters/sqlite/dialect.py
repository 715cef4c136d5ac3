"""SQLite's tables and statements."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from typing import Final

from aett.adapters.sql.dialect import SNAPSHOT_COLUMNS, Dialect
from aett.adapters.sql.statement import Parameters, Together
from aett.adapters.store.record import WRITTEN

SCHEMA_VERSION: Final = 2
MAX_COMMIT_SIZE: Final = 999_000_000
"""Bytes: SQLite's own bound for a row, 10^9, less what else stands in it."""

# AUTOINCREMENT, so that a checkpoint is never given again, not even after a purge.
_COMMITS: Final = {
    "checkpoint": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "tenant_id": "TEXT NOT NULL",
    "stream_id": "TEXT NOT NULL",
    "commit_sequence": "INTEGER NOT NULL",
    "first_revision": "INTEGER NOT NULL",
    "stream_revision": "INTEGER NOT NULL",
    "commit_id": "BLOB NOT NULL",
    "commit_stamp": "INTEGER NOT NULL",
    "headers": "BLOB NOT NULL",
    "events": "BLOB NOT NULL",
    "commands": "BLOB NOT NULL",
}
# A commit is appended behind its stream's last one, by a statement that no other writer comes between: a stream
# needs no key of its sequences besides. Each key costs a page that is written.
_INDEXES: Final = {
    "revision": ("UNIQUE", ("tenant_id", "stream_id", "stream_revision")),
    "commit_id": ("UNIQUE", ("tenant_id", "stream_id", "commit_id")),
    "log": ("", ("tenant_id", "checkpoint")),
}
_SNAPSHOTS: Final = {
    "tenant_id": "TEXT NOT NULL",
    "stream_id": "TEXT NOT NULL",
    "stream_revision": "INTEGER NOT NULL",
    "commit_sequence": "INTEGER NOT NULL",
    "checkpoint": "INTEGER",
    "fingerprint": "TEXT NOT NULL",
    "payload": "BLOB NOT NULL",
}
_SNAPSHOT_KEY: Final = ("tenant_id", "stream_id", "stream_revision")

_REGISTERS: Final = {
    "tenant_id": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "payload": "BLOB NOT NULL",
}
_REGISTER_KEY: Final = ("tenant_id", "name")

_VERSIONS: Final = "main.aett_schema"


def dialect(table: str, max_commit_size: int = MAX_COMMIT_SIZE) -> Dialect:
    """The statements for a commits table of this name and its snapshots table."""
    if not table or "\0" in table or table.lower().startswith("sqlite_"):
        raise ValueError(f"{table!r} cannot be a table's name in SQLite")
    commits, snapshots, registers = (_place(f"{table}{each}") for each in ("", "_snapshots", "_registers"))
    return Dialect(
        commits=commits,
        snapshots=snapshots,
        max_commit_size=max_commit_size,
        append=_append(commits),
        append_together=_append_together(commits),
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
        add_snapshot=(
            f"INSERT OR REPLACE INTO {snapshots} ({', '.join(SNAPSHOT_COLUMNS)})"
            f" VALUES ({', '.join(f':{name}' for name in SNAPSHOT_COLUMNS)})"
        ),
        prepare=("PRAGMA journal_mode = WAL",),
        create=_create(table),
        describe=(
            *(_describe_columns(each) for each in (table, f"{table}_snapshots", f"{table}_registers")),
            _describe_indexes(table),
            _describe_version(table),
        ),
        described=_described(table),
        drop=(
            f"DROP TABLE IF EXISTS {commits}",
            f"DROP TABLE IF EXISTS {snapshots}",
            f"DROP TABLE IF EXISTS {_place(f'{table}_registers')}",
            f"CREATE TABLE IF NOT EXISTS {_VERSIONS} (table_name TEXT PRIMARY KEY, version INTEGER NOT NULL)",
            f"DELETE FROM {_VERSIONS} WHERE table_name = {literal(table)}",
        ),
        read=_undeclared,
        plain=_undeclared,
    )


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _place(name: str) -> str:
    """The name in the database itself: another that is attached, or a temporary table, may have it, too."""
    return f"main.{quoted(name)}"


def literal(text: str) -> str:
    """The text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _undeclared(column: str) -> str:
    """The column's value; it has no declared type, so no converter of the caller's takes it (`detect_types`)."""
    return f"+{column}"


def _append(commits: str) -> str:
    return (
        f"INSERT INTO {commits} ({', '.join(WRITTEN)}) SELECT {', '.join(f':{name}' for name in WRITTEN)}"
        f" WHERE {_follows(commits, ':')}"
        " ON CONFLICT DO NOTHING RETURNING +checkpoint"
    )


def _follows(commits: str, given: str) -> str:
    """Whether a commit follows its stream's last one, or is the first. given: how its columns' names begin."""
    return (
        "COALESCE((SELECT"
        f" c.commit_sequence = {given}commit_sequence - 1 AND c.stream_revision = {given}first_revision - 1"
        f" FROM {commits} AS c WHERE c.tenant_id = {given}tenant_id AND c.stream_id = {given}stream_id"
        f" ORDER BY c.stream_revision DESC LIMIT 1), {given}commit_sequence = 1 AND {given}first_revision = 1)"
    )


def _append_together(commits: str) -> Together:
    """As `_append`, of several records, all of them or, with an error, none; they are numbered in their order.

    It is one statement, and gives no rows: other threads run while SQLite works, and it never waits for them.
    There are few texts: what is missing to a power of two is filled up with rows that are left out.
    """
    columns = ", ".join(WRITTEN)
    guarded = columns.replace(
        "commit_sequence", f"CASE WHEN {_follows(commits, 'g.')} THEN commit_sequence END", 1
    )

    @lru_cache
    def text(count: int) -> str:
        row = ", ".join("?" * len(WRITTEN))
        rows = ", ".join(f"({number}, {row})" for number in range(count))
        return (
            f"INSERT INTO {commits} ({columns}) WITH g(number, {columns}) AS (VALUES {rows})"
            f" SELECT {guarded} FROM g WHERE number < ? ORDER BY number"
        )

    def parameters(batch: Sequence[Parameters]) -> Sequence[object]:
        filling = repeat(None, (_filled(len(batch)) - len(batch)) * len(WRITTEN))
        return [*(each[name] for each in batch for name in WRITTEN), *filling, len(batch)]

    return Together(lambda count: text(_filled(count)), parameters)


def _filled(count: int) -> int:
    """The power of two that is not less."""
    return 1 << (count - 1).bit_length()


def _create(table: str) -> tuple[str, ...]:
    commits, snapshots = _place(table), _place(f"{table}_snapshots")
    return (
        f"CREATE TABLE IF NOT EXISTS {commits} ({_columns(_COMMITS)})",
        *(
            f"CREATE {kind} INDEX IF NOT EXISTS {_place(f'{table}_{name}')}"
            f" ON {quoted(table)} ({', '.join(columns)})"
            for name, (kind, columns) in _INDEXES.items()
        ),
        _create_keyed(snapshots, _SNAPSHOTS, _SNAPSHOT_KEY),
        _create_keyed(_place(f"{table}_registers"), _REGISTERS, _REGISTER_KEY),
        f"CREATE TABLE IF NOT EXISTS {_VERSIONS} (table_name TEXT PRIMARY KEY, version INTEGER NOT NULL)",
        _note_version(table),
    )


def _create_keyed(place: str, columns: dict[str, str], key: tuple[str, ...]) -> str:
    primary = f"PRIMARY KEY ({', '.join(key)})"
    return f"CREATE TABLE IF NOT EXISTS {place} ({_columns(columns)}, {primary}) WITHOUT ROWID"


def _note_version(table: str) -> str:
    return (
        f"INSERT INTO {_VERSIONS} VALUES ({literal(table)}, {SCHEMA_VERSION})"
        " ON CONFLICT DO UPDATE SET version = MAX(version, excluded.version)"
    )


def _columns(columns: dict[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _describe_columns(table: str) -> str:
    return (
        f"SELECT 'column ' || {literal(table)} || '.' || name,"
        """ type || iif("notnull", ' NOT NULL', '') || iif(pk, ' KEY ' || pk, '')"""
        f" FROM pragma_table_xinfo({literal(table)}, 'main')"
    )


def _describe_indexes(table: str) -> str:
    return (
        "SELECT 'index ' || i.name,"
        """ iif(i."unique", 'UNIQUE ', '') || iif(i.partial, 'PARTIAL ', '') || group_concat(i.part, ', ')"""
        """ FROM (SELECT l.name, l."unique", l.partial, x.name || ' ' || x.coll AS part"""
        f" FROM pragma_index_list({literal(table)}, 'main') AS l, pragma_index_xinfo(l.name, 'main') AS x"
        " WHERE x.key ORDER BY l.name, x.seqno) AS i GROUP BY i.name"
    )


def _describe_version(table: str) -> str:
    return (
        f"SELECT 'schema version of ' || table_name, CAST(version AS TEXT) FROM {_VERSIONS}"
        f" WHERE table_name = {literal(table)} UNION ALL"
        f" SELECT 'table ' || name, iif(sql LIKE '% AUTOINCREMENT%', 'AUTOINCREMENT', '')"
        f" FROM main.sqlite_master WHERE type = 'table' AND name = {literal(table)}"
    )


def _described(table: str) -> dict[str, str]:
    """What `describe` must find."""
    return {
        f"table {table}": "AUTOINCREMENT",
        f"column {table}.checkpoint": "INTEGER KEY 1",
        **{f"column {table}.{name}": kind for name, kind in list(_COMMITS.items())[1:]},
        **{
            f"index {table}_{name}": " ".join(
                filter(None, (kind, ", ".join(f"{each} BINARY" for each in columns)))
            )
            for name, (kind, columns) in _INDEXES.items()
        },
        **_described_keyed(f"{table}_snapshots", _SNAPSHOTS, _SNAPSHOT_KEY),
        **_described_keyed(f"{table}_registers", _REGISTERS, _REGISTER_KEY),
        f"schema version of {table}": str(SCHEMA_VERSION),
    }


def _described_keyed(table: str, columns: dict[str, str], key: tuple[str, ...]) -> dict[str, str]:
    keys = {name: f" KEY {number}" for number, name in enumerate(key, 1)}
    return {f"column {table}.{name}": kind + keys.get(name, "") for name, kind in columns.items()}
