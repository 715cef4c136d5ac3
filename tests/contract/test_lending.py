"""Connections of stores whose loops end and whose processes fork, on every engine that keeps connections."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen
from tests.contract.leaving import commit
from tests.contract.test_s3 import under
from tests.inside import performer_of

from aett.testing.samples import TOPICS

ENGINES = ("postgresql", "mysql", "mongodb", "dynamodb", "s3")
LIMITED = ("postgresql", "mysql")
"""Engines whose servers take so few connections at once that a test meets the limit."""

PROGRAMS = Path(__file__).with_name("leaving.py")


@frozen
class At:
    """An engine, and a place of its own there."""

    engine: str
    url: str
    arguments: dict[str, str]

    def made(self, name: str, **more: Any) -> Any:
        """The class of this name, made for the place."""
        return getattr(import_module(f"aett.adapters.{self.engine}"), name)(self.url, **self.arguments, **more)

    def run(self, program: str, *options: str) -> tuple[str, str]:
        """What a program of `leaving` wrote, and what it complained of."""
        command = (sys.executable, *options, str(PROGRAMS), program, f"aett.adapters.{self.engine}", self.url)
        done = subprocess.run(  # noqa: S603  # our own
            [*command, json.dumps(self.arguments)], capture_output=True, text=True, check=False, timeout=120
        )
        return done.stdout, done.stderr


@contextmanager
def place_of(engine: str, url: str) -> Generator[At]:
    """A place of its own on the engine's server, which is ready."""
    name = f"lending{uuid4().hex}"
    if engine == "s3":
        place = At(engine, under(url, name), {})
    else:
        place = At(engine, url, {"collection" if engine == "mongodb" else "table": name})
    with place.made("PersistenceManagement") as management:
        management.initialize()
        yield place
        management.drop()


@pytest.fixture(params=ENGINES)
def at(request: pytest.FixtureRequest) -> Generator[At]:
    """An engine, and a place of its own."""
    with place_of(request.param, request.getfixturevalue(f"{request.param}_url")) as place:
        yield place


def test_200_loops_one_after_another_do_not_use_up_the_connections(at: At) -> None:
    store = at.made("AsyncCommitStore", topic_map=TOPICS)

    async def use() -> None:
        (await store.commit(commit(0))).unwrap()

    for _ in range(200 if at.engine in LIMITED else 5):
        asyncio.run(use())
    kept = len(performer_of(store)._lender._pools)
    asyncio.run(store.close())
    gc.collect()  # what the loops have left would end here, with its warnings
    assert kept == 1, "the pools of closed loops are kept"


def test_loops_that_are_just_closed_do_not_use_up_the_connections(at: At) -> None:
    program = "closes 200 loops" if at.engine in LIMITED else "closes 5 loops"
    written, complaints = at.run(program, "-W", "ignore")  # drivers complain, with right
    assert written == "done\n", complaints


def test_a_program_that_closes_no_store_ends_without_complaints(at: At) -> None:
    assert at.run("ends loops", "-W", "always::ResourceWarning") == ("done\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("program", ["forks", "forks awaiting"])
def test_a_child_that_ends_takes_no_connection_of_its_parent_with_it(at: At, program: str) -> None:
    written, complaints = at.run(program, "-W", "error::ResourceWarning")
    assert written == "done\n", complaints
