"""Group commit on the servers and SQLite: many writers at once, one stream that is held, what cannot be stored."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve, frozen

from aett import Commit, ConflictingCommit, DuplicateCommit, Failure, Head, Success
from aett.adapters.mysql import aiomysql_driver, pymysql_driver
from aett.adapters.sql import async_grouping, grouping
from aett.testing.samples import START, TOPICS, Noted

WRITERS, EACH, STREAMS = 24, 12, 8


@frozen
class Where:
    """Tables of their own, in a database."""

    engine: Any
    url: str
    table: str

    def made(self, name: str, **settings: Any) -> Any:
        return getattr(self.engine, name)(self.url, table=self.table, **settings)


@pytest.fixture(params=["sqlite", "postgresql", "mysql", "mssql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Where]:
    engine = request.param
    url = str(tmp_path / "events.db") if engine == "sqlite" else request.getfixturevalue(f"{engine}_url")
    where = Where(import_module(f"aett.adapters.{engine}"), url, f"t{uuid4().hex}")
    with where.made("PersistenceManagement") as management:
        management.initialize()
        yield where
        management.drop()


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of the groups that were written."""
    found = list[int]()
    for module in (grouping, async_grouping):
        together: Any = module.together

        def spied(steps: Any, together: Any = together) -> Any:
            made = together(steps)
            found.append(len(made.batch))
            return made

        monkeypatch.setattr(module, "together", spied)
    return found


class Written:
    """What writers were told."""

    def __init__(self) -> None:
        self.stored = list[Commit]()
        self.refused = 0

    def judge(self, outcome: Any) -> bool:
        match outcome:
            case Success():
                self.stored.append(outcome.unwrap())
                return True
            case Failure(DuplicateCommit()):
                raise AssertionError("a commit was written twice")
            case _:
                self.refused += 1
                return False


def made(head: Head) -> Commit:
    return head.commit(Noted("x"), Noted("y"), commit_id=uuid4(), stamp=START)


def write_by_threads(where: Where, written: Written) -> None:
    with where.made("CommitStore", topic_map=TOPICS) as store:

        def write(number: int) -> None:
            for each in range(EACH):
                stream = f"s{(number + each) % STREAMS}"
                while not written.judge(store.commit(made(store.head("t", stream)))):
                    pass

        with ThreadPoolExecutor(WRITERS) as pool:
            for each in [pool.submit(write, number) for number in range(WRITERS)]:
                each.result()


async def write_by_tasks(where: Where, written: Written) -> None:
    async with where.made("AsyncCommitStore", topic_map=TOPICS) as store:

        async def write(number: int) -> None:
            for each in range(EACH):
                stream = f"s{(number + each) % STREAMS}"
                while not written.judge(await store.commit(made(await store.head("t", stream)))):
                    pass

        await asyncio.gather(*(write(number) for number in range(WRITERS)))


@pytest.mark.parametrize("face", ["threads", "tasks"])
def test_every_writer_is_told_what_became_of_its_own_commit(where: Where, face: str, sizes: list[int]) -> None:
    written = Written()
    if face == "threads":
        write_by_threads(where, written)
    else:
        asyncio.run(write_by_tasks(where, written))
    with where.made("CommitStore", topic_map=TOPICS) as store:
        log = list(store.get_from("t"))
        assert len(log) == WRITERS * EACH
        by_id = {each.commit_id: each for each in log}
        for told in written.stored:
            assert by_id[told.commit_id] == told, "it was told another's checkpoint"
        for stream, count in Counter(each.stream_id for each in log).items():
            assert store.head("t", stream).sequence == count
    assert written.refused, "nobody was ever too late: the race is none"
    assert max(sizes) > 1, "nothing was written together"


