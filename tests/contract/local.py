"""Harnesses of the engines that need no server, as they are made by default."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from aett.adapters import memory, sqlite
from aett.testing import Harness, Place, Traits


def of_memory(*, awaited: bool) -> Harness:
    """Memory."""

    @contextmanager
    def place() -> Generator[Place]:
        yield Place.of(memory, memory.Memory(), awaited=awaited)

    return Harness("memory", place, Traits(processes=False, reopen=False))


def of_sqlite(path: Path, *, awaited: bool) -> Harness:
    """SQLite, in this file."""

    @contextmanager
    def place() -> Generator[Place]:
        yield Place.of(sqlite, path, awaited=awaited)

    return Harness("sqlite", place)
