"""Commands that keep a store: init, verify, purge."""

from __future__ import annotations

from typing import Annotated

import typer

from aett.cli import answering
from aett.cli.answering import AsJson
from aett.cli.asking import (
    FOUND_WRONG,
    Table,
    Tenant,
    Url,
    fail,
    map_named,
    opened,
    progress_through,
    tenant_of,
    tenants_of,
    told,
)
from aett.operating import verify as verified


def init(url: Url, table: Table = None) -> None:
    """Create what the store needs, and verify what is there. It may be repeated, and changes no events."""
    with opened(url, table) as stores:
        stores.management.initialize()
        told.print("ready")


def verify(
    url: Url,
    table: Table = None,
    tenant: Tenant = None,
    topics: Annotated[
        str | None,
        typer.Option("--topics", help="A TopicMap, as package.module:TOPICS, to decode every event by."),
    ] = None,
    as_json: AsJson = None,
) -> None:
    """Read everything, and say what is wrong with it: gaps, disorder, what cannot be decoded."""
    found_wrong = False
    with opened(url, table, map_named(topics)) as stores:
        for name in tenants_of(stores, tenant):
            with progress_through("verifying", stores, name) as seen:
                found = verified(stores.commits, name, seen)
            answering.rows(
                [
                    {
                        "tenant_id": name,
                        "commits": found.commits,
                        "events": found.events,
                        "streams": found.streams,
                        "problems": list(found.problems),
                    }
                ],
                as_json,
            )
            found_wrong = found_wrong or bool(found.problems)
    if found_wrong:
        raise typer.Exit(FOUND_WRONG)


def purge(
    url: Url,
    stream: Annotated[
        str | None, typer.Argument(help="The stream to remove; without one, everything of the tenant.")
    ] = None,
    table: Table = None,
    tenant: Tenant = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a stream, or everything of a tenant, for ever."""
    with opened(url, table) as stores:
        name = tenant_of(stores, tenant)
        if stream is not None and not stores.commits.head(name, stream).exists:
            raise fail(f"there is no stream {stream!r}", FOUND_WRONG)
        what = f"tenant {name!r}" if stream is None else f"stream {stream!r} of tenant {name!r}"
        if not yes:
            typer.confirm(f"Remove {what} for ever?", abort=True, err=True)
        if stream is None:
            stores.management.purge(name)
        else:
            stores.management.purge_stream(name, stream)
        told.print(f"removed {what}", markup=False)
