"""Commands that move what is in a store: copy, export, import."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

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
from aett.core.commit import Commit
from aett.core.errors import InvalidCommit
from aett.operating import Diverged, compare
from aett.operating import copy as copied
from aett.operating.lines import commit_of, line_of


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
) -> None:
    """Write commits as JSON Lines, one a line, with their events as they are stored; `import` reads them again."""
    with ExitStack() as stack:
        stores = stack.enter_context(opened(url, table))
        out: BinaryIO = sys.stdout.buffer if to is None else stack.enter_context(to.open("wb"))
        for name in tenants_of(stores, tenant):
            with progress_through("exporting", stores, name) as seen:
                for commit in stores.commits.get_from(name):
                    out.write(line_of(commit) + b"\n")
                    seen(commit)
        out.flush()


def bring(
    url: Url,
    source: Annotated[
        Path | None, typer.Argument(metavar="FROM", help="A file; without one, the standard input.")
    ] = None,
    table: Table = None,
) -> None:
    """Append commits from JSON Lines, as `export` writes them. What is there already is passed over."""
    with ExitStack() as stack:
        stores = stack.enter_context(opened(url, table))
        lines: BinaryIO = sys.stdin.buffer if source is None else stack.enter_context(source.open("rb"))
        try:
            imported(stores, _commits(lines))
        except InvalidCommit as error:
            raise fail(str(error), MISUNDERSTOOD) from error


def _commits(lines: BinaryIO) -> Iterator[Commit]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                commit = commit_of(line)
            except InvalidCommit as error:
                raise InvalidCommit(f"line {number}: {error}") from error
            yield commit
