"""What all tests share: how much Hypothesis tries, and which engines must not be skipped."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from aett.testing import profiles

CONTRACT = Path(__file__).parent / "contract"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-engines",
        default="",
        metavar="ENGINES",
        help="engines whose tests must run, as in sqlite,postgresql, or all: a skip is then a failure",
    )


def pytest_configure(config: pytest.Config) -> None:
    profiles.register()
    unknown = set(_required(config)) - {"all", *_engines()}
    if unknown:
        raise pytest.UsageError(
            f"--require-engines: no tests/contract/test_<engine>.py for {', '.join(sorted(unknown))};"
            f" there are {', '.join(sorted(_engines()))}"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and _is_required(item.config, item.path):
        report.outcome = "failed"
        report.longrepr = f"--require-engines: skipped, but it must run: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and _is_required(collector.config, collector.path):
        report.outcome = "failed"
        report.longrepr = f"--require-engines: skipped, but it must run: {_reason(report.longrepr)}"
    return report


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


def _required(config: pytest.Config) -> list[str]:
    named = str(config.getoption("--require-engines"))
    return [each for each in map(str.strip, named.split(",")) if each]


def _is_required(config: pytest.Config, path: Path) -> bool:
    required = _required(config)
    return path.parent == CONTRACT and ("all" in required or path.stem.removeprefix("test_") in required)


def _engines() -> Iterator[str]:
    return (path.stem.removeprefix("test_") for path in CONTRACT.glob("test_*.py"))
