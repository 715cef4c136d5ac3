"""How throughput and latency grow with the number of writers: a plot for each engine, as SVG, and percentiles.

`python -m benchmarks.scaling [FOLDER]`, by default `docs/plots`. Throughput is drawn as a ratio to that of one
bare writer, the median of so many turns; latency is that of a commit, from being asked for to its outcome.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from tests.servers.server import Unavailable

from benchmarks.appending import Database, by_tasks, mysql_unsafe, of, postgresql_unsafe, sqlite_by_tasks
from benchmarks.peers import environment
from benchmarks.places import Places

WRITERS: Final = (1, 2, 4, 8, 16, 32, 64, 128)
TURNS: Final = 3
MATPLOTLIB: Final = "matplotlib==3.10.8"
PERCENTILES: Final = (50, 90, 99, 99.9)

Bare = Callable[[Database, int], float]
BARE: Final[dict[str, tuple[str, Bare]]] = {
    "sqlite": ("the bare driver, one connection", sqlite_by_tasks),
    "postgresql": ("a plain insert, unsafe", postgresql_unsafe),
    "mysql": ("a plain insert, unsafe", mysql_unsafe),
}

Lines = dict[str, list[float]]


def measured(engine: str, places: Places) -> tuple[Lines, list[list[float]]]:
    """Throughput by the number of writers, of each side; and the percentiles of the latency of aett's commits."""
    name, bare = BARE[engine]
    latencies: dict[int, list[float]] = {writers: [] for writers in WRITERS}
    rates: dict[str, dict[int, list[float]]] = {}

    def note(side: str, writers: int, rate: float) -> None:
        rates.setdefault(side, {}).setdefault(writers, []).append(rate)

    for _ in range(TURNS):
        for writers in WRITERS:
            database = of(engine, places.where(engine))
            note("aett", writers, by_tasks(database, writers, latencies[writers]))
            note("aett, group_size=1", writers, by_tasks(database, writers, group_size=1))
            other = of(engine, str(places.file())) if engine == "sqlite" else database
            note(name, writers, bare(other, writers))
    one = statistics.median(rates[name][1])
    lines = {
        side: [statistics.median(found[writers]) / one for writers in WRITERS] for side, found in rates.items()
    }
    return lines, [_percentiles(latencies[writers]) for writers in WRITERS]


def _percentiles(seconds: list[float]) -> list[float]:
    """In milliseconds: those of `PERCENTILES`, and the longest."""
    ordered = sorted(seconds)
    found = [ordered[min(int(len(ordered) * each / 100), len(ordered) - 1)] for each in PERCENTILES]
    return [each * 1000 for each in (*found, ordered[-1])]


_DRAW = """
import json, sys
import matplotlib
matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "aett"
import matplotlib.pyplot as plot
told, to = json.load(sys.stdin), sys.argv[1]
figure, axes = plot.subplots(figsize=(6, 3.6))
for (side, line), style in zip(told["lines"].items(), ("o-", "s--", "^:")):
    axes.plot(told["writers"], line, style, label=side)
axes.set_xscale("log", base=2)
axes.set_xticks(told["writers"], told["writers"])
axes.set_xlabel("tasks that write at once")
axes.set_ylabel("commits, to one bare writer")
axes.set_ylim(bottom=0)
axes.grid(alpha=0.3)
axes.legend(frameon=False)
figure.tight_layout()
figure.savefig(to, metadata={"Date": None})
"""


def _draw(lines: Lines, to: Path) -> None:
    told = json.dumps({"writers": WRITERS, "lines": lines})
    subprocess.run([environment(MATPLOTLIB), "-c", _DRAW, to], input=told, text=True, check=True)  # noqa: S603  # ours


def main(folder: Path) -> None:
    """Measure, draw, and print the percentiles."""
    folder.mkdir(parents=True, exist_ok=True)
    console = Console()
    with Places() as places:
        for engine in BARE:
            try:
                lines, latencies = measured(engine, places)
            except Unavailable as reason:
                console.print(f"{engine}: {reason}")
                continue
            _draw(lines, folder / f"{engine}.svg")
            table = Table("tasks", *lines, *(f"p{each:g}, ms" for each in PERCENTILES), "max, ms", title=engine)
            for number, writers in enumerate(WRITERS):
                ratios = (f"{line[number]:.2f}" for line in lines.values())
                table.add_row(f"{writers}", *ratios, *(f"{each:.2f}" for each in latencies[number]))
            console.print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/plots"))
