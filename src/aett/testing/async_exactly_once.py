"""Whether a handler that is awaited does everything once, although it dies wherever it can: as `exactly_once`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from attrs import field, frozen

from aett.application.following.async_performing import AsyncBegin, AsyncFollowersPerformer
from aett.application.following.followers import Handler, parts
from aett.application.following.memory import Holding, Memory, Watching
from aett.application.following.turns import Turns
from aett.core.plan import Step, arun
from aett.ports.commit_store import AsyncCommitStore
from aett.ports.register_store import AsyncRegisterStore
from aett.testing.exactly_once import PACE, TURNS, Died, Life, committed, compared

A = TypeVar("A")


@frozen
class _Mortal(AsyncFollowersPerformer):
    life: Life = field(kw_only=True)

    async def __call__(self, step: Step[A], /) -> A:
        self.life.passes()
        answer = await super().__call__(step)
        self.life.passes()
        return answer


async def async_check_exactly_once(
    handler: Handler[Any, Any],
    *events: Any,
    store: AsyncCommitStore,
    registers: AsyncRegisterStore,
    begin: AsyncBegin,
    result: Callable[[], Awaitable[Any]],
    expected: Any,
) -> None:
    """Assert that what the handler has made of the events is what is expected, wherever it died meanwhile.

    events: as they are, or with their place: `happened(event, stream_id=...)`.
    store, registers, begin: of a database for tests; what is given as `Runner`'s.
    result: reads what the handler has made.
    """
    tenant_id = f"check {uuid4().hex}"
    performer = AsyncFollowersPerformer(store, registers, begin)
    last = await arun(committed(tenant_id, events), performer)
    for part in parts(handler, tenant_id):
        await _walk(Turns(part, "check", PACE), performer, last)
    compared(handler, await result(), expected)


async def _walk(turns: Turns, performer: AsyncFollowersPerformer, last: int) -> None:
    """Die at each moment of each turn, until everything is done."""
    memory = await _turned(turns, performer)
    for _ in range(TURNS):
        if isinstance(memory, Holding) and memory.position.checkpoint >= last:
            return
        memory = await _turned_at_last(turns, performer, memory)
    raise AssertionError(f"{turns.part.register}: it does not come to an end")


async def _turned_at_last(turns: Turns, performer: AsyncFollowersPerformer, memory: Memory) -> Memory:
    """A turn, after one for each moment at which its runner can die."""
    for moment in count(1):
        mortal = _Mortal(performer.store, performer.registers, performer.begin, life=Life(moment))
        try:
            return (await arun(turns.turn(memory), mortal)).memory
        except Died:
            memory = await _turned(turns, performer)
    raise AssertionError  # it counts for ever


async def _turned(turns: Turns, performer: AsyncFollowersPerformer) -> Memory:
    """A turn of one that knows nothing, without a death: it takes the follower."""
    return (await arun(turns.turn(Watching()), performer)).memory
