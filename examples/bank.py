"""A small bank: two deposits that do not conflict, two withdrawals that do, and a look at the past."""

from datetime import UTC, datetime
from tempfile import TemporaryDirectory

from attrs import frozen

from aett import (
    Aggregate,
    ConflictDetector,
    ConflictingCommit,
    DefaultAggregateRepository,
    Failure,
    Impossible,
    Result,
    Success,
    Topic,
    TopicMap,
    accept,
    commutes,
    connect,
)


@Topic("account.deposited")
@frozen
class Deposited:
    """Money came in."""

    amount: int


@Topic("account.withdrawn")
@frozen
class Withdrawn:
    """Money went out."""

    amount: int


@frozen
class Withdraw:
    """Ask for money."""

    amount: int


@frozen
class InsufficientFunds:
    """Why there is none."""

    missing: int


@frozen
class Account:
    """What the events of an account come to."""

    balance: int = 0


AccountEvent = Deposited | Withdrawn


def evolve(account: Account, event: AccountEvent) -> Result[Account, Impossible]:
    """The account after an event: a fact, which no rule refuses."""
    match event:
        case Deposited(amount):
            return Success(Account(account.balance + amount))
        case Withdrawn(amount):
            return Success(Account(account.balance - amount))


def decide(account: Account, command: Withdraw) -> Result[tuple[AccountEvent, ...], InsufficientFunds]:
    """The events that a command causes, or why it causes none."""
    if command.amount > account.balance:
        return Failure(InsufficientFunds(command.amount - account.balance))
    return accept(Withdrawn(command.amount))


ACCOUNT = Aggregate(name="account", initial=Account(), evolve=evolve, decide=decide)
TOPICS = TopicMap(AccountEvent)
CONFLICTS = ConflictDetector(commutes(Deposited, Deposited))


def work(url: str) -> None:
    """A day at the bank."""
    with connect(url, topic_map=TOPICS, conflict_detector=CONFLICTS) as stores:
        stores.management.initialize()
        bank = DefaultAggregateRepository("first-bank", store=stores.commits)

        # Two clerks look at the same empty account. Deposits commute, so both get in.
        seen = bank.get(ACCOUNT, "account-1").unwrap()
        bank.save(ACCOUNT, seen, Deposited(60)).unwrap()
        both = bank.save(ACCOUNT, seen, Deposited(40)).unwrap()
        print(f"two deposits:      balance {both.state.balance}, revision {both.revision}")
        noon = datetime.now(UTC)

        # Both see 100 and hand out 80: the second one's commit is refused, and nothing is written.
        bank.save(ACCOUNT, both, Withdrawn(80)).unwrap()
        match bank.save(ACCOUNT, both, Withdrawn(80)):
            case Failure(ConflictingCommit(committed)):
                print(f"second withdrawal: in conflict with {committed[0].bodies}")
            case other:
                print(other)

        # A command is decided on what is there, and again whenever somebody was faster.
        print(f"decided again:     {bank.execute(ACCOUNT, 'account-1', Withdraw(80)).failure()}")
        print(f"decided again:     {bank.execute(ACCOUNT, 'account-1', Withdraw(20)).unwrap().state}")

        # Nothing is overwritten: replay all of it, or as far as a time or a revision.
        for commit in stores.commits.get("first-bank", "account-1"):
            print(f"commit {commit.commit_sequence}:          {commit.bodies}")
        print(f"at noon:           {bank.get_to(ACCOUNT, 'account-1', noon).unwrap().state}")
        print(f"at revision 1:     {bank.get(ACCOUNT, 'account-1', max_revision=1).unwrap().state}")


if __name__ == "__main__":
    with TemporaryDirectory() as directory:
        work(f"sqlite:///{directory}/bank.db")
