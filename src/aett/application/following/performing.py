"""Performs the steps of followers on the ports, blocking or awaiting."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, TypeVar

from attrs import evolve, field, frozen

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
from aett.core.outcome import Failure
from aett.core.plan import Plan, Step, arun, run
from aett.core.topic_map import TopicMap
from aett.ports.commit_store import AsyncCommitStore, CommitStore
from aett.ports.register_store import AsyncRegisterStore, RegisterStore
from aett.ports.transaction import AsyncTransaction, Transaction

A = TypeVar("A")
B = TypeVar("B")

Begin: TypeAlias = Callable[[], AbstractContextManager[Transaction[Any]]]
AsyncBegin: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncTransaction[Any]]]

_OUTSIDE: Final = object()
_OWN: Final = TopicMap()
"""What is Aett's own, is in every map."""


@frozen
class FollowersPerformer:
    """Performs on the blocking ports. within: the transaction of a `Together`, while one is open."""

    store: CommitStore
    registers: RegisterStore
    begin: Begin | None = None
    within: Any = _OUTSIDE
    stretches: Stretches = field(factory=Stretches, eq=False, repr=False)
    reading: threading.Lock = field(factory=threading.Lock, eq=False, repr=False)

    @property
    def _writes(self) -> CommitStore:
        return self.store if self.within is _OUTSIDE else self.within.commit_store(topic_map=_OWN)

    def __call__(self, step: Step[A], /) -> A:
        """Do it."""
        answer: A = self._perform(step)
        return answer

    def _perform(self, step: Step[Any]) -> Any:  # noqa: PLR0911  # a reply to each
        match step:
            case PutRegister(register, payload):
                return self.registers.put(register, payload)
            case Append(commit):
                return self._writes.commit(commit)
            case Call():
                return self._call(step)
            case Together(plan):
                return self._together(plan, _known(self.begin))
            case Clock() | Now():
                return _clock(step)
            case Rest(seconds):
                return time.sleep(seconds)
            case _:
                return self._read(step)

    def _read_log(self, read: ReadLog) -> Stretch:
        if not read.shared:
            return self._stretch(read)
        with self.reading:
            if (found := self.stretches.find(read)) is None:
                found = self._stretch(read)
                self.stretches.keep(read, found)
            return found

    def _stretch(self, read: ReadLog) -> Stretch:
        commits = list(_log(self.store, read))
        return Stretch(commits, more=len(commits) == read.limit)

    def _read(self, step: Step[Any]) -> Any:
        match step:
            case ReadLog():
                return self._read_log(step)
            case ReadTail(tenant_id):
                return self.store.tail(tenant_id)
            case ReadTenants():
                return list(self.store.tenants())
            case ReadStream(tenant_id, stream_id):
                return list(self.store.get(tenant_id, stream_id))
            case ReadHead(tenant_id, stream_id):
                return self._writes.head(tenant_id, stream_id)
            case _:
                return self._register(step)

    def _register(self, step: Step[Any]) -> Any:
        match step:
            case ReadRegister(tenant_id, name):
                return self.registers.get(tenant_id, name)
            case ReadNames(tenant_id, prefix):
                return list(self.registers.names(tenant_id, prefix))
            case RemoveRegister(register):
                return self.registers.remove(register)
            case _:
                raise TypeError(f"a runner cannot perform {type(step).__name__}")

    def _call(self, call: Call) -> None:
        if inspect.isawaitable(answer := _called(call, self.within)):
            raise _is_async(call, answer)

    def _together(self, plan: Callable[[], Plan[Any]], begin: Begin) -> Any:
        with begin() as transaction:
            within = evolve(self, registers=transaction.registers(), within=transaction)
            outcome = run(plan(), within)
            if _failed(outcome):
                transaction.rollback()
        return outcome


@frozen
class AsyncFollowersPerformer:
    """Performs on the awaiting ports."""

    store: AsyncCommitStore
    registers: AsyncRegisterStore
    begin: AsyncBegin | None = None
    within: Any = _OUTSIDE
    stretches: Stretches = field(factory=Stretches, eq=False, repr=False)
    reading: asyncio.Lock = field(factory=asyncio.Lock, eq=False, repr=False)

    @property
    def _writes(self) -> AsyncCommitStore:
        return self.store if self.within is _OUTSIDE else self.within.commit_store(topic_map=_OWN)

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
                return await self._call(step)
            case Together(plan):
                return await self._together(plan, _known(self.begin))
            case Clock():
                return time.monotonic()
            case Now():
                return datetime.now(UTC)
            case Now():
                return datetime.now(UTC)
            case Rest(seconds):
                return await asyncio.sleep(seconds)
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
        commits = [each async for each in _log(self.store, read)]
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

    async def _call(self, call: Call) -> None:
        if inspect.isawaitable(answer := _called(call, self.within)):
            await answer

    async def _together(self, plan: Callable[[], Plan[Any]], begin: AsyncBegin) -> Any:
        async with begin() as transaction:
            within = evolve(self, registers=transaction.registers(), within=transaction)
            outcome = await arun(plan(), within)
            if _failed(outcome):
                transaction.rollback()
        return outcome


def _known(begin: B | None) -> B:
    if begin is None:
        raise ValueError("a Handler is called in a transaction: say how one begins, begin=...")
    return begin


def _log(store: Any, read: ReadLog) -> Any:
    return store.get_from(read.tenant_id, read.checkpoint, topics=read.topics, limit=read.limit)


def _clock(step: Clock | Now) -> Any:
    return time.monotonic() if isinstance(step, Clock) else datetime.now(UTC)


def _failed(outcome: Any) -> bool:
    return isinstance(outcome, Failure)


def _called(call: Call, within: Any) -> Any:
    return call.function(call.argument) if within is _OUTSIDE else call.function(call.argument, within)


def _is_async(call: Call, answer: Any) -> TypeError:
    if inspect.iscoroutine(answer):
        answer.close()
    name = getattr(call.function, "__qualname__", type(call.function).__name__)
    return TypeError(f"{name} is to be awaited: give it to an AsyncRunner")
