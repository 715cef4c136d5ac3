"""`python -m benchmarks [CASE]`: run the cases whose name holds this, print a table, and write it as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tests.servers.server import Unavailable

from benchmarks import appending, growing, importing, peers, reading, requesting
from benchmarks.case import ROUNDS, Result, result, rounds
from benchmarks.places import Places

CASES = (*appending.CASES, *importing.CASES, *reading.CASES, *requesting.CASES, *growing.CASES, *peers.CASES)
CONSOLE = Console()


def main(
    case: Annotated[str, typer.Argument(help="run those whose name holds this")] = "",
    count: Annotated[int, typer.Option("--rounds", help="of each case")] = ROUNDS,
    to: Annotated[Path, typer.Option("--json", help="where the table is written, too")] = Path(".bench.json"),
) -> None:
    """What aett costs beside the bare drivers, in one run: ratios, for absolute figures mean nothing."""
    chosen = [each for each in CASES if case.lower() in each.name.lower()]
    results = list[Result]()
    with Places() as places, Progress(console=CONSOLE, transient=True) as progress:
        task = progress.add_task("", total=len(chosen) * count)
        for each in chosen:
            progress.update(task, description=each.name)
            found = list[tuple[float, float]]()
            try:
                for both in rounds(each, places, count):
                    found.append(both)
                    progress.advance(task)
            except Unavailable as reason:
                progress.console.print(f"{each.name}: {reason}")
                continue
            results.append(result(each, found))
            progress.console.print(_line(results[-1]))
    CONSOLE.print(_table(results))
    to.write_text(json.dumps({"cases": [attrs.asdict(each) for each in results]}, indent=2) + "\n")


def _line(found: Result) -> str:
    if found.lower_is_better:
        return f"{found.case}: {found.ratio:.2f}"
    return f"{found.case}: {found.ratio:.2f} ({found.aett:,.0f} a second, {found.baseline:,.0f})"


def _table(results: list[Result]) -> Table:
    table = Table("case", "against", "ratio", "target", "")
    for each in results:
        target = "" if each.target is None else f"{each.target:g}"
        sign = {True: "reached", False: "missed", None: ""}[each.reached]
        table.add_row(each.case, each.against, f"{each.ratio:.2f}", target, sign)
    return table


if __name__ == "__main__":
    typer.run(main)
