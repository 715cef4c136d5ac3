"""Harnesses: how the suite gets at an engine; the one thing that an adapter's author writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import partial
from types import ModuleType
from typing import Any, Protocol, TypeAlias

from attrs import field, frozen

from aett.ports.commit_store import AsyncCommitStore, CommitStore
from aett.ports.persistence_management import AsyncPersistenceManagement, PersistenceManagement
from aett.ports.register_store import AsyncRegisterStore, RegisterStore
from aett.ports.snapshot_store import AsyncSnapshotStore, SnapshotStore
from aett.ports.transaction import AsyncTransaction, Transaction
from aett.testing.faults import Faults
from aett.testing.traits import Traits

AnyCommitStore: TypeAlias = CommitStore | AsyncCommitStore
AnySnapshotStore: TypeAlias = SnapshotStore | AsyncSnapshotStore
AnyRegisterStore: TypeAlias = RegisterStore | AsyncRegisterStore
AnyPersistenceManagement: TypeAlias = PersistenceManagement | AsyncPersistenceManagement
AnyTransaction: TypeAlias = (
    AbstractContextManager[Transaction[Any]] | AbstractAsyncContextManager[AsyncTransaction[Any]]
)


class CommitStores(Protocol):
    """Makes commit stores of one place: an engine's class, or a `partial` of it."""

    def __call__(self, *, topic_map: Any, conflict_detector: Any, page_size: int) -> AnyCommitStore:
        """A new store, not yet opened; page_size is the number of commits that it reads at once."""
        ...


def _no_transactions() -> AnyTransaction:
    raise NotImplementedError("the harness's Place must say how one is begun: Place(..., transaction=...)")


@frozen(kw_only=True)
class Place:
    """One place of storage, as four callables, each of which makes a store at this place.

    The stores are context managers with `close()`; all are sync, or all are async.
    Engines that several processes can share have places that can be pickled: make them of classes
    and partials, not of closures.
    transaction: begins one, for the laws of `Transacting`; sync or async as the stores are.
    faults: how the storage fails, for the laws of `Failing`.
    """

    commit_store: CommitStores
    snapshot_store: Callable[[], AnySnapshotStore]
    register_store: Callable[[], AnyRegisterStore]
    persistence: Callable[[], AnyPersistenceManagement]
    awaited: bool = False
    transaction: Callable[[], AnyTransaction] = _no_transactions
    faults: Faults = field(factory=Faults)

    @staticmethod
    def of(
        engine: ModuleType, *where: object, awaited: bool = False, commit_store: dict[str, Any] | None = None
    ) -> Place:
        """The place of an engine's package: `Place.of(aett.adapters.sqlite, path)`.

        where: the first arguments of all four classes, and of `transaction` if the package has it.
        awaited: take the `Async` ones.
        commit_store: more keyword arguments for `CommitStore`.
        """
        face = "Async" if awaited else ""
        made: Any = partial(getattr(engine, f"{face}CommitStore"), *where, **(commit_store or {}))
        transaction = getattr(engine, "async_transaction" if awaited else "transaction", None)
        return Place(
            commit_store=made,
            snapshot_store=partial(getattr(engine, f"{face}SnapshotStore"), *where),
            register_store=partial(getattr(engine, f"{face}RegisterStore"), *where),
            persistence=partial(getattr(engine, f"{face}PersistenceManagement"), *where),
            awaited=awaited,
            transaction=partial(transaction, *where) if transaction else _no_transactions,
        )


@frozen
class Harness:
    """An engine under the suite.

    name: of the engine and its face, for messages.
    place: opens a fresh place, not yet initialized, and clears it away on leaving.
    slow: a round trip takes long (an emulator, a service far away): what is random is tried less often
      in the profiles `dev` and `ci`.
    """

    name: str
    place: Callable[[], AbstractContextManager[Place]]
    traits: Traits = field(factory=Traits)
    slow: bool = False
