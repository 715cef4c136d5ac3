"""A dialect: what one SQL engine is told, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen


@frozen(kw_only=True)
class Dialect:
    """An engine's statements for one commits table and its snapshots table.

    Parameters are named; where a statement gives commits, its columns are those of `Record`.
    """

    max_commit_size: int
    """Bytes of headers, events and commands that one row holds."""

    append: str
    """Insert a record if its predecessor is there and its own place and id are free; gives the
    checkpoint, or no row. Parameters: the fields of `Record`, `previous_sequence`, `previous_revision`."""

    find: str
    """By `tenant_id`, `stream_id`, `commit_id`."""

    stream_page: str
    """Of `tenant_id`, `stream_id`: at most `page_size` commits with revisions of `low` to `high`, in order."""

    log_page: str
    """Of `tenant_id`: at most `page_size` commits after the checkpoint `after`, in order."""

    log_page_to: str
    """As `log_page`, but only those stamped at or before `max_stamp`."""

    find_snapshot: str
    """Of `tenant_id`, `stream_id`: the newest at or below `max_revision`, its columns in `SNAPSHOT_COLUMNS`."""

    add_snapshot: str
    """Insert or replace one."""

    prepare: tuple[str, ...]
    """What goes before the tables, each statement by itself; each may be repeated."""

    create: tuple[str, ...]
    """Create what is absent; each may be repeated."""

    describe: tuple[str, ...]
    """Queries for what is there: rows of a name and a description of it."""

    described: Mapping[str, str]
    """The descriptions that must be among those rows."""

    drop: tuple[str, ...]
    """Remove what is present; each may be repeated."""

    purge: tuple[str, ...]
    """Delete a tenant's rows, by `tenant_id`."""

    purge_stream: tuple[str, ...]
    """Delete a stream's rows, by `tenant_id` and `stream_id`."""


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
