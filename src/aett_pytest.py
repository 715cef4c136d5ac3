"""A pytest plugin: a test fails that says what happened by `given(...).when(...)`, and expects nothing of it.

It is a module of its own, so that a run of pytest that has nothing to do with aett does not import it.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run the test, then see what it has let go."""
    result = yield  # a test that fails for another reason says that one
    given: Any = sys.modules.get("aett.testing.given")
    if given is not None:
        forgotten = [told for test, told in given.unexpected if test == item.nodeid]
        given.unexpected.clear()
        if forgotten:
            raise AssertionError("\n".join(forgotten))
    return result
