"""The example of docs/adapters.md, a store of files in a folder, under the laws; and broken in five ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import attrs
import msgspec
import pytest
from examples import folder_store
from examples.folder_store import MADE_BY, MEANINGS, Folder

from aett import Commit, SchemaMismatch
from aett.adapters.keeping import stores
from aett.adapters.store.record import Recorder
from aett.testing import Contract, Failing, Faults, Harness, Place
from aett.testing.clients import opened
from aett.testing.samples import TOPICS

NAMES = (
    *("CommitStore", "SnapshotStore", "RegisterStore", "PersistenceManagement"),
    *("AsyncCommitStore", "AsyncSnapshotStore", "AsyncRegisterStore", "AsyncPersistenceManagement"),
)


@contextmanager
def unreachable(folder: Path) -> Generator[None]:
    """A file is in its place."""
    aside = folder.rename(folder.with_name("aside"))
    folder.touch()
    yield
    folder.unlink()
    aside.rename(folder)


def spoil(folder: Path, tenant_id: str, stream_id: str) -> None:
    """The middle of its last line is overwritten."""
    log = folder / "log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    (*_, last) = (
        index for index, line in enumerate(lines) if line.startswith(f'["{tenant_id}","{stream_id}"'.encode())
    )
    lines[last] = lines[last][:20] + bytes(20) + lines[last][40:]
    log.write_bytes(b"".join(lines))


def alienate(folder: Path) -> None:
    """Another version made it."""
    log = folder / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(MADE_BY, MADE_BY.replace(b"1", b"2")))


def leave_half(folder: Path, commit: Commit) -> None:
    """All that an append writes but the line break."""
    record = Recorder(TOPICS).record(commit)
    with (folder / "log.jsonl").open("ab") as log:
        log.write(msgspec.json.encode(record._replace(checkpoint=99)))


def harness(engine: Any = folder_store, *, awaited: bool = False) -> Harness:
    """A new folder for each place."""

    @contextmanager
    def place() -> Generator[Place]:
        with TemporaryDirectory() as directory:
            folder = Path(directory) / "events"
            made = Place.of(engine, folder, awaited=awaited)
            faults = Faults(
                unreachable=partial(unreachable, folder),
                spoil=partial(spoil, folder),
                alienate=partial(alienate, folder),
                leave_half=partial(leave_half, folder),
            )
            yield attrs.evolve(made, faults=faults)

    # All steps of the async face are on threads.
    return Harness(f"folder, {'async' if awaited else 'sync'}", place, slow=awaited)


class TestFolder(Failing, Contract):
    """Files in a folder, sync."""

    @pytest.fixture
    def harness(self) -> Harness:
        """Sync."""
        return harness()


class TestAsyncFolder(Failing, Contract):
    """Files in a folder, async."""

    @pytest.fixture
    def harness(self) -> Harness:
        """Async."""
        return harness(awaited=True)


def test_the_page_shows_the_example_as_it_is() -> None:
    root = Path(__file__).parents[2]
    example = (root / "examples/folder_store.py").read_text()
    assert len(example.splitlines()) < 200
    assert f"```python\n{example}```" in (root / "docs/adapters.md").read_text()


# Broken


class Careless(Folder):
    """Parses without looking what it has."""

    def _items(self) -> Iterator[Any]:
        with self.log.open("rb") as log:
            if log.readline() != MADE_BY:
                raise SchemaMismatch("another make")
            for line in log:
                if line.endswith(b"\n"):
                    json.loads(line)
                    yield folder_store._item(line)


class Trusting(Folder):
    """Takes whatever make it finds."""

    def _items(self) -> Iterator[Any]:
        with self.log.open("rb") as log:
            log.readline()
            yield from (folder_store._item(line) for line in log if line.endswith(b"\n"))


class Greedy(Folder):
    """Takes the last line for a commit, whether or not it was ended."""

    def _items(self) -> Iterator[Any]:
        yield from super()._items()
        last = self.log.read_bytes().rpartition(b"\n")[2]
        if last:
            yield folder_store._item(last)


BROKEN: dict[str, tuple[Callable[..., Any], dict[str, Any], bool, str]] = {
    "errors of the storage's own": (
        *(Folder, {"failures": ()}, False),
        "test_what_cannot_be_reached_is_unavailable_and_then_goes_on",
    ),
    "errors of the storage's own, in a new place": (
        *(Folder, {"failures": ()}, False),
        "test_L13_where_nothing_was_initialized_calls_work_or_say_so",
    ),
    "a ValueError for what is spoilt": (
        *(Careless, {"failures": MEANINGS}, False),
        "test_what_is_spoilt_is_told_and_read_by_nobody",
    ),
    "a make that nobody looks at": (
        *(Trusting, {"failures": MEANINGS}, False),
        "test_L13_initialize_refuses_what_is_of_another_make",
    ),
    "what a dead writer left": (
        *(Greedy, {"failures": MEANINGS}, False),
        "test_L6_what_a_writer_leaves_that_dies_is_never_taken_for_a_commit",
    ),
    "a loop that is held up": (
        *(Folder, {"failures": MEANINGS, "threads": 0}, True),
        "test_an_awaited_call_lets_the_loop_turn",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_the_laws_find_an_adapter_that_is_broken_by(fault: str) -> None:
    keeper, settings, awaited, test = BROKEN[fault]
    engine = SimpleNamespace(**dict(zip(NAMES, stores(keeper, __name__, **settings), strict=True)))
    laws: Any = TestAsyncFolder() if awaited else TestFolder()
    uninitialized = "nothing_was_initialized" in test
    for whole, which in ((True, harness(awaited=awaited)), (False, harness(engine, awaited=awaited))):
        with opened(which, initialized=not uninitialized) as clients:
            if whole:
                getattr(laws, test)(clients)
            else:
                with pytest.raises(BaseException):  # noqa: B017, PT011  # however it shows
                    getattr(laws, test)(clients)
