"""Actors for interleavings, on any engine's real plans, and what must hold when they have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any
from uuid import UUID

from attrs import frozen

from aett import (
    Commit,
    ConflictingCommit,
    DuplicateCommit,
    Failure,
    Head,
    NonConflictingCommit,
    Success,
    Tail,
)
from aett.adapters.store.commits import Commits
from aett.adapters.store.engine import Engine
from aett.adapters.store.plans import ManagementPlans
from aett.adapters.store.reading import Reading
from aett.adapters.store.record import Recorder
from aett.core.errors import StorageUnavailable
from aett.core.outcome import Outcome
from aett.core.plan import Perform, Plan, run
from aett.core.rejection import CommitRejection
from aett.testing import profiles
from aett.testing.interleaving import CRASHED, Interleavings
from aett.testing.model import unnumbered
from aett.testing.samples import CONFLICTS, TOPICS, Noted, at

TENANT = "t"
SIZE = 2
"""Commits a page, so that pages end within what is read."""


@frozen
class Kind:
    """An engine under interleaving.

    engine: given the nonces of its calls. management: given the same.
    numbers_at_commit: as in `Traits`.
    """

    engine: Callable[[Callable[[], bytes]], Engine]
    management: ManagementPlans
    numbers_at_commit: bool = True

    def compared(self, commits: Iterable[Commit]) -> list[Commit]:
        """The commits, without checkpoints where only readers of the log give them."""
        return list(commits) if self.numbers_at_commit else list(map(unnumbered, commits))

    def commits(self, name: str) -> Commits:
        """The plans of a store whose calls have nonces that nobody else's have, the same at every start."""
        numbers = count(1)

        def nonce() -> bytes:
            return f"{name} {next(numbers)}".encode().ljust(16)[-16:]

        return Commits(self.engine(nonce), Recorder(TOPICS), SIZE, CONFLICTS)


def commit_of(stream: str, number: int, *, head: Head | None = None) -> Commit:
    """A commit that its number tells from all others."""
    begin = head or Head(TENANT, stream)
    return begin.commit(Noted(f"{number}"), commit_id=UUID(int=number), stamp=at(number))


def read(reading: Reading[Any]) -> Plan[list[Any]]:
    """All pages."""
    found: list[Any] = []
    cursor = reading.start
    while cursor is not None:
        fetched = yield from reading.fetch(cursor)
        found.extend(fetched.items)
        cursor = fetched.following
    return found


@frozen
class Wrote:
    """What became of a writer's commits: those that were acknowledged, and its last answer."""

    acknowledged: tuple[Commit, ...]
    answer: Any


def writer(kind: Kind, name: str, stream: str, *numbers: int, repeats: bool = False) -> Callable[[], Plan[Wrote]]:
    """Commits one after the other; with the same id again after a lost reply; ends at the first refusal.

    repeats: whether somebody else may have committed the same before.
    """

    def program() -> Plan[Wrote]:
        commits, head, done = kind.commits(name), Head(TENANT, stream), list[Commit]()
        answer: Any = None
        for number in numbers:
            commit, known = commit_of(stream, number, head=head), repeats
            while True:
                try:
                    answer = yield from commits.commit(commit)
                except StorageUnavailable:
                    known = True
                    continue
                break
            stored = _stored(answer, commit)
            assert known or not isinstance(answer, Failure) or stored is None, "L4: took its own for another's"
            if stored is None:
                break
            done.append(stored)
            head = Head.after(stored)
        return Wrote(tuple(done), answer)

    return program


def _stored(answer: Outcome[Commit, CommitRejection], commit: Commit) -> Commit | None:
    match answer:
        case Success(stored):
            done: Commit = stored
            return done
        case Failure(DuplicateCommit(stored)):
            assert stored.commit_id == commit.commit_id, f"L4: {stored} for {commit}"
            return stored
        case Failure(ConflictingCommit(committed) | NonConflictingCommit(committed)):
            assert commit.commit_id not in {each.commit_id for each in committed}, f"L4: {answer}"
            return None
        case _:
            raise AssertionError(f"{answer}")


def continuer(kind: Kind, name: str, stream: str, before: int, number: int) -> Callable[[], Plan[Wrote]]:
    """Commits after somebody's first commit, whether that is there yet or not."""

    def program() -> Plan[Wrote]:
        head = Head.after(commit_of(stream, before))
        answer = yield from kind.commits(name).commit(commit_of(stream, number, head=head))
        stored = _stored(answer, commit_of(stream, number, head=head))
        return Wrote(() if stored is None else (stored,), answer)

    return program


def reader(kind: Kind, times: int) -> Callable[[], Plan[list[Commit]]]:
    """Follows the log, from where it left off, so many times."""

    def program() -> Plan[list[Commit]]:
        commits, seen, after = kind.commits("reader"), list[Commit](), 0
        left = times
        while left:
            try:
                found = yield from read(commits.get_from(TENANT, after))
            except StorageUnavailable:
                continue
            seen.extend(found)
            after = max([after, *(each.checkpoint or 0 for each in found)])
            left -= 1
        return seen

    return program


