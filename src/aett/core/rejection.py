"""Rejections: the expected ways in which a commit is not accepted, as values."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from aett.core.commit import Commit


@frozen
class DuplicateCommit:
    """The stream already holds a commit of this id: here it is. Nothing changed."""

    stored: Commit


@frozen
class ConflictingCommit:
    """Others committed first, and what they did conflicts with this commit.

    committed: every commit of the stream that the writer had not seen, in order. Empty if the
    writer is ahead of the stream (it was purged, or the numbers are from elsewhere).
    """

    committed: tuple[Commit, ...]


@frozen
class NonConflictingCommit:
    """Others committed first, but by the detector's rules what they did does not conflict.

    Fold `committed` in and commit again from the new head.
    """

    committed: tuple[Commit, ...]


@frozen
class CommitTooLarge:
    """The encoded commit is larger than its engine stores; both in bytes."""

    size: int
    limit: int


CommitRejection: TypeAlias = DuplicateCommit | ConflictingCommit | NonConflictingCommit | CommitTooLarge
