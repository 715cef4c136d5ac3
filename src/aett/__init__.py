"""Aett: an event store. The core's values and functions, and the repositories; engines are in `aett.adapters`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aett.core.aggregate import Aggregate
from aett.core.commit import Commit, EventMessage, caused_by
from aett.core.conflict import ConflictDetector, ConflictRule, commutes, conflicts_if
from aett.core.dead_letter import DeadLetter
from aett.core.errors import (
    AccessRefused,
    AettError,
    CorruptStorage,
    InvalidCommit,
    InvalidIdentifier,
    InvalidRegister,
    SchemaMismatch,
    StorageUnavailable,
    StoreClosed,
    UnknownTopic,
    UnsupportedServer,
    UnsupportedType,
)
from aett.core.fold import Evolves, Impossible, fold
from aett.core.folded import Folded
from aett.core.head import Head
from aett.core.headers import Headers
from aett.core.later import later
from aett.core.number import MAX_REVISION
from aett.core.outcome import Failure, Outcome, Result, Success, accept
from aett.core.page import Page
from aett.core.passed_over import PassedOver
from aett.core.projection import Projection
from aett.core.recorded import Recorded
from aett.core.register import Overtaken, Register
from aett.core.rejection import (
    CommitRejection,
    CommitTooLarge,
    ConflictingCommit,
    DuplicateCommit,
    NonConflictingCommit,
)
from aett.core.saga import Saga
from aett.core.snapshot import Snapshot
from aett.core.stored_event import StoredEvent
from aett.core.tail import Tail
from aett.core.topic import Topic
from aett.core.topic_map import TopicMap

if TYPE_CHECKING:
    from aett.application.async_repositories import (
        AsyncDefaultAggregateRepository,
        AsyncDefaultSagaRepository,
    )
    from aett.application.following.async_inline import async_inline
    from aett.application.following.async_runner import AsyncRunner
    from aett.application.following.async_watching import AsyncFollowers
    from aett.application.following.followers import Follower, Handler, Reactor
    from aett.application.following.inline import inline
    from aett.application.following.iterating import async_follow, follow
    from aett.application.following.pace import Pace
    from aett.application.following.position import Stop
    from aett.application.following.runner import Runner
    from aett.application.following.running import Running, Tenants, Turned
    from aett.application.following.watching import Followers
    from aett.application.following.watching_plans import Lag, Projected
    from aett.application.repositories import DefaultAggregateRepository, DefaultSagaRepository
    from aett.application.saga_plans import Undispatched
    from aett.application.snapshot_policy import SnapshotPolicy, every, never
    from aett.application.state_cache import StateCache
    from aett.application.writing import AheadOfStream, WriteRejection
    from aett.connecting import AsyncStores, Settings, Stores, aconnect, connect

_LATER = {
    "AheadOfStream": "application.writing",
    "AsyncDefaultAggregateRepository": "application.async_repositories",
    "AsyncDefaultSagaRepository": "application.async_repositories",
    "AsyncFollowers": "application.following.async_watching",
    "AsyncRunner": "application.following.async_runner",
    "AsyncStores": "connecting",
    "DefaultAggregateRepository": "application.repositories",
    "DefaultSagaRepository": "application.repositories",
    "Follower": "application.following.followers",
    "Followers": "application.following.watching",
    "Handler": "application.following.followers",
    "Lag": "application.following.watching_plans",
    "Pace": "application.following.pace",
    "Projected": "application.following.watching_plans",
    "Reactor": "application.following.followers",
    "Runner": "application.following.runner",
    "Running": "application.following.running",
    "Settings": "connecting",
    "SnapshotPolicy": "application.snapshot_policy",
    "StateCache": "application.state_cache",
    "Stop": "application.following.position",
    "Stores": "connecting",
    "Tenants": "application.following.running",
    "Turned": "application.following.running",
    "Undispatched": "application.saga_plans",
    "WriteRejection": "application.writing",
    "aconnect": "connecting",
    "async_follow": "application.following.iterating",
    "async_inline": "application.following.async_inline",
    "connect": "connecting",
    "every": "application.snapshot_policy",
    "follow": "application.following.iterating",
    "inline": "application.following.inline",
    "never": "application.snapshot_policy",
}
"""What a domain alone does not need: `import aett` is to be quick."""

__all__ = [
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
]

__getattr__ = later(__name__, _LATER)
