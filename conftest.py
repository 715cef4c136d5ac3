"""Documentation that is run: every Python block of README.md and docs/, a page's blocks one after another.

The blocks of a page build on each other: under pytest-xdist a page is given to one worker.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
import types
from collections.abc import Generator
from typing import Any, cast

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

_ELSEWHERE = "an ExitStack that ends with the page"


class _Page:
    """A page's names as a module has them: some frameworks look up there what an annotation means."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.__dict__ = names


def _begin(namespace: dict[str, Any]) -> None:
    # The classes of a page are of a module that is not __main__; the files it makes are in a directory of its own.
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(contextlib.chdir(directory))
        sys.modules["a_page"] = cast("types.ModuleType", _Page(namespace))
        stack.callback(sys.modules.pop, "a_page")
        namespace.update({"__name__": "a_page", _ELSEWHERE: stack.pop_all()})


def _end(namespace: dict[str, Any]) -> None:
    namespace[_ELSEWHERE].close()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/howto/*.md"],
    setup=_begin,
    teardown=_end,
).pytest()


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more than there are processors: a worker waits for servers a good part of its time."""
    workers = yield
    return workers if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") else workers + 1


def _scope_of(nodeid: str) -> str:
    path, _, _ = nodeid.partition("::")
    return path if path.endswith(".md") else nodeid


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On several workers, mix what waits for servers with what computes; the order is always the same."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: hashlib.sha256(_scope_of(item.nodeid).encode()).digest())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each test to whoever is free, but a page as a whole to one worker."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415  # it need not be there

    class ByPage(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
        def _split_scope(self, nodeid: str) -> str:
            return _scope_of(nodeid)

    return ByPage(config, log)
