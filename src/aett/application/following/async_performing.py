"""Performs the steps of followers on the ports, awaiting."""

from __future__ import annotations

from asyncio import Lock, sleep
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from aett.application.facing import awaiting_stores
from aett.application.following.calls import OUTSIDE, OWN, async_settled, called, clock, failed, known, next_of
from aett.application.following.steps import (
    Append,
    Call,
    Clock,
    Now,
    PutRegister,
    ReadHead,
    ReadLog,
    ReadNames,
    ReadRegister,
    ReadStream,
    ReadTail,
    ReadTenants,
    RemoveRegister,
    Rest,
    Stretch,
    Together,
)
from aett.application.following.stretches import Stretches
from aett.core.plan import Plan, Step, arun
from aett.ports.commit_store import AsyncCommitStore
from aett.ports.observing import handling
from aett.ports.register_store import AsyncRegisterStore
from aett.ports.transaction import AsyncTransaction

A = TypeVar("A")

AsyncBegin: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncTransaction[Any]]]


@frozen
class AsyncFollowersPerformer:
    """Performs on the awaiting ports. within: the transaction of a `Together`, while one is open."""

    store: AsyncCommitStore
    registers: AsyncRegisterStore
    begin: AsyncBegin | None = None
    within: Any = OUTSIDE
    stretches: Stretches = field(factory=Stretches, eq=False, repr=False)
    reading: Lock = field(factory=Lock, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse stores of the other face: `TypeError`."""
        if self.within is OUTSIDE:
            awaiting_stores("a runner", self.store, self.registers)

    @property
    def _writes(self) -> AsyncCommitStore:
        return self.store if self.within is OUTSIDE else self.within.commit_store(topic_map=OWN)

    async def __call__(self, step: Step[A], /) -> A:
        """Do it."""
        answer: A = await self._perform(step)
        return answer

    async def _perform(self, step: Step[Any]) -> Any:  # noqa: PLR0911  # a reply to each
        match step:
            case PutRegister(register, payload):
                return await self.registers.put(register, payload)
            case Append(commit):
                return await self._writes.commit(commit)
            case Call():
                with handling(step.argument):
                    return await async_settled(called(step, self.within), step)
            case Together(plan):
                return await self._together(plan, known(self.begin))
            case Clock() | Now():
                return clock(step)
            case Rest(seconds):
                return await sleep(seconds)
            case _:
                return await self._read(step)

    async def _read_log(self, read: ReadLog) -> Stretch:
        if not read.shared:
            return await self._stretch(read)
        async with self.reading:
            if (found := self.stretches.find(read)) is None:
                found = await self._stretch(read)
                self.stretches.keep(read, found)
            return found

    async def _stretch(self, read: ReadLog) -> Stretch:
        commits = [each async for each in next_of(self.store, read)]
        return Stretch(commits, more=len(commits) == read.limit)

    async def _read(self, step: Step[Any]) -> Any:
        match step:
            case ReadLog():
                return await self._read_log(step)
            case ReadTail(tenant_id):
                return await self.store.tail(tenant_id)
            case ReadTenants():
                return [each async for each in self.store.tenants()]
            case ReadStream(tenant_id, stream_id):
                return [each async for each in self.store.get(tenant_id, stream_id)]
            case ReadHead(tenant_id, stream_id):
                return await self._writes.head(tenant_id, stream_id)
            case _:
                return await self._register(step)

    async def _register(self, step: Step[Any]) -> Any:
        match step:
            case ReadRegister(tenant_id, name):
                return await self.registers.get(tenant_id, name)
            case ReadNames(tenant_id, prefix):
                return [each async for each in self.registers.names(tenant_id, prefix)]
            case RemoveRegister(register):
                return await self.registers.remove(register)
            case _:
                raise TypeError(f"a runner cannot perform {type(step).__name__}")

    async def _together(self, plan: Callable[[], Plan[Any]], begin: AsyncBegin) -> Any:
        async with begin() as transaction:
            within = evolve(self, registers=transaction.registers(), within=transaction)
            outcome = await arun(plan(), within)
            if failed(outcome):
                transaction.rollback()
        return outcome
