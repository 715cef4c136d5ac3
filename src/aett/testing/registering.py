"""Races for one register: threads, tasks and processes count in it by compare-and-set (L14).

1. Each worker reads the register, and puts its own mark behind those that it read, until it has had `puts` of them
   accepted. Who is overtaken goes on from what it was told.
2. In the end every mark of every worker stands there once, in the order of the versions, which have no gap.
3. Nobody ever reads less than somebody had been told before the read began.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any, Final

from attrs import frozen

from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import AsyncPerform, Perform, Plan, Step, arun, run
from aett.core.register import Overtaken, Register
from aett.testing.clients import Clients
from aett.testing.harness import Place
from aett.testing.processes import Processes, Talk
from aett.testing.traits import Traits

TENANT: Final = "racing tenant"
NAME: Final = "a register"
WORKERS: Final = 4
PUTS: Final = 8
PATIENCE: Final = 120.0


@frozen
class Ask(Step[Any]):
    """One call of a register store, by the method's name."""

    method: str
    arguments: tuple[Any, ...]


def performer(store: Any) -> Perform:
    """Makes the calls of a store."""

    def perform(step: Any, /) -> Any:
        return getattr(store, step.method)(*step.arguments)

    return perform


def async_performer(store: Any) -> AsyncPerform:
    """Makes the calls of a store that is awaited."""

    async def perform(step: Any, /) -> Any:
        return await getattr(store, step.method)(*step.arguments)

    return perform


class Known:
    """The highest version that anybody in this process has been told."""

    def __init__(self) -> None:
        self.version = 0


def count(mark: int, known: Known) -> Plan[list[int]]:
    """Put this mark so many times."""
    versions = list[int]()
    told = known.version
    register: Register = yield from Ask("get", (TENANT, NAME))
    assert register.version >= told, f"L14: version {register.version} was read when {told} had been told"
    while len(versions) < PUTS:
        answer: Outcome[Register, Overtaken] = yield from Ask("put", (register, register.payload + bytes([mark])))
        match answer:
            case Success(register):
                versions.append(register.version)
                known.version = max(known.version, register.version)
                told = known.version
                register = yield from Ask("get", (TENANT, NAME))
                assert register.version >= told, f"L14: version {register.version} when {told} had been told"
            case Failure(Overtaken(found)):
                assert found.version > register.version, f"L14: overtaken by {found!r}, not by {register!r}"
                register = found
    return versions


def count_in_threads(clients: Clients) -> None:
    """Threads, each with clients of its own."""
    known = Known()

    def work(mark: int) -> list[int]:
        own = Clients(clients.place, clients.traits)
        try:
            return run(count(mark, known), performer(own.one.registers))
        finally:
            own.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        judge_registers(clients, list(pool.map(work, range(WORKERS))))


def count_in_tasks(clients: Clients) -> None:
    """Tasks of one loop."""
    known = Known()

    async def everybody() -> list[list[int]]:
        async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE):
            stores: list[Any] = [clients.place.register_store() for _ in range(WORKERS)]
            for each in stores:
                await stack.enter_async_context(each)
            return await asyncio.gather(
                *(arun(count(mark, known), async_performer(each)) for mark, each in enumerate(stores))
            )

    judge_registers(clients, asyncio.run(everybody()))


def count_in_processes(clients: Clients) -> None:
    """Processes."""
    with Processes([(_count, clients.place, mark) for mark in range(WORKERS)]) as processes:
        judge_registers(clients, [processes.receive(mark, PATIENCE) for mark in range(WORKERS)])


def _count(_: Talk, place: Place, mark: int) -> list[int]:
    own = Clients(place, Traits())
    try:
        return run(count(mark, Known()), performer(own.one.registers))
    finally:
        own.close()


def judge_registers(clients: Clients, versions: list[list[int]]) -> None:
    """Every mark is there once, in the order of the versions."""
    marks = dict[int, int]()
    for mark, own in enumerate(versions):
        for version in own:
            assert version not in marks, f"L14: {marks[version]} and {mark} both put version {version}"
            marks[version] = mark
    first, last = min(marks), max(marks)
    assert sorted(marks) == list(range(first, last + 1)), f"L14: versions {sorted(marks)} have gaps"
    found = clients.other.registers.get(TENANT, NAME)
    assert (found.version, found.payload) == (last, bytes(marks[each] for each in sorted(marks))), (
        f"L14: the register is {found!r}"
    )
