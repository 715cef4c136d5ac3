"""Commands that move what is in a store: copy, export, import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar

import typer

from aett.cli.asking import (
    FOUND_WRONG,
    MISUNDERSTOOD,
    Table,
    Tenant,
    Url,
    fail,
    opened,
    progress_through,
    tenants_of,
    told,
)
from aett.cli.importing import imported
from aett.core.errors import InvalidCommit, InvalidIdentifier
from aett.operating import Diverged, append, commit_of, compare, line_of
from aett.operating import copy as copied
from aett.operating.cloud_events import append_cloud_events, cloud_event_of, cloud_events_of

A = TypeVar("A")

CloudEvents = Annotated[bool, typer.Option("--cloudevents", help="CloudEvents 1.0 in JSON, one a line.")]


def copy(
    source: Annotated[str, typer.Argument(help="The URL of the store that is read.")],
    target: Annotated[str, typer.Argument(help="The URL of the store that is written.")],
    table: Annotated[str | None, typer.Option(help="Of the source's commits.")] = None,
    target_table: Annotated[str | None, typer.Option(help="Of the target's commits.")] = None,
    tenant: Tenant = None,
    compares: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Read both afterwards, and compare them.")
    ] = True,
) -> None:
    """Copy logs from a store of any engine to another: ids, stamps, headers, order, and events byte by byte.

    The target is made ready first. A copy that was interrupted goes on where it was when it is repeated.
    """
    with opened(source, table) as one, opened(target, target_table) as other:
        other.management.initialize()
        for name in tenants_of(one, tenant):
            try:
                with progress_through("copying", one, name) as seen:
                    found = copied(one.commits, other.commits, name, seen)
                if compares:
                    with progress_through("comparing", one, name) as seen:
                        compare(one.commits, other.commits, name, seen)
            except Diverged as error:
                raise fail(str(error), FOUND_WRONG) from error
            told.print(f"{name}: {found.written} copied, {found.known} there before", markup=False)


def export(
    url: Url,
    to: Annotated[Path | None, typer.Argument(help="A file; without one, the standard output.")] = None,
    table: Table = None,
    tenant: Tenant = None,
    cloudevents: CloudEvents = False,
) -> None:
    """Write commits as JSON Lines, with their events as they are stored; `import` reads them again.

    A line is a commit; with --cloudevents, an event as a CloudEvent in JSON.
    """
    with ExitStack() as stack:
        stores = stack.enter_context(opened(url, table))
        out: BinaryIO = sys.stdout.buffer if to is None else stack.enter_context(to.open("wb"))
        for name in tenants_of(stores, tenant):
            with progress_through("exporting", stores, name) as seen:
                for commit in stores.commits.get_from(name):
                    some = cloud_events_of(commit) if cloudevents else (line_of(commit),)
                    out.writelines(each + b"\n" for each in some)
                    seen(commit)
        out.flush()


def bring(
    url: Url,
    source: Annotated[
        Path | None, typer.Argument(metavar="FROM", help="A file; without one, the standard input.")
    ] = None,
    table: Table = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", envvar="AETT_TENANT", help="Whose log events of others become.")
    ] = None,
    cloudevents: CloudEvents = False,
) -> None:
    """Append commits from JSON Lines, as `export` writes them. What is there already is passed over.

    With --cloudevents, lines are CloudEvents in JSON, of `export` or of others: one of others becomes a commit of
    its own, on the stream that is its subject, or else its source.
    """
    with ExitStack() as stack:
        stores = stack.enter_context(opened(url, table))
        lines: BinaryIO = sys.stdin.buffer if source is None else stack.enter_context(source.open("rb"))
        try:
            if cloudevents:
                imported(stores, _read(lines, cloud_event_of), partial(append_cloud_events, tenant_id=tenant))
            else:
                imported(stores, _read(lines, commit_of), append)
        except (InvalidCommit, InvalidIdentifier) as error:
            raise fail(str(error), MISUNDERSTOOD) from error


def _read(lines: BinaryIO, read: Callable[[bytes], A]) -> Iterator[A]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found = read(line)
            except InvalidCommit as error:
                raise InvalidCommit(f"line {number}: {error}") from error
            yield found
