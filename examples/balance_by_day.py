"""What a bank owes at the end of each day: a projection that runs beside the writers, and a table of accounts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from tempfile import TemporaryDirectory
from uuid import uuid4

from attrs import frozen

from aett import Followers, Handler, Head, Projection, Recorded, Runner, Topic, TopicMap
from aett.adapters.sqlite import CommitStore, PersistenceManagement, RegisterStore, transaction
from aett.ports import Transaction

BANK = "first-bank"


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


AccountEvent = Deposited | Withdrawn
TOPICS = TopicMap(AccountEvent)


def change(event: AccountEvent) -> int:
    """By how much the bank owes more."""
    match event:
        case Deposited(amount):
            return amount
        case Withdrawn(amount):
            return -amount


# All accounts together: a state, folded by a pure function.


def owed(days: dict[date, int], recorded: Recorded[AccountEvent]) -> dict[date, int]:
    """What the bank owes at the end of each day on which something happened."""
    day, before = recorded.stamp.date(), days[max(days)] if days else 0
    return {**days, day: before + change(recorded.event)}


OWED = Projection[dict[date, int], AccountEvent](
    name="owed", topics=AccountEvent, initial={}, state=dict[date, int], project=owed
)


# Each account by itself: too much for a state, so it is a table, changed in one transaction with the position.


def note(batch: Sequence[Recorded[AccountEvent]], tx: Transaction[Connection]) -> None:
    """Add what happened to the account's day."""
    tx.connection.executemany(
        "INSERT INTO changes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        [(each.stream_id, f"{each.stamp:%F}", change(each.event)) for each in batch],
    )


CHANGES = Handler[AccountEvent, Transaction[Connection]](name="changes", topics=AccountEvent, handle=note)


def work(database: Path) -> None:
    """Three days at the bank."""
    with PersistenceManagement(database) as management:
        management.initialize()
    with transaction(database) as tx:
        tx.connection.execute(
            "CREATE TABLE changes (account TEXT, day TEXT, amount INTEGER, PRIMARY KEY (account, day))"
        )
    with CommitStore(database, topic_map=TOPICS) as store, RegisterStore(database) as registers:
        followers = Followers(BANK, store=store, registers=registers)

        def happen(account: str, event: AccountEvent, day: int) -> int:
            stamp = datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(days=day)
            head: Head = store.head(BANK, account)
            return store.commit(head.commit(event, commit_id=uuid4(), stamp=stamp)).unwrap().checkpoint or 0

        with Runner(
            OWED,
            CHANGES,
            tenants=[BANK],
            store=store,
            registers=registers,
            begin=lambda: transaction(database),
        ):
            happen("ann", Deposited(100), day=0)
            happen("bob", Deposited(50), day=0)
            happen("ann", Withdrawn(30), day=1)
            last = happen("bob", Deposited(5), day=2)
            for follower in (OWED, CHANGES):
                followers.wait_for(follower, last)  # so one reads one's own writes

        for day, amount in followers.state(OWED).state.items():
            print(f"{day}: {amount} are owed")
        with transaction(database) as tx:
            for account, day, amount in tx.connection.execute("SELECT * FROM changes ORDER BY account, day"):
                print(f"{account} {day}: {amount:+}")


if __name__ == "__main__":
    with TemporaryDirectory() as directory:
        work(Path(directory, "bank.db"))
