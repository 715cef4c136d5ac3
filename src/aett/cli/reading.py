"""Commands that look: tenants, streams, show, tail, stats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Annotated, Any

import typer

from aett.application.following.iterating import Wanted, follow
from aett.cli import answering
from aett.cli.answering import AsJson
from aett.cli.asking import FOUND_WRONG, Table, Tenant, Url, fail, opened, progress_through, tenant_of, tenants_of
from aett.core.commit import Commit
from aett.core.number import MAX_REVISION
from aett.core.recorded import Recorded
from aett.core.stored_event import StoredEvent
from aett.operating import count
from aett.operating import streams as streams_of
from aett.operating.lines import embedded

Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="So many at most.")]


def tenants(url: Url, table: Table = None, as_json: AsJson = None) -> None:
    """List the tenants that have a log, and where each log ends."""
    with opened(url, table) as stores:
        ends = ((tenant, stores.commits.tail(tenant)) for tenant in stores.commits.tenants())
        answering.rows(
            ({"tenant_id": tenant, "newest": end.newest, "settled": end.settled} for tenant, end in ends), as_json
        )


def streams(
    url: Url,
    prefix: Annotated[str, typer.Argument(help="Of the streams' names.")] = "",
    table: Table = None,
    tenant: Tenant = None,
    limit: Limit = None,
    as_json: AsJson = None,
) -> None:
    """List the streams: how long each is, and when it was written. It reads the whole log."""
    with opened(url, table) as stores:
        found = streams_of(stores.commits, tenant_of(stores, tenant), prefix)
        answering.rows(
            (
                {
                    "stream_id": each.stream_id,
                    "revision": each.revision,
                    "commits": each.commits,
                    "first": each.first.isoformat(),
                    "last": each.last.isoformat(),
                }
                for each in islice(found, limit)
            ),
            as_json,
        )


def show(
    url: Url,
    stream: Annotated[str, typer.Argument(help="The stream's name.")],
    table: Table = None,
    tenant: Tenant = None,
    revision: Annotated[
        int | None, typer.Option("--revision", "-r", min=1, help="Up to this event, as it was then.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option("--at", help="Up to this time, in UTC, as in 2026-01-31T12:00:00.")
    ] = None,
    backwards: Annotated[bool, typer.Option("--backwards", "-b", help="The newest commit first.")] = False,
    limit: Limit = None,
    as_json: AsJson = None,
) -> None:
    """Show a stream's commits and their events."""
    with opened(url, table) as stores:
        place = tenant_of(stores, tenant), stream
        if at is not None:
            found: Iterator[Commit] = stores.commits.get_to(*place, at.replace(tzinfo=at.tzinfo or UTC))
            if backwards:
                found = reversed(list(found))
            found = islice(found, limit)
        else:
            found = stores.commits.get(
                *place, max_revision=revision or MAX_REVISION, backwards=backwards, limit=limit
            )
        if not answering.commits(found, as_json):
            raise fail(f"there is no stream {stream!r}, or nothing of it so early", FOUND_WRONG)


def tail(
    url: Url,
    table: Table = None,
    tenant: Tenant = None,
    topics: Annotated[
        list[str] | None, typer.Option("--topic", help="Only events of this topic; may be said again.")
    ] = None,
    stream: Annotated[str, typer.Option("--stream", help="Only streams whose names begin so.")] = "",
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="Begin with so many commits.")] = 10,
    after: Annotated[int | None, typer.Option("--after", min=0, help="Begin after this checkpoint.")] = None,
    waits: Annotated[bool, typer.Option("--follow/--no-follow", "-f", help="Wait for more at the end.")] = True,
    as_json: AsJson = None,
) -> None:
    """Show the end of a tenant's log, and what comes: one line for each event."""
    with opened(url, table) as stores:
        name = tenant_of(stores, tenant)
        begin = after if after is not None else _before_the_last(stores.commits, name, last)
        if waits:
            found = follow(stores.commits, name, begin, stream_prefix=stream)
        else:
            found = chain.from_iterable(map(Wanted(None, stream).of, stores.commits.get_from(name, begin)))
        for each in found:
            if not topics or getattr(each.event, "topic", None) in topics:
                _tell(each, as_json)


def _before_the_last(commits: Any, tenant: str, last: int) -> int:
    if not last:
        return int(commits.tail(tenant).settled)
    found = list(commits.get_from(tenant, backwards=True, limit=last + 1))
    return (found[last].checkpoint or 0) if len(found) > last else 0


def _tell(each: Recorded[Any], as_json: bool | None) -> None:
    if not answering.wants_json(as_json):
        answering.events(each.commit, [each.index])
    elif isinstance(each.event, StoredEvent):
        answering.line(
            {
                "checkpoint": each.checkpoint,
                "stream_id": each.stream_id,
                "revision": each.revision,
                "stamp": each.stamp.isoformat(),
                "commit_id": each.commit.commit_id,
                "topic": each.event.topic,
                "version": each.event.version,
                "body": embedded(each.event.body),
                "headers": dict(each.headers),
            }
        )


def stats(
    url: Url,
    table: Table = None,
    tenant: Tenant = None,
    by_day: Annotated[bool, typer.Option("--by-day", help="Events of each day, not of each topic.")] = False,
    as_json: AsJson = None,
) -> None:
    """Count the events of each topic, with the bytes of their bodies; or of each day. It reads the whole log."""
    with opened(url, table) as stores:
        for name in tenants_of(stores, tenant):
            with progress_through("counting", stores, name) as seen:
                counted = count(stores.commits, name, seen)
            if by_day:
                days = sorted(counted.days.items())
                answering.rows(
                    ({"tenant_id": name, "day": day.isoformat(), "events": found} for day, found in days), as_json
                )
            else:
                answering.rows(
                    (
                        {"tenant_id": name, "topic": topic, "events": found, "bytes": counted.bodies[topic]}
                        for topic, found in counted.topics.most_common()
                    ),
                    as_json,
                )
