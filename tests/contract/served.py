"""What the contract tests of SQL servers share: places by tables, bigger races, transactions of the caller's."""
# ruff: noqa: N802  # A test's name begins with its law.

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from attrs import evolve, frozen
from tests.repositories import Repository

from aett import AccessRefused, Failure, Head, SchemaMismatch, Success, UnsupportedServer
from aett.adapters.sql.statement import Statement, Transaction
from aett.ports import CommitStore
from aett.testing import Contract, Harness, Place, Race, Traits
from aett.testing.awaited import AwaitedPersistenceManagement, Loop
from aett.testing.clients import PAGE_SIZE, Clients
from aett.testing.laws.making import OTHER, STREAM, append, id_of, log, make, notes, whole
from aett.testing.model import must_be
from aett.testing.processes import Processes, Talk
from aett.testing.racing import race_threads
from aett.testing.samples import CONFLICTS, TOPICS, at

ROOT = Path(__file__).parents[2]
LIMIT = 100_000
TRAITS = Traits(max_commit_size=LIMIT)
ONE_BY_ONE = evolve(TRAITS, imports_together=False)


@frozen
class At:
    """An engine's classes with a table of their own: several places in one database, also seen from processes.

    place: the name of the argument that names the table, and its value.
    """

    engine: str
    place: dict[str, str]
    settings: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        module = import_module(self.engine)
        if name in {"transaction", "async_transaction"} and hasattr(module, name):
            return partial(getattr(module, name), **self.place)
        if not name.endswith(("Store", "Management")):
            raise AttributeError(name)
        return partial(getattr(module, name), **self.place, **self.settings)


def harness(
    engine: str,
    url: str,
    *,
    awaited: bool = False,
    called: str = "table",
    slow: bool = False,
    traits: Traits = TRAITS,
    **settings: Any,
) -> Harness:
    """The engine at a new table of the server's for each place; settings are for all its classes.

    called: what the engine calls a table. slow: as a harness has it.
    """

    @contextmanager
    def place() -> Generator[Place]:
        at: Any = At(engine, {called: f"t{uuid4().hex}"}, settings)
        yield Place.of(at, url, awaited=awaited, commit_store={"max_commit_size": LIMIT})
        with at.PersistenceManagement(url) as management:
            management.drop()

    return Harness(f"{engine}, {'async' if awaited else 'sync'}", place, traits, slow)


class Served(Contract):
    """The laws, with races that keep a server busy."""

    race: ClassVar[Race] = Race(writers=16, commits=100, streams=8, seconds=2.5)

    def test_L13_eight_processes_initialize_at_once(self, uninitialized: Clients) -> None:
        with Processes([(_initialize, uninitialized.place)] * 8) as processes:
            assert processes.results(120) == ["done"] * 8
        append(uninitialized.one, STREAM, notes("one"))


def _initialize(_: Talk, place: Place) -> str:
    with closing(Clients(place, TRAITS)) as clients:
        clients.one.management.initialize()
    return "done"


@frozen
class Joined:
    """A store within a transaction of the caller's."""

    commits: Any
    end: Callable[[str], None]
    """Commits the transaction, or rolls it back."""


Joining = Callable[[Clients], AbstractContextManager[Joined]]


