"""The log as an iterator that waits, and the runner that is awaited."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen

from aett import (
    AsyncFollowers,
    AsyncRunner,
    Follower,
    Handler,
    Pace,
    Reactor,
    Recorded,
    Register,
    Tenants,
    Topic,
    TopicMap,
    async_follow,
    follow,
)
from aett.adapters import memory
from aett.testing.samples import START


@Topic("item")
@frozen
class Item:
    text: str


@Topic("other")
@frozen
class Other:
    pass


TOPICS = TopicMap(Item, Other)
SLOW = Pace(poll=5.0, longest_poll=5.0)
"""Who rests so long is woken by the bell, or not at all."""


def write(kept: memory.Memory, text: str, stream: str = "s", tenant: str = "t") -> int:
    store = memory.CommitStore(kept, topic_map=TOPICS)
    commit = store.head(tenant, stream).commit(Item(text), Other(), commit_id=uuid4(), stamp=START)
    return store.commit(commit).unwrap().checkpoint or 0


def text_of(recorded: Recorded[Any]) -> str:
    return recorded.event.text if isinstance(recorded.event, Item) else "-"


def test_it_waits_at_the_end_and_a_bell_wakes_it() -> None:
    kept = memory.Memory()
    write(kept, "a")
    store = memory.CommitStore(kept, topic_map=TOPICS)
    seen = list[str]()
    for recorded in follow(store, "t", topics=Item, pace=SLOW):
        seen.append(recorded.event.text)
        if len(seen) == 3:
            break
        threading.Timer(0.01, write, (kept, "b" * len(seen))).start()
    assert seen == ["a", "b", "bb"]


def test_it_begins_after_a_checkpoint_and_takes_what_is_asked_for() -> None:
    kept, stop = memory.Memory(), threading.Event()
    first = write(kept, "a")
    for stream in ("s", "x", "xy"):
        write(kept, stream, stream)
    store = memory.CommitStore(kept, topic_map=TOPICS)

    def all_of(**settings: Any) -> list[str]:
        stop.clear()
        found = list[str]()
        for each in follow(store, "t", stop=stop, **settings):
            found.append(text_of(each))
            if each.checkpoint == 4:
                stop.set()
        return found

    assert all_of() == ["a", "-", "s", "-", "x", "-", "xy", "-"]
    assert all_of(checkpoint=first, topics=Item) == ["s", "x", "xy"]
    assert all_of(stream_prefix="x", topics=TopicMap(Item)) == ["x", "xy"]


def test_it_stops_soon_when_it_is_told_to() -> None:
    stop = threading.Event()
    store = memory.CommitStore(memory.Memory(), topic_map=TOPICS)
    threading.Timer(0.01, stop.set).start()
    begun = time.monotonic()
    assert list(follow(store, "t", stop=stop, pace=SLOW)) == []
    assert time.monotonic() - begun < SLOW.poll


def test_awaited_it_waits_and_a_timeout_ends_it() -> None:
    async def tasks() -> list[str]:
        kept, seen = memory.Memory(), list[str]()
        async with memory.AsyncCommitStore(kept, topic_map=TOPICS) as store:
            asyncio.get_running_loop().call_later(0.01, write, kept, "a")

            async def iterate() -> None:
                async for recorded in async_follow(store, "t", topics=Item, pace=SLOW):
                    seen.append(recorded.event.text)
                    threading.Thread(target=write, args=(kept, "b" * len(seen))).start()
                    if len(seen) == 3:
                        await asyncio.sleep(SLOW.poll)

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(iterate(), 0.3)
        return seen

    assert asyncio.run(tasks()) == ["a", "b", "bb"]


# The runner that is awaited


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110  # of a register
            await asyncio.sleep(0.002)


def test_functions_may_be_awaited_or_not_and_it_stops_in_order() -> None:
    async def tasks() -> list[str]:
        kept, seen = memory.Memory(), list[str]()

        async def react(recorded: Recorded[Item]) -> None:
            await asyncio.sleep(0)
            seen.append(recorded.event.text)

        async def handle(batch: Any, tx: Any) -> None:
            for each in batch:
                (await tx.registers().put(Register("t", f"done/{each.event.text}"), b"x")).unwrap()

        followers: list[Follower] = [
            Reactor[Item](name="awaited", topics=Item, react=react),
            Reactor[Item](name="plain", topics=Item, react=lambda each: seen.append(each.event.text)),
            Handler[Item, Any](name="h", topics=Item, handle=handle),
        ]
        async with (
            memory.AsyncCommitStore(kept, topic_map=TOPICS) as store,
            memory.AsyncRegisterStore(kept) as registers,
        ):
            watched = AsyncFollowers("t", store=store, registers=registers)
            async with AsyncRunner(
                *followers,
                tenants=Tenants.ALL,
                store=store,
                registers=registers,
                begin=lambda: memory.async_transaction(kept),
                pace=Pace(poll=5.0, longest_poll=5.0, discovery=0.01),
            ) as runner:
                last = 0
                for text in "abc":
                    last = write(kept, text)
                for each in followers:
                    await watched.wait_for(each, last)
                assert {each.checkpoint for each in runner.status()} == {last}
            for each in followers:
                assert (await watched.lag(each)).holder == ""
            seen += [each async for each in registers.names("t", "done/")]
        return sorted(seen)

    assert asyncio.run(tasks()) == ["a", "a", "b", "b", "c", "c", "done/a", "done/b", "done/c"]


def test_run_ends_when_it_is_told_to_and_when_it_is_cancelled() -> None:
    async def tasks() -> None:
        kept = memory.Memory()
        write(kept, "a")
        follower = Reactor[Item](name="r", topics=Item, react=lambda _: None)
        async with (
            memory.AsyncCommitStore(kept, topic_map=TOPICS) as store,
            memory.AsyncRegisterStore(kept) as registers,
        ):
            watched = AsyncFollowers("t", store=store, registers=registers)

            async def held() -> bool:
                return (await watched.lag(follower)).holder != ""

            for end in ("stop", "cancel"):
                runner = AsyncRunner(follower, tenants=["t"], store=store, registers=registers)
                running = asyncio.create_task(runner.run())
                await until(held)
                (runner.stop if end == "stop" else running.cancel)()
                async with asyncio.timeout(10):
                    await asyncio.wait([running])
                assert running.cancelled() == (end == "cancel")
                assert not await held(), "it was not let go"

    asyncio.run(tasks())


def test_a_cancelled_turn_leaves_nothing_half_done() -> None:
    async def tasks() -> None:
        kept, begun = memory.Memory(), asyncio.Event()
        write(kept, "a")

        async def handle(batch: Any, tx: Any) -> None:
            for each in batch:
                (await tx.registers().put(Register("t", f"done/{each.event.text}"), b"x")).unwrap()
            begun.set()
            await asyncio.sleep(60)

        follower = Handler[Item, Any](name="h", topics=Item, handle=handle)
        async with (
            memory.AsyncCommitStore(kept, topic_map=TOPICS) as store,
            memory.AsyncRegisterStore(kept) as registers,
        ):
            runner = AsyncRunner(
                follower,
                tenants=["t"],
                store=store,
                registers=registers,
                begin=lambda: memory.async_transaction(kept),
            )
            running = asyncio.create_task(runner.run())
            await begun.wait()
            running.cancel()
            await asyncio.wait([running])
            assert [each async for each in registers.names("t", "done/")] == []
            assert (await AsyncFollowers("t", store=store, registers=registers).lag(follower)).checkpoint == 0

    asyncio.run(tasks())
