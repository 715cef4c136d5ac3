"""Turning: an awaited store lets its loop turn while it works, for other tasks want to go on."""
# ruff: noqa: D102  # A test's name is its sentence.

from __future__ import annotations

import asyncio
from inspect import isawaitable
from typing import Any

from aett.core.head import Head
from aett.testing.clients import PAGE_SIZE, Clients
from aett.testing.laws.making import OTHER, make
from aett.testing.samples import CONFLICTS, TOPICS

_CALLS = 20


class Turning:
    """The laws."""

    def test_an_awaited_call_lets_the_loop_turn(self, clients: Clients) -> None:
        made: Any = clients.place.commit_store(topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=PAGE_SIZE)
        if clients.place.awaited:
            turns, traits = asyncio.run(_turns(made)), clients.traits
            waits = traits.processes if traits.waits is None else traits.waits
            assert turns >= _CALLS or not waits, (
                f"the loop turned {turns} times in {_CALLS} calls: what they wait for, they wait for in the loop's"
                " own thread (say Traits(waits=False) if they wait for nothing, as in memory)"
            )
        else:
            with made as store:
                assert not isawaitable(store.commit(make(Head(*OTHER))))


async def _turns(made: Any) -> int:
    """How often the loop turned while calls were awaited one after another."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with made as store:
        await store.commit(make(Head(*OTHER)))  # opens what is to be opened
        turning = asyncio.ensure_future(turn())
        await asyncio.sleep(0)
        turns = 0
        for _ in range(_CALLS):
            await store.find(*OTHER, make(Head(*OTHER)).commit_id)
        turned = turns
        turning.cancel()
    return turned