class Joins:
    """What commits in a transaction of the caller's are bound to; a subclass says how one is joined."""

    @pytest.fixture
    def joining(self) -> Joining:
        raise NotImplementedError

    def test_L3_a_commit_is_part_of_the_callers_transaction(self, clients: Clients, joining: Joining) -> None:
        for how, expected in (("ROLLBACK", 0), ("COMMIT", 1)):
            with joining(clients) as joined:
                commit = make(Head(*STREAM), *notes("one"), commit_id=id_of(1))
                assert isinstance(joined.commits.commit(commit), Success)
                assert len(list(joined.commits.get(*STREAM))) == 1
                assert whole(clients.other, STREAM) == []
                joined.end(how)
            assert len(whole(clients.other, STREAM)) == expected

    def test_L5_a_lost_race_does_not_spoil_the_callers_transaction(
        self, clients: Clients, joining: Joining
    ) -> None:
        append(clients.one, STREAM, notes("theirs"))
        with joining(clients) as joined:
            answer = joined.commits.commit(make(Head(*STREAM), *notes("late"), commit_id=id_of(7)))
            assert isinstance(answer, Failure)
            assert isinstance(
                joined.commits.commit(make(Head(*OTHER), *notes("mine"), commit_id=id_of(8))), Success
            )
            joined.end("COMMIT")
        assert len(whole(clients.other, OTHER)) == 1

    def test_L10_a_reader_waits_for_whoever_may_still_show_a_lower_checkpoint(
        self, clients: Clients, joining: Joining
    ) -> None:
        tenant, _ = STREAM
        append(clients.one, STREAM, notes("before"))
        seen = [each.checkpoint for each in log(clients.other, tenant)]
        newest = seen[-1] or 0
        with joining(clients) as joined:
            held = joined.commits.commit(make(Head(*OTHER), *notes("held"), commit_id=id_of(9))).unwrap()
            head = Head.after(whole(clients.one, STREAM)[-1])
            later = clients.one.commits.commit(make(head, *notes("later"), commit_id=id_of(10))).unwrap()
            assert (later.checkpoint or 0) > (held.checkpoint or 0)
            # Nothing new may be told, for what is held has a lower number than what is there.
            assert list(clients.other.commits.get_from(tenant, newest)) == []
            assert list(clients.other.commits.get_from(tenant, newest, backwards=True)) == []
            joined.end("COMMIT")
        after = [each.checkpoint for each in clients.other.commits.get_from(tenant, newest)]
        assert after == [held.checkpoint, later.checkpoint]

    def test_L10_beside_a_transaction_held_open_what_was_there_before_is_read_at_once(
        self, clients: Clients, joining: Joining
    ) -> None:
        tenants = {
            tenant: append(clients.one, (tenant, "old"), *(notes("old") for _ in range(20))) for tenant in "to"
        }
        for tenant, before in tenants.items():
            must_be(clients.other.commits.get_from(tenant), before, "L10: before")
        with joining(clients) as joined:
            held = joined.commits.commit(make(Head("t", "held"), commit_id=id_of(9))).unwrap()
            later = clients.one.commits.commit(make(Head("t", "later"), commit_id=id_of(10))).unwrap()
            for tenant, before in tenants.items():
                must_be(
                    clients.other.commits.get_from(tenant), before, f"L10: tenant {tenant} beside a transaction"
                )
                last = clients.other.commits.get_from(tenant, backwards=True, limit=3)
                must_be(last, before[:-4:-1], f"L10: tenant {tenant}, backwards")
            tail = clients.other.commits.tail("t")
            assert tail.held_up
            assert tail.newest == later.checkpoint
            assert (tenants["t"][-1].checkpoint or 0) <= tail.settled < (held.checkpoint or 0)
            # What one asks for by time is all that is there, whoever else is on his way.
            must_be(clients.other.commits.get_all_to("t", at(1e6)), [*tenants["t"], later], "L8: get_all_to")
            joined.end("COMMIT")
        must_be(clients.other.commits.get_from("t"), [*tenants["t"], held, later], "L10: afterwards")
        assert not clients.other.commits.tail("t").held_up

    def test_L10_what_was_rolled_back_holds_up_nobody(self, clients: Clients, joining: Joining) -> None:
        tenant, _ = STREAM
        with joining(clients) as joined:
            joined.commits.commit(make(Head(*OTHER), *notes("gone"), commit_id=id_of(9))).unwrap()
            later = append(clients.one, STREAM, notes("later"))
            joined.end("ROLLBACK")
        assert [each.commit_id for each in log(clients.other, tenant)] == [each.commit_id for each in later]

    def test_L10_the_log_is_not_read_within_a_transaction(self, clients: Clients, joining: Joining) -> None:
        with joining(clients) as joined:
            joined.commits.commit(make(Head(*STREAM), *notes("one"), commit_id=id_of(1))).unwrap()
            with pytest.raises(UnsupportedServer, match="within a transaction"):
                list(joined.commits.get_from(STREAM[0]))
            joined.end("ROLLBACK")

    def test_L10_writers_are_not_starved_while_a_transaction_is_held_and_the_log_is_polled(
        self, clients: Clients, joining: Joining
    ) -> None:
        tenant, _ = STREAM

        def pace(seconds: float, name: str) -> int:
            head, end, count = Head(tenant, name), time.monotonic() + seconds, 0
            with own_store(clients) as commits:
                while time.monotonic() < end:
                    head = Head.after(commits.commit(make(head, commit_id=uuid4())).unwrap())
                    count += 1
            return count

        def poll(seconds: float) -> list[int]:
            end, found = time.monotonic() + seconds, list[int]()
            with own_store(clients) as commits:
                while time.monotonic() < end:
                    found += [each.checkpoint or 0 for each in commits.get_from(tenant, max(found, default=0))]
                    time.sleep(0.02)
            return found

        with joining(clients) as joined, ThreadPoolExecutor(5) as pool:
            held = joined.commits.commit(make(Head(*OTHER), *notes("held"), commit_id=id_of(9))).unwrap()
            undisturbed = sum(pool.map(pace, [1.0] * 4, ["a", "b", "c", "d"]))
            reading = pool.submit(poll, 2.0)
            polled = sum(pool.map(pace, [2.0] * 4, ["e", "f", "g", "h"])) / 2
            assert reading.result() == [], "the reader told of what is above a number that is still held"
            joined.end("COMMIT")
        # How fast is for benchmarks to measure; this tells starved from served, on however busy a machine:
        # a reader that queues for the lock all the time leaves 4 of 100.
        assert polled > undisturbed / 8, f"{polled} commits a second beside a reader, {undisturbed} without"
        told = [each.checkpoint for each in clients.connect(page_size=256).commits.get_from(tenant)]
        assert told[0] == held.checkpoint
        assert len(told) == len(set(told)) == 1 + undisturbed + round(2 * polled)

    def test_an_unrelated_transaction_holds_up_no_reader(self, clients: Clients, joining: Joining) -> None:
        with joining(clients) as idle:
            assert list(idle.commits.get(*STREAM)) == []  # it has begun, and does nothing to the log
            race_threads(clients, Race(writers=16, commits=20, streams=8))
            idle.end("ROLLBACK")


