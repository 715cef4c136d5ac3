"""Connections of stores whose loops end and whose processes fork, on every engine that keeps connections."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.contract.test_s3 import under

from aett import Head
from aett.testing.laws.making import make, notes
from aett.testing.samples import TOPICS

ENGINES = ("postgresql", "mysql", "mongodb", "dynamodb", "s3")
FORKING = Path(__file__).with_name("forking.py")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    """An engine, and a place that is ready."""
    name: str = request.param
    url: str = request.getfixturevalue(f"{name}_url")
    if name == "s3":
        url = under(url, f"lending{uuid4().hex}")
    package = f"aett.adapters.{name}"
    with import_module(package).PersistenceManagement(url) as management:
        management.initialize()
    return package, url


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_200_loops_one_after_another_do_not_use_up_the_connections(engine: tuple[str, str]) -> None:
    package, url = engine
    few = package.endswith(("dynamodb", "s3", "mongodb"))  # these have no limit that a test could meet
    store: Any = import_module(package).AsyncCommitStore(url, topic_map=TOPICS)

    async def use() -> None:
        (await store.commit(make(Head("loops", f"{uuid4()}"), *notes("one"), commit_id=uuid4()))).unwrap()

    for _ in range(5 if few else 200):
        asyncio.run(use())
    kept = len(store._performer._lender._pools)
    asyncio.run(store.close())
    gc.collect()  # what the closed loops have left ends here, with its warnings
    assert kept == 1, "the pools of closed loops are kept"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("face", ["sync", "async"])
def test_a_child_that_ends_takes_no_connection_of_its_parent_with_it(engine: tuple[str, str], face: str) -> None:
    package, url = engine
    command = (sys.executable, "-W", "error::ResourceWarning", FORKING, package, url, face)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # our own
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
