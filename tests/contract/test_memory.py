"""Memory keeps the laws."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from aett.adapters import memory
from aett.testing import Harness, Place, Traits, conformance

LIMIT = 1_000_000


@contextmanager
def place() -> Generator[Place]:
    yield Place.of(memory, memory.Memory())


@contextmanager
def async_place() -> Generator[Place]:
    yield Place.of(memory, memory.Memory(), awaited=True, commit_store={"max_commit_size": LIMIT})


TestMemory = conformance(Harness("memory", place, Traits(processes=False)))
TestAsyncMemory = conformance(
    Harness("memory, async", async_place, Traits(processes=False, max_commit_size=LIMIT))
)