def not_let_in(stores: Any, url: str, told: str) -> None:
    """Both faces of an engine say that nobody is let in there: `AccessRefused`."""
    commit = make(Head(*STREAM), commit_id=uuid4())
    with stores.CommitStore(url, topic_map=TOPICS) as store, pytest.raises(AccessRefused, match=told):
        store.commit(commit)

    async def awaiting() -> None:
        async with stores.AsyncCommitStore(url, topic_map=TOPICS) as store:
            with pytest.raises(AccessRefused, match=told):
                await store.commit(commit)

    asyncio.run(awaiting())


@contextmanager
def awaited(management: Any) -> Generator[AwaitedPersistenceManagement]:
    """The sync face of an async one, on a loop of its own."""
    loop = Loop()
    try:
        yield AwaitedPersistenceManagement(management, loop)
    finally:
        loop.wait(management.close())
        loop.close()


@contextmanager
def own_store(clients: Clients) -> Generator[CommitStore]:
    """A store of a thread's own."""
    own = Clients(clients.place, clients.traits)
    try:
        yield own.connect(page_size=256).commits
    finally:
        own.close()


def store(engine: str, clients: Clients, connection: Any) -> Any:
    """A commit store of the engine on a connection, at the clients' place."""
    table = clients.place.commit_store.keywords["table"]  # type: ignore[attr-defined]
    made: Any = import_module(engine).CommitStore
    return made(connection, table=table, topic_map=TOPICS, conflict_detector=CONFLICTS, page_size=PAGE_SIZE)


def git_history_twice(url: str) -> None:
    """The example runs on a server, and finds all done when it runs again."""
    with TemporaryDirectory() as folder:
        repository = Repository.made(Path(folder) / "repository")
        for number in range(12):
            files: dict[str | bytes, str | bytes] = {
                "README.md": f"{number}\n",
                f"src/{number % 5}.py": f"{number}\n",
            }
            repository.commit(f"Commit {number}", files, at=f"{1_700_000_000 + number} +0000")
        command = (sys.executable, ROOT / "examples" / "git_history.py", repository.path, "--store", url)
        first, second = (
            subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  # our own example
            for _ in range(2)
        )
    assert "most changed" in first
    assert "written: nothing new" in second


