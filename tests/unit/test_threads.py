"""Steps on threads: a forked child has threads of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest

from aett.adapters.lending.threads import ThreadedPerformer
from aett.core.plan import Step


class Doubled(Step[int]):
    """Twice one."""


class Doubling:
    def __call__(self, _: Step[Any], /) -> Any:
        return 2

    def close(self) -> None:
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_performs_on_threads_of_its_own() -> None:
    performer = ThreadedPerformer(Doubling(), 1)

    def perform() -> int:
        return asyncio.run(asyncio.wait_for(performer(Doubled()), 30))

    assert perform() == 2
    if (child := os.fork()) == 0:
        os._exit(_code(perform))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert perform() == 2
    asyncio.run(performer.close())


def _code(perform: Callable[[], int]) -> int:
    try:
        return 0 if perform() == 2 else 1
    except BaseException:  # noqa: BLE001  # a child must end, whatever happens
        return 2
