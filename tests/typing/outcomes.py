"""What type checkers must know: read by mypy and pyright in `make check`, never run.

Every `match` here is exhaustive without a last `case _`, and every `assert_type` exact.
"""

from __future__ import annotations

from typing import Any, assert_never, assert_type
from uuid import UUID

from attrs import frozen

from aett import (
    Aggregate,
    AsyncDefaultAggregateRepository,
    AsyncDefaultSagaRepository,
    CommitTooLarge,
    ConflictingCommit,
    DefaultAggregateRepository,
    DefaultSagaRepository,
    DuplicateCommit,
    Failure,
    Folded,
    Head,
    Impossible,
    NonConflictingCommit,
    Outcome,
    Result,
    Saga,
    Success,
    Topic,
    TopicMap,
    Undispatched,
    accept,
    fold,
)
from aett.adapters import memory, sqlite
from aett.core.commit import Commit
from aett.core.plan import Plan, Step, arun, run
from aett.core.rejection import CommitRejection
from aett.ports import (
    AsyncCommitStore,
    AsyncPersistenceManagement,
    AsyncSnapshotStore,
    CommitStore,
    PersistenceManagement,
    SnapshotStore,
)


@Topic("typing.opened")
@frozen
class Opened:
    owner: str


@Topic("typing.paid")
@frozen
class Paid:
    amount: int


@frozen
class Open:
    owner: str


@frozen
class Pay:
    amount: int


@frozen
class AlreadyOpen:
    owner: str


@frozen
class NotOpen:
    pass


@frozen
class Account:
    owner: str | None = None
    balance: int = 0


AccountEvent = Opened | Paid
AccountCommand = Open | Pay


def evolve(account: Account, event: AccountEvent) -> Result[Account, Impossible]:
    match event:
        case Opened(owner):
            return Success(Account(owner))
        case Paid() if account.owner is None:
            return Failure(Impossible("nobody owns it"))
        case Paid(amount):
            return Success(Account(account.owner, account.balance + amount))


def decide(account: Account, command: AccountCommand) -> Result[tuple[AccountEvent, ...], AlreadyOpen | NotOpen]:
    match command:
        case Open(owner) if account.owner is None:
            return accept(Opened(owner))
        case Open():
            return Failure(AlreadyOpen(account.owner or ""))
        case Pay() if account.owner is None:
            return Failure(NotOpen())
        case Pay(0):
            return accept()
        case Pay(amount):
            return accept(Paid(amount), Paid(0))


def react(_: Account, event: AccountEvent) -> tuple[Pay, ...]:
    match event:
        case Opened():
            return (Pay(1),)
        case Paid():
            return ()


ACCOUNT = Aggregate(name="account", initial=Account(), evolve=evolve, decide=decide)
assert_type(ACCOUNT, Aggregate[Account, AccountCommand, AccountEvent, AlreadyOpen | NotOpen])

WELCOME = Saga(name="welcome", initial=Account(), evolve=evolve, react=react)
assert_type(WELCOME, Saga[Account, AccountEvent, Pay])

TOPICS = TopicMap(AccountEvent)


def a_fold(events: list[AccountEvent]) -> int:
    match fold(ACCOUNT, events):
        case Success(state):
            assert_type(state, Account)
            return state.balance
        case Failure(impossible):
            assert_type(impossible, Impossible)
            return 0


def saving(repository: DefaultAggregateRepository, folded: Folded[Account, AccountEvent]) -> int:
    match repository.save(ACCOUNT, folded, Paid(1), Opened("x"), commit_id=UUID(int=1)):
        case Success(saved):
            assert_type(saved, Folded[Account, AccountEvent])
            return saved.state.balance
        case Failure(rejection):
            assert_type(rejection, Impossible | CommitRejection)
            return a_commit_rejection(rejection)


def a_commit_rejection(rejection: Impossible | CommitRejection) -> int:
    match rejection:
        case Impossible(reason):
            return len(reason)
        case DuplicateCommit(stored):
            return stored.stream_revision
        case ConflictingCommit(committed) | NonConflictingCommit(committed):
            return len(committed)
        case CommitTooLarge(size, limit):
            return size - limit
        case _ as never:
            assert_never(never)


