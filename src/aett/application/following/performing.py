"""Performs the steps of followers on the ports, blocking."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from time import sleep
from typing import Any, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from aett.application.facing import blocking_stores
from aett.application.following.calls import OUTSIDE, OWN, called, clock, failed, known, next_of, settled
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
from aett.core.plan import Plan, Step, run
from aett.ports.commit_store import CommitStore
from aett.ports.observing import handling
from aett.ports.register_store import RegisterStore
from aett.ports.transaction import Transaction

A = TypeVar("A")

Begin: TypeAlias = Callable[[], AbstractContextManager[Transaction[Any]]]


@frozen
class FollowersPerformer:
    """Performs on the blocking ports. within: the transaction of a `Together`, while one is open."""

    store: CommitStore
    registers: RegisterStore
    begin: Begin | None = None
    within: Any = OUTSIDE
    stretches: Stretches = field(factory=Stretches, eq=False, repr=False)
    reading: Lock = field(factory=Lock, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse stores of the other face: `TypeError`."""
        if self.within is OUTSIDE:
            blocking_stores("a runner", self.store, self.registers)

    @property
    def _writes(self) -> CommitStore:
        return self.store if self.within is OUTSIDE else self.within.commit_store(topic_map=OWN)

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
                with handling(step.argument):
                    return settled(called(step, self.within), step)
            case Together(plan):
                return self._together(plan, known(self.begin))
            case Clock() | Now():
                return clock(step)
            case Rest(seconds):
                return sleep(seconds)
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
        commits = list(next_of(self.store, read))
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

    def _together(self, plan: Callable[[], Plan[Any]], begin: Begin) -> Any:
        with begin() as transaction:
            within = evolve(self, registers=transaction.registers(), within=transaction)
            outcome = run(plan(), within)
            if failed(outcome):
                transaction.rollback()
        return outcome