def backward_reader(kind: Kind) -> Callable[[], Plan[list[Commit]]]:
    """Reads the log from where its tail tells that it is settled, back to its beginning."""

    def program() -> Plan[list[Commit]]:
        commits = kind.commits("backward reader")
        while True:
            try:
                found: list[Commit] = yield from read(commits.get_from(TENANT, 0, backwards=True))
            except StorageUnavailable:
                continue
            return found[::-1]

    return program


def purger(kind: Kind, stream: str) -> Callable[[], Plan[str]]:
    """Purges a stream."""

    def program() -> Plan[str]:
        while True:
            try:
                yield from kind.management.purge_stream(TENANT, stream)
            except StorageUnavailable:
                continue
            return "purged"

    return program


def retried_late(kind: Kind, world: Any) -> None:
    """A commit is tried again when all that the first try left behind has been read and cleared away."""
    programs = {
        "A": writer(kind, "A", "s", 1),
        "R": reader(kind, 3),
        "B": writer(kind, "B", "r", 2),
        "S": reader(kind, 3),
        "again": writer(kind, "again", "s", 1, repeats=True),
        "Q": reader(kind, 2),
    }
    results = {name: run(program(), world) for name, program in programs.items()}
    checker(kind, "s", "r")(world, results)


def visited(interleavings: Interleavings, *, many: bool = False) -> None:
    """Every state; or, if there are many, every one in `soak` and 150 schedules by a seed elsewhere."""
    if many and profiles.chosen() != "soak":
        interleavings.wander(150)
    else:
        interleavings.explore()


def checker(kind: Kind, *streams: str, purged: bool = False) -> Callable[[Any, Mapping[str, Any]], None]:
    """The laws, for what is there when all have ended."""

    def check(world: Perform, results: Mapping[str, Any]) -> None:
        commits = kind.commits("checker")
        log: list[Commit] = run(read(commits.get_from(TENANT, 0)), world)
        checkpoints = [each.checkpoint or 0 for each in log]
        assert checkpoints == sorted(set(checkpoints)), f"L10: checkpoints {checkpoints}"
        for stream in streams:
            found: list[Commit] = run(read(commits.get(TENANT, stream, 1, 2**62)), world)
            sequences = [each.commit_sequence for each in found]
            assert sequences == list(range(1, len(found) + 1)), f"L1: {stream} holds {sequences}"
            logged = [each for each in log if each.stream_id == stream]
            told = f"L10: the log has {_ids(logged)}, the stream {_ids(found)}"
            assert kind.compared(logged) == kind.compared(found), told
        tail = run(commits.tail(TENANT), world)
        newest = max(checkpoints, default=0)
        assert tail == Tail(newest, newest), f"L10: the tail is {tail}, and the last commit {newest}"
        tenants = run(read(commits.tenants()), world)
        # A purge that died midway may have left something.
        assert tenants == [TENANT] if log else (purged or not tenants), f"L9: {tenants} have a log"
        ids = _ids(log)
        assert len(ids) == len(set(ids)), f"L2, L4: doubled in {ids}"
        for name, result in results.items():
            if isinstance(result, Wrote) and not purged:
                for each in kind.compared(result.acknowledged):
                    assert each in kind.compared(log), (
                        f"L6: {name}'s {each.commit_id.int} at {each.checkpoint} was lost of {ids}"
                    )
            if isinstance(result, list):
                _check_reader(result, log, purged=purged)
        for number, stream in enumerate(streams, 1000):
            _goes_on(commits, world, stream, number)

    return check


def _goes_on(commits: Commits, world: Perform, stream: str, number: int) -> None:
    """A new commit is accepted; it may have to finish a purge, and look again."""
    answer, found = None, list[Commit]()
    for _ in range(2):
        found = run(read(commits.get(TENANT, stream, 1, 2**62)), world)
        head = Head.after(found[-1]) if found else Head(TENANT, stream)
        answer = run(commits.commit(commit_of(stream, number, head=head)), world)
        if isinstance(answer, Success):
            return
    raise AssertionError(f"L1: after {_ids(found)} nothing can follow in {stream}: {answer}")


def _check_reader(seen: list[Commit], log: list[Commit], *, purged: bool) -> None:
    told = [each.checkpoint or 0 for each in seen]
    assert told == sorted(set(told)), f"L10: a reader saw {told}"
    newest = max(told, default=0)
    below = [each for each in log if (each.checkpoint or 0) <= newest]
    missed = [each.checkpoint for each in below if each not in seen]
    assert not missed, f"L10: a reader at {newest} will never see {missed}"
    if not purged:
        assert seen == below, f"L10: a reader saw {_ids(seen)}, and there is {_ids(below)}"


def _ids(commits: list[Commit]) -> list[int]:
    return [each.commit_id.int for each in commits]


def retried(kind: Kind, world: Perform, results: Mapping[str, Any], commits: Mapping[str, Commit]) -> None:
    """Whoever crashed comes back with the same commit id: it is stored once, or refused for what others wrote."""
    for name, commit in commits.items():
        if results[name] is CRASHED:
            answer = run(kind.commits(f"{name}, again").commit(commit), world)
            if _stored(answer, commit) is not None:
                found = run(kind.commits("looking").find(TENANT, commit.stream_id, commit.commit_id), world)
                assert found is not None, f"{name}'s retry was acknowledged, and is not there"