@pytest.mark.parametrize("face", ["threads", "tasks"])
@pytest.mark.parametrize("where", ["mysql"], indirect=True)
def test_a_server_that_does_not_tell_what_it_has_inserted_is_asked(
    where: Where, face: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MySQL has no RETURNING: what a group has inserted is looked up in the same transaction."""
    asked = list[str]()

    def is_none(version: str) -> bool:
        asked.append(version)
        return False

    for module in (pymysql_driver, aiomysql_driver):
        monkeypatch.setattr(module, "is_mariadb", is_none)
    test_every_writer_is_told_what_became_of_its_own_commit(where, face, [2])
    assert asked, "nothing was written together"


@contextmanager
def held(where: Where) -> Generator[None]:
    """A transaction that has appended to a stream, and is open."""
    with where.engine.transaction(where.url, table=where.table) as tx:
        tx.commit_store(topic_map=TOPICS).commit(made(Head("t", "held"))).unwrap()
        yield
        tx.rollback()


def beside_one_that_is_held(where: Where) -> float:
    """Seconds that it takes to write to other streams while somebody waits for the one that is held."""
    with where.made("CommitStore", topic_map=TOPICS) as store:

        def write(stream: str) -> None:
            head = Head("t", stream)
            for _ in range(4 * EACH):
                head = Head.after(store.commit(made(head)).unwrap())

        with ThreadPoolExecutor(WRITERS) as pool:
            with held(where):
                begin = time.monotonic()
                others = [pool.submit(write, f"s{number}") for number in range(WRITERS - 4)]
                time.sleep(0.02)  # the lanes are taken: who waits for the one that is held does so in a group
                waiting = [pool.submit(store.commit, made(Head("t", "held"))) for _ in range(2)]
                for each in others:
                    each.result(60)
                seconds = time.monotonic() - begin
                assert not any(each.done() for each in waiting)
            outcomes = [each.result(60) for each in waiting]
        assert sum(isinstance(each, Success) for each in outcomes) == 1
    return seconds


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_a_stream_that_somebody_holds_does_not_hold_up_the_others(where: Where) -> None:
    assert beside_one_that_is_held(where) < 30, "they waited for it"


def kind_of(outcome: Any) -> object:
    told: Any = outcome
    return told.failure().__class__ if isinstance(outcome, Failure) else told.__class__


def test_what_is_ahead_of_its_stream_or_known_already_is_refused_within_a_group(
    where: Where, sizes: list[int]
) -> None:
    with where.made("CommitStore", topic_map=TOPICS) as store:
        known = [store.commit(made(Head("t", f"known {number}"))).unwrap() for number in range(WRITERS)]

        def write(number: int) -> Any:
            match number % 4:
                case 0:
                    return store.commit(made(Head("t", f"ahead {number}", 4, 2)))
                case 1:
                    return store.commit(evolve(known[number], checkpoint=None))
                case 2:  # of another history
                    return store.commit(made(Head("t", f"known {number}", 4, 1)))
                case _:
                    return store.commit(made(Head("t", f"new {number}")))

        for _ in range(3):
            with ThreadPoolExecutor(WRITERS) as pool:
                outcomes = list(pool.map(write, range(WRITERS)))
            assert [kind_of(each) for each in outcomes] == WRITERS // 4 * [
                ConflictingCommit,
                DuplicateCommit,
                ConflictingCommit,
                Success,
            ]
            for number in range(3, WRITERS, 4):
                with where.made("PersistenceManagement") as management:
                    management.purge_stream("t", f"new {number}")
        assert sum(1 for _ in store.get_from("t")) == WRITERS
    assert max(sizes) > 1, "nothing was written together"


def test_what_the_server_refuses_is_refused_to_its_writer_only(where: Where, sizes: list[int]) -> None:
    """A group fails as a whole; who has no fault in that is not told of it."""
    with where.made("CommitStore", topic_map=TOPICS) as store:

        def write(number: int) -> object:
            commit = made(Head("t", f"s{number}"))
            if number == 7:
                object.__setattr__(commit, "commit_sequence", 2**70)  # no server has so large a number
            try:
                return store.commit(commit)
            except Exception as error:  # noqa: BLE001  # whatever the driver makes of it
                return error

        for _ in range(3):
            with ThreadPoolExecutor(WRITERS) as pool:
                outcomes: list[Any] = list(pool.map(write, range(WRITERS)))
            with where.made("PersistenceManagement") as management:
                management.purge("t")
            assert not isinstance(outcomes[7], Success)
            assert all(isinstance(each, Success) for number, each in enumerate(outcomes) if number != 7)
    assert max(sizes) > 1, "nothing was written together"
