"""A dialect: what one SQL engine is told, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final

from attrs import frozen

from aett.adapters.sql.barrier import Barrier
from aett.adapters.sql.copying import Copying
from aett.adapters.sql.statement import Together
from aett.adapters.store.record import COLUMNS

TABLE: Final = "commits"
"""The commits table, unless a store is told otherwise; its snapshots table has `_snapshots` appended."""

SNAPSHOT_COLUMNS: Final = (
    "tenant_id",
    "stream_id",
    "stream_revision",
    "commit_sequence",
    "checkpoint",
    "fingerprint",
    "payload",
)

_NAMES: Final = ("tenant_id", "stream_id")
_TEXTS: Final = (*_NAMES, "name", "fingerprint")


@frozen(kw_only=True)
class Dialect:
    """An engine's statements for one commits table and its snapshots table.

    Parameters are named, as `:name`; where a statement gives commits, its columns are those of `Record`.
    """

    commits: str
    """The commits table, quoted."""

    snapshots: str
    """The snapshots table, quoted."""

    max_commit_size: int
    """Bytes of headers, events and commands that one row holds."""

    append: str
    """Insert a record if its predecessor is there and its own place and id are free; gives the
    checkpoint, or no row. Parameters: the fields of `Record`, `previous_sequence`, `previous_revision`."""

    append_together: Together | None = None
    """If there is such a statement: the same for several records of different streams, as `Append.together`."""

    copying: Copying | None = None
    """If rows can be copied into the table."""

    ready: str | None = None
    """If given: rows, without which `append` would insert nothing, and it would look like a refusal."""

    registers: str
    """The registers table, quoted."""

    add_register: str
    """Insert one, or nothing if it is there. Parameters: `tenant_id`, `name`, `version`, `payload`."""

    put_register: str
    """Change the one of this `old_version`. Parameters besides: those of `add_register`."""

    remove_register: str
    """Delete the one of this `old_version`. Parameters besides: `tenant_id`, `name`."""

    add_snapshot: str
    """Insert or replace one. Parameters: `SNAPSHOT_COLUMNS`."""

    prepare: tuple[str, ...] = ()
    """What goes before the tables, each statement by itself; each may be repeated."""

    refuse: tuple[str, ...] = ()
    """Queries whose rows are reasons why this server cannot keep the laws."""

    proof: tuple[str, ...] = ()
    """Statements of one transaction, the last of which gives rows if the server's locks are what they must be."""

    create: tuple[str, ...]
    """Create what is absent; each may be repeated."""

    describe: tuple[str, ...]
    """Queries for what is there: rows of a name and a description of it."""

    described: Mapping[str, str]
    """The descriptions that must be among those rows."""

    drop: tuple[str, ...]
    """Remove what is present; each may be repeated."""

    alone: tuple[str, ...] = ()
    """What a purge does first, in its transaction, to be without writers beside it."""

    barrier: Barrier | None = None
    """None if commits become visible in the order of their checkpoints anyway."""

    written: Callable[[str], str] = str
    """An identifier's parameter as its column wants it."""

    read: Callable[[str], str] = str
    """A column of text, as text."""

    plain: Callable[[str], str] = str
    """Any other column, as it is."""

    checkpoint: str = "checkpoint"
    """The column of checkpoints, quoted where its name is a word of the language."""

    limit: str = "LIMIT :page_size"
    """What ends a query for at most so many rows."""

    recursive: bool = True
    """Whether a recursive query may look a row up in each turn; if not, tenants are found by `SELECT DISTINCT`."""

    @property
    def stream(self) -> str:
        """The condition of being one stream's."""
        return " AND ".join(self._is(name) for name in _NAMES)

    @cached_property
    def find(self) -> str:
        """By `tenant_id`, `stream_id`, `commit_id`."""
        return f"{self._select} WHERE {self.stream} AND commit_id = :commit_id"

    @cached_property
    def stream_page(self) -> str:
        """Of `tenant_id`, `stream_id`: at most `page_size` commits with revisions of `low` to `high`, in order."""
        return (
            f"{self._select} WHERE {self.stream} AND stream_revision >= :low AND first_revision <= :high"
            f" ORDER BY stream_revision {self.limit}"
        )

    @cached_property
    def stream_back(self) -> str:
        """Of `tenant_id`, `stream_id`: at most `page_size` commits that end at `low` to `high`, newest first."""
        return (
            f"{self._select} WHERE {self.stream} AND stream_revision BETWEEN :low AND :high"
            f" ORDER BY stream_revision DESC {self.limit}"
        )

    @cached_property
    def head(self) -> str:
        """Of `tenant_id`, `stream_id`: the last commit's `stream_revision`, `commit_sequence` and `checkpoint`."""
        columns = self._columns(("stream_revision", "commit_sequence", "checkpoint"))
        return (
            f"SELECT {columns} FROM {self.commits} WHERE {self.stream} ORDER BY stream_revision DESC"
            f" {self.limit.replace(':page_size', '1')}"
        )

    @cached_property
    def newest(self) -> str:
        """The highest checkpoint of `tenant_id` that is visible; 0 if there is none."""
        return f"SELECT COALESCE(MAX({self.checkpoint}), 0) FROM {self.commits} WHERE {self._is('tenant_id')}"

    @cached_property
    def tenants(self) -> str:
        """At most `page_size` tenants, in order, those after `tenant_id`, which may be empty."""
        name, after = self.read("tenant_id"), self.written(":tenant_id")
        if not self.recursive:
            return (
                f"SELECT DISTINCT {name} FROM {self.commits} WHERE tenant_id > {after}"
                f" ORDER BY tenant_id {self.limit}"
            )
        # From one to the next in the index: a tenant's commits are many.
        following = f"(SELECT MIN(tenant_id) FROM {self.commits} WHERE tenant_id > %s)"
        return (
            f"WITH RECURSIVE tenants (tenant_id) AS (SELECT {following % after} UNION ALL"
            f" SELECT {following % 'tenants.tenant_id'} FROM tenants WHERE tenants.tenant_id IS NOT NULL)"
            f" SELECT {name} FROM tenants WHERE tenant_id IS NOT NULL {self.limit}"
        )

    @cached_property
    def log_page(self) -> str:
        """Of `tenant_id`: at most `page_size` commits with checkpoints after `after`, up to `upto`, in order."""
        return self._log("")

    @cached_property
    def log_page_to(self) -> str:
        """As `log_page`, but only those stamped at or before `max_stamp`."""
        return self._log(" AND commit_stamp <= :max_stamp")

    @cached_property
    def log_back(self) -> str:
        """As `log_page`, newest first."""
        return self._log("", "DESC ")

    @cached_property
    def find_register(self) -> str:
        """Of `tenant_id` and `name`: version and payload."""
        columns = self._columns(("version", "payload"))
        return f"SELECT {columns} FROM {self.registers} WHERE {self._is('tenant_id')} AND {self._is('name')}"

    @cached_property
    def register_names(self) -> str:
        """Of `tenant_id`: at most `page_size` names, in order, from `prefix` on and after `after`."""
        return (
            f"SELECT {self.read('name')} FROM {self.registers} WHERE {self._is('tenant_id')}"
            f" AND name >= {self.written(':prefix')} AND name > {self.written(':after')}"
            f" ORDER BY {self.registers}.name {self.limit}"
        )

    @cached_property
    def find_snapshot(self) -> str:
        """Of `tenant_id`, `stream_id`: the newest at or below `max_revision`, its columns `SNAPSHOT_COLUMNS`."""
        return (
            f"SELECT {self._columns(SNAPSHOT_COLUMNS)} FROM {self.snapshots} WHERE {self.stream}"
            " AND stream_revision <= :max_revision ORDER BY stream_revision DESC"
            f" {self.limit.replace(':page_size', '1')}"
        )

    @cached_property
    def purge(self) -> tuple[str, ...]:
        """Delete a tenant's rows, by `tenant_id`."""
        every = (*self._tables, self.registers)
        return tuple(f"DELETE FROM {each} WHERE {self._is('tenant_id')}" for each in every)

    @cached_property
    def purge_stream(self) -> tuple[str, ...]:
        """Delete a stream's rows, by `tenant_id` and `stream_id`."""
        return tuple(f"DELETE FROM {each} WHERE {self.stream}" for each in self._tables)

    @property
    def _tables(self) -> tuple[str, str]:
        return self.commits, self.snapshots

    @property
    def _select(self) -> str:
        return f"SELECT {self._columns(COLUMNS)} FROM {self.commits}"

    def _log(self, more: str, order: str = "") -> str:
        return (
            f"{self._select} WHERE {self._is('tenant_id')} AND {self.checkpoint} > :after"
            f" AND {self.checkpoint} <= :upto{more} ORDER BY {self.checkpoint} {order}{self.limit}"
        )

    def _is(self, name: str) -> str:
        return f"{name} = {self.written(f':{name}')}"

    def _columns(self, names: tuple[str, ...]) -> str:
        return ", ".join(
            self.read(name) if name in _TEXTS else self.plain(self.checkpoint if name == "checkpoint" else name)
            for name in names
        )
