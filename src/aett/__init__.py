"""Aett: an event store. The core's values and functions, and the repositories; engines are in `aett.adapters`."""

from aett.core.aggregate import Aggregate
from aett.core.commit import MAX_REVISION, Commit, EventMessage, caused_by
from aett.core.conflict import ConflictDetector, ConflictRule, commutes, conflicts_if
from aett.core.errors import (
    AettError,
    CorruptStorage,
    InvalidCommit,
    InvalidIdentifier,
    SchemaMismatch,
    StorageUnavailable,
    StoreClosed,
    UnknownTopic,
    UnsupportedServer,
    UnsupportedType,
)
from aett.core.fold import Impossible, fold
from aett.core.folded import Folded
from aett.core.head import Head
from aett.core.outcome import Failure, Outcome, Result, Success, accept
from aett.core.page import Page
from aett.core.rejection import (
    CommitRejection,
    CommitTooLarge,
    ConflictingCommit,
    DuplicateCommit,
    NonConflictingCommit,
)
from aett.core.saga import Saga
from aett.core.snapshot import Snapshot
from aett.core.topic import Topic
from aett.core.topic_map import TopicMap

__all__ = [
    "MAX_REVISION",
    "AettError",
    "Aggregate",
    "Commit",
    "CommitRejection",
    "CommitTooLarge",
    "ConflictDetector",
    "ConflictRule",
    "ConflictingCommit",
    "CorruptStorage",
    "DuplicateCommit",
    "EventMessage",
    "Failure",
    "Folded",
    "Head",
    "Impossible",
    "InvalidCommit",
    "InvalidIdentifier",
    "NonConflictingCommit",
    "Outcome",
    "Page",
    "Result",
    "Saga",
    "SchemaMismatch",
    "Snapshot",
    "StorageUnavailable",
    "StoreClosed",
    "Success",
    "Topic",
    "TopicMap",
    "UnknownTopic",
    "UnsupportedServer",
    "UnsupportedType",
    "accept",
    "caused_by",
    "commutes",
    "conflicts_if",
    "fold",
]
