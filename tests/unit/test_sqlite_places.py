"""Where a SQLite database is not, no longer, or not to be written: what the messages say."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from attrs import frozen

from aett import AccessRefused, Head, StorageUnavailable, Topic, TopicMap
from aett.adapters.sqlite import AsyncCommitStore, CommitStore, PersistenceManagement, SnapshotStore
from aett.core.commit import Commit


@Topic("sqlite.placed")
@frozen
class Placed:
    text: str


TOPICS = TopicMap(Placed)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
NOBODY = 65_534


def a_commit(stream_id: str = "stream") -> Commit:
    return Head("tenant", stream_id).commit(Placed("x"), commit_id=uuid4(), stamp=NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "events.db"
    with PersistenceManagement(place) as management:
        management.initialize()
    return place


# URLs


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://scott:tiger@host/db",
        "mysql+pymysql://scott:tiger@host/db",
        "sqlite+aiosqlite:///scott:tiger.db",
        "sqlite://scott:tiger@host/db",
        "file:///scott/tiger.db",
    ],
)
def test_another_engine_s_url_is_refused_and_its_password_not_repeated(url: str) -> None:
    makers: tuple[Callable[[], object], ...] = (
        lambda: CommitStore(url, topic_map=TOPICS),
        lambda: AsyncCommitStore(url, topic_map=TOPICS),
        lambda: SnapshotStore(url),
        lambda: PersistenceManagement(url),
    )
    for make in makers:
        with pytest.raises(ValueError, match="SQLite takes a path, sqlite:///path") as refused:
            make()
        assert "scott" not in str(refused.value)
        assert "tiger" not in str(refused.value)


def test_a_relative_path_stays_what_it_was_when_the_directory_changes(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with CommitStore("events.db", topic_map=TOPICS) as store:
        monkeypatch.chdir(elsewhere)
        store.commit(a_commit()).unwrap()


# Directories that cannot be written


@contextmanager
def as_nobody() -> Generator[Path]:
    """A directory of another user's, when this one is not root (whom nothing stops)."""
    with TemporaryDirectory() as directory:
        place = Path(directory)
        place.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(NOBODY)
        try:
            yield place
        finally:
            if root:
                os.seteuid(0)
            place.chmod(0o755)


posix = pytest.mark.skipif(sys.platform == "win32", reason="it has other permissions")


@posix
def test_a_directory_that_cannot_be_written_is_said_to_be() -> None:
    with as_nobody() as place, PersistenceManagement(place / "events.db") as management:
        with pytest.raises(AccessRefused, match=f"directory {place} cannot be written") as refused:
            management.initialize()
        assert "initialize" not in str(refused.value)


@posix
def test_a_directory_that_cannot_be_entered_is_said_to_be() -> None:
    with TemporaryDirectory() as directory:
        place = Path(directory)
        place.chmod(0o700)
        root = os.geteuid() == 0
        if root:
            os.seteuid(NOBODY)
        else:
            place.chmod(0)
        try:
            with PersistenceManagement(place / "events.db") as management:
                with pytest.raises(AccessRefused, match=f"directory {place} cannot be entered"):
                    management.initialize()
        finally:
            if root:
                os.seteuid(0)
            place.chmod(0o700)


# Files that go while they are open


def removed(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


posix_open = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")


@posix_open
@pytest.mark.parametrize("go", [removed, replaced])
def test_a_file_that_goes_while_it_is_open_is_missed(path: Path, go: Callable[[Path], None]) -> None:
    with CommitStore(path, topic_map=TOPICS) as store:
        store.commit(a_commit("before")).unwrap()
        go(path)
        with pytest.raises(StorageUnavailable, match=r"events.db was removed or replaced while it was open"):
            store.commit(a_commit("lost"))
        with pytest.raises(StorageUnavailable, match="removed or replaced"):
            list(store.get_from("tenant"))


@posix_open
@pytest.mark.parametrize("go", [removed, replaced])
def test_a_file_that_goes_is_missed_by_an_async_store(path: Path, go: Callable[[Path], None]) -> None:
    async def scenario() -> None:
        async with AsyncCommitStore(path, topic_map=TOPICS) as store:
            (await store.commit(a_commit("before"))).unwrap()
            go(path)
            with pytest.raises(StorageUnavailable, match=r"events.db was removed or replaced"):
                await store.commit(a_commit("lost"))
            with pytest.raises(StorageUnavailable, match="removed or replaced"):
                _ = [each async for each in store.get_from("tenant")]

    asyncio.run(scenario())


@posix_open
def test_a_purge_of_a_file_that_went_is_refused(path: Path) -> None:
    with PersistenceManagement(path) as management:
        management.purge("tenant")
        removed(path)
        with pytest.raises(StorageUnavailable, match="removed or replaced"):
            management.purge("tenant")
