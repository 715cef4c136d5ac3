"""The account of a run: first what will be tested on which server, in the end what was, and how long it took."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from attrs import define, field
from tests.servers.kinds import KINDS
from tests.servers.server import Unavailable

CONTRACT: Final = Path(__file__).parent / "contract"
_AWAITED: Final = re.compile(r"async|await|motor", re.IGNORECASE)
_OF_A_SERVER: Final = "_server"


def engines() -> list[str]:
    """Those that the contract tests know."""
    return sorted(set(map(engine_of, CONTRACT.glob("test_*.py"))))


def engine_of(path: Path) -> str:
    """The engine that a file of contract tests is about."""
    return path.stem.removeprefix("test_").removesuffix(_OF_A_SERVER)


def announced(config: pytest.Config) -> Iterator[str]:
    """A line for each engine that was asked for: on which server it will be tested, or why not."""
    asked = [Path(str(each).partition("::")[0]).resolve() for each in config.args]
    for engine in engines():
        path = CONTRACT / f"test_{engine}.py"
        if engine in KINDS and any(path == each or each in path.parents for each in asked):
            yield f"{engine}: {_server(engine)}"


def _server(engine: str) -> str:
    kind = KINDS[engine]
    if os.environ.get(kind.variable):
        return f"the server that {kind.variable} names"
    try:
        return kind.found()
    except Unavailable as reason:
        return f"will be skipped: {reason}"


@define
class _Row:
    tests: int = 0
    seconds: float = 0.0
    skipped: dict[str, int] = field(factory=dict[str, int])


class Account:
    """A pytest plugin that counts, and tells a table in the end."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], _Row] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count it."""
        row = self._rows.setdefault(_room(report.nodeid), _Row())
        row.seconds += report.duration
        if report.skipped:
            reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "expected to fail"
            reason = reason.removeprefix("Skipped: ")
            row.skipped[reason] = row.skipped.get(reason, 0) + 1
        elif report.when == "call":
            row.tests += 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was counted."""
        if not self._rows:
            return
        terminalreporter.section("what ran, and how long")
        terminalreporter.write_line(f"{'engine':<18} {'face':<6} {'tests':>6} {'seconds':>8}  skipped")
        for (engine, face), row in sorted(self._rows.items()):
            skipped = "; ".join(f"{count}: {reason}" for reason, count in row.skipped.items())
            line = f"{engine:<18} {face:<6} {row.tests:>6} {row.seconds:>8.1f}  {skipped}"
            terminalreporter.write_line(line.rstrip())


def _room(nodeid: str) -> tuple[str, str]:
    path, _, test = nodeid.partition("::")
    parts = Path(path).parts
    if parts[:2] == ("tests", "contract"):
        return engine_of(Path(path)).replace("_", " "), "async" if _AWAITED.search(test) else "sync"
    return (parts[1] if parts[0] == "tests" else "documentation"), ""
