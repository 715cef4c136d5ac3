"""Stores that fail on demand."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from aett import Failure, Head, NonConflictingCommit, Register, StorageUnavailable, Success
from aett.adapters import memory
from aett.testing import unreliable
from aett.testing.samples import CONFLICTS, START, TOPICS, Noted


def test_a_call_can_fail_lose_its_reply_and_stall() -> None:
    store, trouble = unreliable(memory.CommitStore(memory.Memory(), topic_map=TOPICS))
    commit = Head("t", "s").commit(Noted("a"), commit_id=uuid4(), stamp=START)
    trouble.fail(2)
    trouble.lose_replies()
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            store.commit(commit)
    assert store.head("t", "s").exists
    trouble.stall(0.02)
    begun = time.monotonic()
    assert len(list(store.get("t", "s"))) == 1
    assert time.monotonic() - begun >= 0.02


def test_a_commit_can_be_overtaken() -> None:
    kept = memory.Memory()
    store, trouble = unreliable(memory.CommitStore(kept, topic_map=TOPICS, conflict_detector=CONFLICTS))
    trouble.overtake(Noted("theirs"))
    commit = Head("t", "s").commit(Noted("mine"), commit_id=uuid4(), stamp=START)
    answer = store.commit(commit)
    assert isinstance(answer, Failure)
    assert isinstance(answer.failure(), NonConflictingCommit)
    again = store.head("t", "s").commit(Noted("mine"), commit_id=uuid4(), stamp=START)
    assert isinstance(store.commit(again), Success)


def test_other_stores_and_awaited_ones_fail_too() -> None:
    registers, trouble = unreliable(memory.RegisterStore(memory.Memory()))
    trouble.lose_replies()
    with pytest.raises(StorageUnavailable):
        registers.put(Register("t", "n"), b"x")
    assert registers.get("t", "n").payload == b"x"

    async def tasks() -> None:
        store, trouble = unreliable(memory.AsyncCommitStore(memory.Memory(), topic_map=TOPICS))
        trouble.overtake(Noted("theirs"))
        trouble.stall(0.001)
        commit = Head("t", "s").commit(Noted("mine"), commit_id=uuid4(), stamp=START)
        assert isinstance(await store.commit(commit), Failure)
        trouble.fail()
        with pytest.raises(StorageUnavailable):
            await store.head("t", "s")
        assert [each.commit_sequence async for each in store.get("t", "s")] == [1]

    asyncio.run(tasks())
