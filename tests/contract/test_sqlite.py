"""SQLite keeps the laws: in a file and in memory, sync and async."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from tests.contract.earlier import parameters, version_1

from aett import Commit, Head, Register
from aett.adapters import sqlite
from aett.testing import Harness, Place, Race, Traits, conformance
from aett.testing.clients import opened
from aett.testing.laws.making import make
from aett.testing.racing import race_processes
from aett.testing.samples import TOPICS

LIMIT = 100_000
TRAITS = Traits(max_commit_size=LIMIT)


def in_a_file(*, awaited: bool) -> Callable[[], AbstractContextManager[Place]]:
    @contextmanager
    def place() -> Generator[Place]:
        with TemporaryDirectory() as directory:
            path = Path(directory) / "store.db"
            yield Place.of(sqlite, path, awaited=awaited, commit_store={"max_commit_size": LIMIT})

    return place


@contextmanager
def in_memory() -> Generator[Place]:
    # A database in memory is its connection's own, so the stores share one that they are given.
    with closing(sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)) as connection:
        yield Place.of(sqlite, connection)


FILE = Harness("sqlite", in_a_file(awaited=False), TRAITS)

TestSqlite = conformance(FILE)
TestAsyncSqlite = conformance(Harness("sqlite, async", in_a_file(awaited=True), TRAITS))
TestSqliteInMemory = conformance(Harness("sqlite, in memory", in_memory, Traits(processes=False)))


def test_L2_L10_eight_processes_by_200_commits_over_four_streams() -> None:  # noqa: N802  # laws L2 and L10
    with opened(FILE) as clients:
        refusals = race_processes(clients, Race(writers=8, commits=200, streams=4))
    assert refusals > 0, "nobody ever met a competitor"


def test_what_version_1_made_is_migrated_and_old_processes_go_on(tmp_path: Path) -> None:
    path, earlier = tmp_path / "events.db", version_1("sqlite", "commits")
    with closing(sqlite3.connect(path, isolation_level=None)) as old:

        def append(commit: Commit) -> None:
            old.execute(earlier.append, parameters(commit)).fetchall()

        for statement in earlier.create:
            old.execute(statement)
        append(make(Head("t", "s")))
        for _ in range(2):
            with sqlite.PersistenceManagement(path) as management:
                management.initialize()
        with sqlite.CommitStore(path, topic_map=TOPICS) as store, sqlite.RegisterStore(path) as registers:
            append(make(Head("t", "another")))
            store.commit(make(store.head("t", "s"), commit_id=uuid4())).unwrap()
            assert [each.checkpoint for each in store.get_from("t")] == [1, 2, 3]
            assert registers.put(Register("t", "n"), b"x").unwrap().exists
        assert old.execute("SELECT version FROM aett_schema").fetchall() == [(2,)]
