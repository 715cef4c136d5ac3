"""What all tests share: servers, how much Hypothesis tries, and which engines must not be skipped."""

from __future__ import annotations

import gc
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from tests.accounting import CONTRACT, Account, announced, engine_of, engines
from tests.servers.kinds import KINDS
from tests.servers.sharing import Asking, Shared, Sharing

from aett.testing import profiles

_SERVERS = pytest.StashKey[Shared]()
_ADDRESS = "address of the servers"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-engines",
        default="",
        metavar="ENGINES",
        help="engines whose tests must run, as in sqlite,postgresql, or all: a skip is then a failure",
    )


def pytest_configure(config: pytest.Config) -> None:
    profiles.register()
    config.pluginmanager.register(Account())
    worker: Any = getattr(config, "workerinput", None)  # of pytest-xdist
    if worker is None:
        sharing = Sharing(KINDS).__enter__()
        config.add_cleanup(lambda: sharing.__exit__(None, None, None))
        config.stash[_SERVERS] = sharing
    else:
        config.stash[_SERVERS] = Asking(tuple(worker[_ADDRESS]))
    unknown = set(_required(config)) - {"all", *engines()}
    if unknown:
        raise pytest.UsageError(
            f"--require-engines: no tests/contract/test_<engine>.py for {', '.join(sorted(unknown))};"
            f" there are {', '.join(engines())}"
        )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    servers = node.config.stash[_SERVERS]
    node.workerinput[_ADDRESS] = servers.address


def pytest_collection_finish() -> None:
    """What was collected stays until the end: the garbage collector need not look at it, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_report_header(config: pytest.Config) -> list[str]:
    return list(announced(config))


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Shared:
    """Servers of the whole run, whichever worker this is."""
    return request.config.stash[_SERVERS]


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
    return path.parent == CONTRACT and ("all" in required or engine_of(path) in required)
