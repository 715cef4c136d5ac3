"""Commands that bring the history of other stores: import-3x, import-eventsourcing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from aett.cli import sources
from aett.cli.asking import FOUND_WRONG, Table, Url, fail, opened
from aett.cli.importing import imported
from aett.core.errors import InvalidCommit, InvalidIdentifier
from aett.operating.appending import append
from aett.operating.foreign import Told, commits_of, of_aett_3, of_eventsourcing

Source = Annotated[
    str,
    typer.Argument(metavar="FROM", help="Where it is: sqlite:///..., postgresql://..., mysql://..., s3://..."),
]


def import_3x(
    source: Source,
    url: Url,
    source_table: Annotated[str, typer.Option(help="Of the commits of 3.x; on S3 their folder.")] = "commits",
    table: Table = None,
) -> None:
    """Append the history of a store of aett 3.x, in its order; repeated, it brings what is new.

    Sequences and revisions are counted anew where they have gaps; the header `formerly` says what they were.
    """
    with sources.aett_3(source, source_table) as rows:
        _bring(url, table, of_aett_3(rows))


def import_eventsourcing(
    source: Source,
    url: Url,
    tenant: Annotated[str, typer.Option("--tenant", "-t", envvar="AETT_TENANT", help="Whose log it becomes.")],
    source_table: Annotated[str, typer.Option(help="Of the stored events.")] = "stored_events",
    table: Table = None,
) -> None:
    """Append the history of an application of eventsourcing, in its order; repeated, it brings what is new.

    Each event becomes a commit; its topic stays, its state becomes the body, and its originator the stream.
    """
    with sources.eventsourcing(source, source_table) as rows:
        _bring(url, table, of_eventsourcing(tenant, rows))


def _bring(url: str, table: str | None, history: Iterator[Told]) -> None:
    with opened(url, table) as stores:
        try:
            imported(stores, commits_of(history), append)
        except (InvalidCommit, InvalidIdentifier) as error:
            raise fail(str(error), FOUND_WRONG) from error
