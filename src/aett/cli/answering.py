"""How a command answers: a table for who looks at it, one JSON object a line for a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aett.core.commit import Commit
from aett.core.stored_event import StoredEvent
from aett.operating.lines import line_of

AsJson = Annotated[
    bool | None,
    typer.Option("--json/--no-json", help="JSON Lines, or a table; by default JSON, unless a terminal shows it."),
]

CONSOLE: Final = Console()


def wants_json(said: bool | None) -> bool:
    """Whether the answer goes into a pipe."""
    return not CONSOLE.is_terminal if said is None else said


def line(answer: object) -> None:
    """One line of JSON."""
    raw(msgspec.json.encode(answer))


def raw(encoded: bytes) -> None:
    """One line that is JSON already."""
    sys.stdout.buffer.write(encoded + b"\n")
    sys.stdout.buffer.flush()


def rows(answers: Iterable[Mapping[str, Any]], as_json: bool | None) -> int:
    """All of these, as lines or as a table; how many there were."""
    count = 0
    if wants_json(as_json):
        for count, each in enumerate(answers, 1):  # noqa: B007  # how many there were
            line(each)
        return count
    table: Table | None = None
    for count, each in enumerate(answers, 1):  # noqa: B007
        table = table or Table(*each)
        table.add_row(*(Text(_shown(value)) for value in each.values()))
    if table is not None:
        CONSOLE.print(table)
    return count


def commits(found: Iterable[Commit], as_json: bool | None) -> int:
    """Each commit, or each of its events; how many commits there were."""
    count = 0
    as_lines = wants_json(as_json)
    for count, commit in enumerate(found, 1):  # noqa: B007
        if as_lines:
            raw(line_of(commit))
        else:
            events(commit)
    return count


def events(commit: Commit, indexes: Iterable[int] | None = None) -> None:
    """A line for each event, for who looks at it."""
    stamp = f"{commit.commit_stamp:%Y-%m-%d %H:%M:%S}"
    for index in range(len(commit.events)) if indexes is None else indexes:
        message = commit.events[index]
        body = message.body
        if isinstance(body, StoredEvent):
            parts = (
                (f"{commit.checkpoint or '-':>6} ", "dim"),
                f"{stamp} ",
                (printable(commit.stream_id), "cyan"),
                (f"@{commit.first_revision + index} ", "dim"),
                (printable(body.topic), "bold"),
                ("" if body.version == 1 else f" v{body.version}", "dim"),
                f" {printable(body.body.decode(errors='replace'))}",
                (f" {_shown(dict(message.headers))}" if message.headers else "", "dim"),
            )
            CONSOLE.print(Text.assemble(*parts), soft_wrap=True)


def printable(text: str) -> str:
    """The text, with escapes for what would move a terminal's cursor, or paint it."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _shown(value: object) -> str:
    if value is None:
        return ""
    return printable(value if isinstance(value, str) else msgspec.json.encode(value).decode())
