"""The public names: changing one of these lists is a decision, and a line in the changelog."""

from importlib import import_module

import pytest
from odbc import HAS_ODBC

PORTS = ("CommitStore", "PersistenceManagement", "RegisterStore", "SnapshotStore")
STORES = [*(f"Async{each}" for each in PORTS), *PORTS]
BLOCKS = ("async_transaction", "transaction")
PUBLIC = {
    "aett": [
        "MAX_REVISION",
        "AccessRefused",
        "AettError",
        "Aggregate",
        "AheadOfStream",
        "AsyncDefaultAggregateRepository",
        "AsyncDefaultSagaRepository",
        "AsyncFollowers",
        "AsyncRunner",
        "AsyncStores",
        "Commit",
        "CommitRejection",
        "CommitTooLarge",
        "ConflictDetector",
        "ConflictRule",
        "ConflictingCommit",
        "CorruptStorage",
        "DeadLetter",
        "DefaultAggregateRepository",
        "DefaultSagaRepository",
        "DuplicateCommit",
        "EventMessage",
        "Evolves",
        "Failure",
        "Folded",
        "Follower",
        "Followers",
        "Handler",
        "Head",
        "Headers",
        "Impossible",
        "InvalidCommit",
        "InvalidIdentifier",
        "InvalidRegister",
        "Lag",
        "NonConflictingCommit",
        "Outcome",
        "Overtaken",
        "Pace",
        "Page",
        "PassedOver",
        "Projected",
        "Projection",
        "Reactor",
        "Recorded",
        "Register",
        "Result",
        "Runner",
        "Running",
        "Saga",
        "SchemaMismatch",
        "Settings",
        "Snapshot",
        "SnapshotPolicy",
        "StateCache",
        "Stop",
        "StorageUnavailable",
        "StoreClosed",
        "StoredEvent",
        "Stores",
        "Success",
        "Tail",
        "Tenants",
        "Topic",
        "TopicMap",
        "Turned",
        "Undispatched",
        "UnknownTopic",
        "UnsupportedServer",
        "UnsupportedType",
        "WriteRejection",
        "accept",
        "aconnect",
        "async_follow",
        "async_inline",
        "caused_by",
        "commutes",
        "conflicts_if",
        "connect",
        "every",
        "fold",
        "follow",
        "inline",
        "never",
    ],
    "aett.adapters.dynamodb": sorted([*STORES, "Configuration"]),
    "aett.adapters.memory": [*sorted([*STORES, "Memory"]), *BLOCKS],
    "aett.adapters.mongodb": [*STORES, *BLOCKS],
    "aett.adapters.keeping": [
        *(
            f"AsyncKeeper{each}"
            for each in ("CommitStore", "PersistenceManagement", "RegisterStore", "SnapshotStore")
        ),
        "Keeper",
        *(f"Keeper{each}" for each in ("CommitStore", "PersistenceManagement", "RegisterStore", "SnapshotStore")),
        *("Kept", "Record", "stores"),
    ],
    "aett.adapters.mssql": [*STORES, *BLOCKS],
    "aett.adapters.mysql": [*STORES, *BLOCKS],
    "aett.adapters.postgresql": [*STORES, "async_transaction", "bells", "transaction"],
    "aett.adapters.s3": sorted([*STORES, "Configuration"]),
    "aett.adapters.sqlite": [*STORES, *BLOCKS],
    "aett.testing": [
        "Contract",
        "Failing",
        "Faults",
        "Harness",
        "Place",
        "Race",
        "Traits",
        "Transacting",
        "Trouble",
        "async_check_exactly_once",
        "check_commutes",
        "check_exactly_once",
        "conformance",
        "given",
        "happened",
        "projected",
        "run_machine",
        "unreliable",
    ],
}


def as_isort_does(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions, each by name."""
    return not name.isupper(), not name[0].isupper(), name


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_these(package: str) -> None:
    assert import_module(package).__all__ == PUBLIC[package]


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_sorted_and_there(package: str) -> None:
    module = import_module(package)
    if package == "aett.adapters.mssql" and not HAS_ODBC:
        pytest.skip("pyodbc needs unixODBC")
    assert list(module.__all__) == sorted(module.__all__, key=as_isort_does)
    assert all(getattr(module, name) is not None for name in module.__all__)


@pytest.mark.parametrize("package", PUBLIC)
def test_a_name_that_is_not_public_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        import_module(package).nonsense  # noqa: B018  # asked for, to be refused
