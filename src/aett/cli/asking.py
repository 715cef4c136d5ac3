"""What every command is told, and how it comes to its store.

Statuses: 0, it is done; 1, what was looked for is not as it should be; 2, the command was not understood; 3, the
store cannot be reached, or has refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from itertools import islice
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from aett.connecting import Stores, connect
from aett.core.commit import Commit
from aett.core.errors import AettError
from aett.core.topic_map import TopicMap

STORED: Final = TopicMap.stored()
FOUND_WRONG: Final = 1
MISUNDERSTOOD: Final = 2
REFUSED: Final = 3

Url = Annotated[
    str,
    typer.Option(
        "--url",
        "-u",
        envvar="AETT_URL",
        help="Where the store is, as in sqlite:///events.db, postgresql://user@host/name, or s3://bucket/prefix.",
    ),
]
Table = Annotated[
    str | None,
    typer.Option(envvar="AETT_TABLE", help="Of the commits, if it is not the engine's usual one."),
]
Tenant = Annotated[
    str | None,
    typer.Option("--tenant", "-t", envvar="AETT_TENANT", help="Whose log; may be left out if there is one only."),
]

told: Final = Console(stderr=True)
"""Where everything is said that is not asked for: a pipe gets the answer alone."""


@contextmanager
def opened(url: str, table: str | None, topic_map: TopicMap = STORED) -> Generator[Stores]:
    """The stores of a place. What goes wrong with it is told, and ends the command."""
    with _telling():
        try:
            stores = connect(url, topic_map=topic_map, table=table)
        except (ValueError, TypeError, ModuleNotFoundError) as error:
            raise fail(str(error), MISUNDERSTOOD) from error
        with stores:
            yield stores


@contextmanager
def _telling() -> Generator[None]:
    try:
        yield
    except AettError as error:
        raise fail(f"{type(error).__name__}: {error}", REFUSED) from error
    except BrokenPipeError:  # who reads has had enough
        sys.stderr.close()
        raise typer.Exit from None


def fail(message: str, status: int) -> typer.Exit:
    """Say it, and end with this status."""
    told.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(status)


def tenants_of(stores: Stores, tenant: str | None) -> list[str]:
    """The tenant that is named, or all that there are."""
    return list(stores.commits.tenants()) if tenant is None else [tenant]


def tenant_of(stores: Stores, tenant: str | None) -> str:
    """The tenant that is named, or the only one that there is."""
    if tenant is not None:
        return tenant
    match list(islice(stores.commits.tenants(), 2)):
        case [only]:
            return only
        case []:
            raise fail("the store is empty", FOUND_WRONG)
        case _:
            raise fail("there are several tenants: name one by --tenant (aett tenants lists them)", MISUNDERSTOOD)


Seen = Callable[[Commit], object]


@contextmanager
def progress(what: str, end: Callable[[], int | None] = lambda: None) -> Generator[Seen]:
    """A bar, where somebody looks at it, moved by each commit: to its checkpoint, if `end` tells the last one."""
    if not told.is_terminal:
        yield lambda _: None
        return
    columns = (SpinnerColumn(), TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=told, transient=True) as bar:
        last = end()
        task = bar.add_task(what, total=last)
        yield lambda commit: bar.advance(task) if last is None else bar.update(task, completed=commit.checkpoint)


def progress_through(what: str, stores: Stores, tenant: str) -> AbstractContextManager[Seen]:
    """The same for who reads a tenant's log."""
    return progress(f"{what} {tenant}", lambda: stores.commits.tail(tenant).settled)


def named(name: str) -> Any:
    """What `package.module:attribute` names."""
    module, found, attribute = name.partition(":")
    sys.path.insert(0, "")  # as `python -m` has it: the caller's own modules
    try:
        return getattr(import_module(module), attribute) if found else None
    except (ImportError, AttributeError, ValueError) as error:
        raise fail(f"{name}: {error}", MISUNDERSTOOD) from error
    finally:
        sys.path.remove("")


def map_named(name: str | None) -> TopicMap:
    """The `TopicMap` of this name; without one, a map for those who know no classes."""
    if name is None:
        return STORED
    found = named(name)
    if not isinstance(found, TopicMap):
        raise fail(f"{name} is no TopicMap; one is named as in package.module:TOPICS", MISUNDERSTOOD)
    return found
