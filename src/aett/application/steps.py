"""The steps of the repositories' plans: calls of the ports."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from aett.core.commit import Commit
from aett.core.number import MAX_REVISION
from aett.core.outcome import Outcome
from aett.core.page import Page
from aett.core.plan import Step
from aett.core.rejection import CommitRejection
from aett.core.snapshot import Snapshot


@frozen
class Append(Step[Outcome[Commit, CommitRejection]]):
    """`CommitStore.commit`."""

    commit: Commit


@frozen
class Find(Step[Commit | None]):
    """`CommitStore.find`."""

    tenant_id: str
    stream_id: str
    commit_id: UUID


@frozen
class OpenPages(Step[Any]):
    """`CommitStore.pages`; the reply is an iterator, for `NextPage`."""

    tenant_id: str
    stream_id: str
    min_revision: int = 1
    max_revision: int = MAX_REVISION
    max_time: datetime | None = None


@frozen
class NextPage(Step[Page | None]):
    """The next page; None after the last."""

    pages: Any


@frozen
class OpenCommits(Step[Any]):
    """`CommitStore.get` between revisions; the reply is an iterator, for `NextCommit`."""

    tenant_id: str
    stream_id: str
    min_revision: int
    max_revision: int = MAX_REVISION


@frozen
class NextCommit(Step[Commit | None]):
    """The next commit; None after the last."""

    commits: Any


@frozen
class NewestSnapshot(Step[Snapshot | None]):
    """`SnapshotStore.get`; None where there is no snapshot store."""

    tenant_id: str
    stream_id: str
    max_revision: int


@frozen
class AddSnapshot(Step[None]):
    """`SnapshotStore.add`."""

    snapshot: Snapshot
