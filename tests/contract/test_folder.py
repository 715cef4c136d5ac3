"""The example of docs/adapters.md, a store of files in a folder, under the laws."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from examples import folder_store

from aett.testing import Contract, Harness, Place


def harness(*, awaited: bool = False) -> Harness:
    """A new folder for each place."""
    engine: Any = folder_store

    @contextmanager
    def place() -> Generator[Place]:
        with TemporaryDirectory() as folder:
            yield Place.of(engine, Path(folder) / "events", awaited=awaited)

    return Harness(f"folder, {'async' if awaited else 'sync'}", place)


class TestFolder(Contract):
    """Files in a folder, sync."""

    @pytest.fixture
    def harness(self) -> Harness:
        """Sync."""
        return harness()


class TestAsyncFolder(Contract):
    """Files in a folder, async."""

    @pytest.fixture
    def harness(self) -> Harness:
        """Async."""
        return harness(awaited=True)


def test_the_page_shows_the_example_as_it_is() -> None:
    root = Path(__file__).parents[2]
    example = (root / "examples/folder_store.py").read_text()
    assert len(example.splitlines()) < 150
    assert f"```python\n{example}```" in (root / "docs/adapters.md").read_text()