def git_history(url: str, execute: Callable[[str], list[tuple[Any, ...]]], heading: str) -> None:
    """The example runs on a server, twice; and what it wrote can be looked at with the page's own query."""
    git_history_twice(url)
    page = (ROOT / "docs" / "engines.md").read_text()
    query = page.partition(f"\n## {heading}\n")[2].partition("```sql\n")[2].partition("```")[0]
    ((tenant,),) = execute("SELECT MAX(tenant_id) FROM commits")
    name = tenant.decode() if isinstance(tenant, bytes) else tenant
    rows = execute(query.replace("'bank'", f"'{name}'"))
    assert "git.file-changed" in {row[4] for row in rows}
    bodies = [json.loads(row[5]) if isinstance(row[5], str) else row[5] for row in rows]
    assert "README.md" in {body.get("path") for body in bodies}


def run_into_each_other(made: Callable[[], Any], table: str, sleep: str) -> None:
    """Two transactions that lock each other's rows: the server undoes one of them; in the end both are done."""
    rows = f"{table}_rows"
    with made() as one, made() as other:
        perform: Any = one._performer
        for text in (
            f"CREATE TABLE {rows} (id INT PRIMARY KEY, n INT)",
            f"INSERT INTO {rows} VALUES (1, 0), (2, 0)",
        ):
            perform(Statement(text, writes=True))

        def add(store: Any, first: int, second: int) -> None:
            statements = (
                f"UPDATE {rows} SET n = n + 1 WHERE id = {first}",
                f"SELECT {sleep}(0.3)",
                f"UPDATE {rows} SET n = n + 1 WHERE id = {second}",
            )
            store._performer(Transaction(tuple(map(Statement, statements))))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(add, (one, other), (1, 2), (2, 1)))
        assert perform(Statement(f"SELECT id, n FROM {rows} ORDER BY id")) == [(1, 2), (2, 2)]
        perform(Statement(f"DROP TABLE {rows}"))


async def await_each_other(made: Callable[[], Any], table: str, sleep: str) -> None:
    """As `run_into_each_other`, by two tasks."""
    rows = f"{table}_awaited"
    async with made() as one, made() as other:
        perform: Any = one._performer
        await perform(Statement(f"CREATE TABLE {rows} (id INT PRIMARY KEY, n INT)"))
        await perform(Statement(f"INSERT INTO {rows} VALUES (1, 0), (2, 0)"))

        def add(store: Any, first: int, second: int) -> Any:
            return store._performer(
                Transaction(
                    (
                        Statement(f"UPDATE {rows} SET n = n + 1 WHERE id = {first}"),
                        Statement(f"SELECT {sleep}(0.3)"),
                        Statement(f"UPDATE {rows} SET n = n + 1 WHERE id = {second}"),
                    )
                )
            )

        await asyncio.gather(add(one, 1, 2), add(other, 2, 1))
        assert await perform(Statement(f"SELECT id, n FROM {rows} ORDER BY id")) == [(1, 2), (2, 2)]
        await perform(Statement(f"DROP TABLE {rows}"))


def undone_midway(made: Callable[[], Any], management: Callable[[], Any], execute: Callable[[str], Any]) -> None:
    """A purge whose second statement fails has done nothing; `execute` takes the snapshots table away."""
    head = Head("tenant", "stream")
    with made() as store, management() as upkeep:
        for _ in range(2):
            head = Head.after(store.commit(make(head)).unwrap())
        execute("RENAME")
        for purge, names in ((upkeep.purge, ("tenant",)), (upkeep.purge_stream, ("tenant", "stream"))):
            with pytest.raises(SchemaMismatch):
                purge(*names)
            assert len(list(store.get("tenant", "stream"))) == 2
        # Nothing was left open or locked.
        assert isinstance(store.commit(make(head)), Success)


__all__ = [
    "Joined",
    "Joining",
    "Joins",
    "Served",
    "await_each_other",
    "awaited",
    "git_history",
    "harness",
    "not_let_in",
    "run_into_each_other",
    "store",
    "undone_midway",
]
