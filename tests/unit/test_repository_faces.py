"""The repositories' two performers ask the ports the same, and are one text but for the waiting."""

from __future__ import annotations

import ast
import asyncio
import inspect
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hush import Hush
from till import TILL, PaidIn, Till

from aett import MAX_REVISION, Folded, Head, Snapshot
from aett.application.performing import AsyncPortsPerformer, PortsPerformer
from aett.application.steps import (
    AddSnapshot,
    Append,
    Find,
    NewestSnapshot,
    NextCommit,
    NextPage,
    OpenCommits,
    OpenPages,
)
from aett.core.plan import Step

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ID = UUID(int=1)
COMMIT = Head("t", "s").commit(PaidIn(1), commit_id=ID, stamp=NOW)
SNAPSHOT = Snapshot.of(TILL, Folded(Till(1), Head.after(COMMIT)))


class Port:
    """Both ports in one: answers each call with what was called."""

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            return name, arguments, options

        return call


class AsyncPort:
    """The same, awaited where the ports are."""

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **options: Any) -> Any:
            return name, arguments, options

        return getattr(Port(), name) if name == "pages" else call


class AsyncCommits(AsyncPort):
    """A commit store, whose `get` gives an iterator at once."""

    def get(self, *arguments: Any, **options: Any) -> Any:
        return "get", arguments, options


CALLS: list[tuple[Step[Any], Any]] = [
    (Append(COMMIT), ("commit", (COMMIT,), {})),
    (Find("t", "s", ID), ("find", ("t", "s", ID), {})),
    (
        OpenPages("t", "s", 3, 7, NOW),
        ("pages", ("t", "s"), {"min_revision": 3, "max_revision": 7, "max_time": NOW}),
    ),
    (
        OpenPages("t", "s"),
        ("pages", ("t", "s"), {"min_revision": 1, "max_revision": MAX_REVISION, "max_time": None}),
    ),
    (OpenCommits("t", "s", 3), ("get", ("t", "s"), {"min_revision": 3, "max_revision": MAX_REVISION})),
    (NewestSnapshot("t", "s", 7), ("get", ("t", "s"), {"max_revision": 7})),
    (AddSnapshot(SNAPSHOT), ("add", (SNAPSHOT,), {})),
]


@pytest.mark.parametrize(("step", "call"), CALLS)
def test_a_step_is_a_call_of_its_port_with_all_that_it_says(step: Step[Any], call: Any) -> None:
    port: Any = Port()
    assert PortsPerformer(port, port)(step) == call
    commits: Any = AsyncCommits()
    snapshots: Any = AsyncPort()
    assert asyncio.run(AsyncPortsPerformer(commits, snapshots)(step)) == call


@pytest.mark.parametrize("kind", [NextPage, NextCommit])
def test_an_iterator_gives_its_items_and_then_none(kind: Any) -> None:
    port: Any = Port()
    items = iter("ab")
    assert [PortsPerformer(port, None)(kind(items)) for _ in range(3)] == ["a", "b", None]

    async def awaited() -> list[Any]:
        async def letters() -> Any:
            yield "a"
            yield "b"

        found, perform = letters(), AsyncPortsPerformer(port, None)
        return [await perform(kind(found)) for _ in range(3)]

    assert asyncio.run(awaited()) == ["a", "b", None]


@pytest.mark.parametrize("step", [NewestSnapshot("t", "s", 7), AddSnapshot(SNAPSHOT)])
def test_without_a_snapshot_store_nobody_asks_it(step: Step[Any]) -> None:
    port: Any = Port()
    with pytest.raises(TypeError, match="cannot perform"):
        PortsPerformer(port, None)(step)
    with pytest.raises(TypeError, match="cannot perform"):
        asyncio.run(AsyncPortsPerformer(port, None)(step))


def test_the_awaiting_performer_is_the_blocking_one_awaited() -> None:
    plain, awaiting = (
        Hush().visit(ast.parse(inspect.getsource(each))) for each in (PortsPerformer, AsyncPortsPerformer)
    )
    assert ast.unparse(awaiting) == ast.unparse(plain)