def executing(repository: DefaultAggregateRepository) -> str | None:
    match repository.execute(ACCOUNT, "a", Open("Ann"), expected_revision=0):
        case Success(folded):
            assert_type(folded.state, Account)
            return folded.state.owner
        case Failure(rejection):
            return why_not(rejection)


def why_not(rejection: AlreadyOpen | NotOpen | Impossible | CommitRejection) -> str:
    match rejection:
        case AlreadyOpen(owner):
            return owner
        case NotOpen():
            return "not open"
        case Impossible(reason):
            return reason
        case DuplicateCommit() | ConflictingCommit() | NonConflictingCommit() | CommitTooLarge():
            return "not stored"


def loading(repository: DefaultAggregateRepository) -> Account:
    outcome = repository.get(ACCOUNT, "a")
    assert_type(outcome, Outcome[Folded[Account, AccountEvent], Impossible])
    return outcome.unwrap().state


def a_transition(repository: DefaultSagaRepository) -> list[Pay]:
    match repository.transition(WELCOME, "a", Opened("Ann")):
        case Success(folded):
            assert_type(folded, Folded[Account, AccountEvent])
        case Failure(rejection):
            assert_type(rejection, Impossible | CommitRejection)
    commands: list[Pay] = []
    for each in repository.undispatched(WELCOME, "a"):
        assert_type(each, Undispatched[Pay])
        commands.append(each.command)
        assert_type(repository.mark_dispatched("a", each).unwrap(), Undispatched[Pay])
    return commands


async def awaiting(tills: AsyncDefaultAggregateRepository, sagas: AsyncDefaultSagaRepository) -> int:
    match await tills.execute(ACCOUNT, "a", Pay(1)):
        case Success(folded):
            assert_type(folded, Folded[Account, AccountEvent])
        case Failure(rejection):
            why_not(rejection)
    async for each in sagas.undispatched(WELCOME, "a"):
        assert_type(each.command, Pay)
    return (await tills.get(ACCOUNT, "a")).unwrap().revision


def storing(store: CommitStore, head: Head, commit: Commit) -> Head:
    match store.commit(commit):
        case Success(stored):
            assert_type(stored, Commit)
            return Head.after(stored)
        case Failure(rejection):
            assert_type(rejection, CommitRejection)
            return head


# Plans: the type of `yield from step` is that of its reply.


@frozen
class Count(Step[int]):
    pass


def counting() -> Plan[str]:
    number = yield from Count()
    assert_type(number, int)
    return "x" * number


async def both_ways(perform: Any, aperform: Any) -> tuple[str, str]:
    one = run(counting(), perform)
    other = await arun(counting(), aperform)
    assert_type(one, str)
    assert_type(other, str)
    return one, other


# Every engine's stores are the ports.


def the_ports() -> tuple[CommitStore, SnapshotStore, PersistenceManagement, CommitStore, SnapshotStore]:
    management: PersistenceManagement = sqlite.PersistenceManagement("x")
    del management
    return (
        memory.CommitStore(topic_map=TOPICS),
        memory.SnapshotStore(),
        memory.PersistenceManagement(),
        sqlite.CommitStore("x", topic_map=TOPICS),
        sqlite.SnapshotStore("x"),
    )


def the_async_ports() -> tuple[AsyncCommitStore, AsyncSnapshotStore, AsyncPersistenceManagement, AsyncCommitStore]:
    snapshots: AsyncSnapshotStore = sqlite.AsyncSnapshotStore("x")
    management: AsyncPersistenceManagement = sqlite.AsyncPersistenceManagement("x")
    del snapshots, management
    return (
        memory.AsyncCommitStore(topic_map=TOPICS),
        memory.AsyncSnapshotStore(),
        memory.AsyncPersistenceManagement(),
        sqlite.AsyncCommitStore("x", topic_map=TOPICS),
    )
