"""A runner that begins beside another, which has everything, gets its share; nothing is done twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.contract.local import of_memory, of_sqlite
from tests.contract.served import harness as served

from aett import Followers, Handler, Head, Pace, Reactor, Recorded, Register, Runner
from aett.testing import Harness
from aett.testing.clients import opened
from aett.testing.samples import START, TOPICS, Noted

PACE = Pace(lease=12.0, batch=20, longest_poll=0.1)  # longer than a busy machine stands still
PARTS = 4


def handle(batch: Sequence[Recorded[Noted]], tx: Any) -> None:
    for each in batch:
        tx.registers().put(Register(each.tenant_id, f"done/{each.id}"), b"x").unwrap()


HANDLER = Handler[Noted, Any](name="done", topics=Noted, handle=handle, partitions=PARTS)


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mysql"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    match request.param:
        case "memory":
            return of_memory(awaited=False)
        case "sqlite":
            return of_sqlite(tmp_path / "events.db", awaited=False)
        case engine:
            return served(f"aett.adapters.{engine}", request.getfixturevalue(f"{engine}_url"), awaited=False)


def held(runner: Runner) -> int:
    return sum(each.holds for each in runner.status())


def until(reached: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end, "it does not come about"
        meanwhile()


def test_who_begins_later_gets_its_share(harness: Harness) -> None:
    reacted = list[Any]()
    reactor = Reactor[Noted](name="r", topics=Noted, react=lambda each: reacted.append(each.id), partitions=PARTS)
    with opened(harness) as clients, ExitStack() as stack:
        place: Any = clients.place
        store = stack.enter_context(place.commit_store(topic_map=TOPICS))
        registers = stack.enter_context(place.register_store())
        heads = [Head("t", f"s{number}") for number in range(8)]
        written = 0

        def write() -> None:
            nonlocal written
            head = heads[written % 8]
            commit = head.commit(Noted("x"), Noted("y"), commit_id=uuid4(), stamp=START)
            heads[written % 8] = Head.after(store.commit(commit).unwrap())
            written += 1
            time.sleep(0.01)

        def made() -> Runner:
            return Runner(
                HANDLER,
                reactor,
                tenants=["t"],
                store=store,
                registers=registers,
                begin=place.transaction,
                pace=PACE,
            )

        write()
        first = stack.enter_context(made())
        until(lambda: held(first) == 2 * PARTS, write)
        with made() as second:
            until(lambda: held(first) == held(second) == PARTS, write)
        until(lambda: held(first) == 2 * PARTS, write)
        newest = store.tail("t").newest
        for each in (HANDLER, reactor):
            Followers("t", store=store, registers=registers).wait_for(each, newest, timeout=60)
        assert len(reacted) == len(set(reacted)) == 2 * written, "done by both, or by none"
        assert len(list(registers.names("t", "done/"))) == 2 * written
