"""Commits: the unit of writing, one or more events appended to one stream atomically."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import field, frozen

from aett.core import headers, identifier, number, stamp
from aett.core.errors import InvalidCommit
from aett.core.headers import EMPTY, Headers, reduced
from aett.core.number import MAX_REVISION

_set = object.__setattr__


@frozen
class EventMessage:
    """An event with the headers of its own."""

    body: object
    headers: Headers = field(default=EMPTY, converter=headers.freeze, hash=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled and copied."""
        return reduced(self)


def _messages(given: Iterable[EventMessage]) -> tuple[EventMessage, ...]:
    return tuple(given)


def _objects(given: Iterable[object]) -> tuple[object, ...]:
    return tuple(given)


def _utc(value: datetime) -> datetime:
    return stamp.utc(value)


@frozen(kw_only=True)
class Commit:
    """One or more events of one stream, written together or not at all.

    stream_revision: the revision of its last event, 1-based.
    commit_sequence: its number in its stream, 1-based.
    commit_id: chosen by the writer; the key of idempotent retries.
    commit_stamp: an aware instant; kept in UTC, exact to the microsecond.
    commands: what a saga wants done because of these events; outside of the revision count.
    checkpoint: its position in its tenant's log; None until it is stored (and numbered).

    Make one with `Head.commit`. Raises `InvalidCommit` or `InvalidIdentifier`.
    """

    tenant_id: str = field(converter=identifier.tenant)
    stream_id: str = field(converter=identifier.stream)
    stream_revision: int = field(validator=number.an_int)
    commit_sequence: int = field(validator=number.an_int)
    commit_id: UUID = field(converter=number.unique)
    commit_stamp: datetime = field(converter=_utc)
    events: tuple[EventMessage, ...] = field(converter=_messages)
    headers: Headers = field(default=EMPTY, converter=headers.freeze, hash=False)
    commands: tuple[object, ...] = field(default=(), converter=_objects)
    checkpoint: int | None = field(default=None, validator=number.an_int_or_none)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled and copied."""
        return reduced(self)

    def __attrs_post_init__(self) -> None:
        """Refuse what no stream can hold."""
        if not self.events:
            raise InvalidCommit(f"{self._where} has no events")
        for message in self.events:
            if not isinstance(message, EventMessage):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
                wrong = f"a {type(message).__name__} where an EventMessage belongs"
                raise InvalidCommit(f"{self._where} holds {wrong}")
        first, sequence = self.first_revision, self.commit_sequence
        if not 1 <= sequence <= first or (sequence == 1) != (first == 1) or self.stream_revision > MAX_REVISION:
            raise InvalidCommit(f"{self._where} cannot hold revisions {first} to {self.stream_revision}")

    @property
    def _where(self) -> str:
        return f"commit {self.commit_sequence} of tenant {self.tenant_id!r}, stream {self.stream_id!r}"

    @property
    def first_revision(self) -> int:
        """The revision of its first event."""
        return self.stream_revision - len(self.events) + 1

    @property
    def bodies(self) -> tuple[object, ...]:
        """Its events, without their headers."""
        return tuple(message.body for message in self.events)


def restored(
    tenant_id: str,
    stream_id: str,
    stream_revision: int,
    commit_sequence: int,
    commit_id: UUID,
    commit_stamp: datetime,
    events: tuple[EventMessage, ...],
    headers: Headers,
    commands: tuple[object, ...],
    checkpoint: int | None,
) -> Commit:
    """As `restoring.restore`, for one of which there are many: written out, it takes half as long."""
    commit = object.__new__(Commit)
    _set(commit, "tenant_id", tenant_id)
    _set(commit, "stream_id", stream_id)
    _set(commit, "stream_revision", stream_revision)
    _set(commit, "commit_sequence", commit_sequence)
    _set(commit, "commit_id", commit_id)
    _set(commit, "commit_stamp", commit_stamp)
    _set(commit, "events", events)
    _set(commit, "headers", headers)
    _set(commit, "commands", commands)
    _set(commit, "checkpoint", checkpoint)
    return commit


def numbered(commit: Commit, checkpoint: int | None) -> Commit:
    """The same commit with the checkpoint that it got."""
    return restored(
        commit.tenant_id,
        commit.stream_id,
        commit.stream_revision,
        commit.commit_sequence,
        commit.commit_id,
        commit.commit_stamp,
        commit.events,
        commit.headers,
        commit.commands,
        checkpoint,
    )


def restored_message(body: object, headers: Headers) -> EventMessage:
    """The same for an event."""
    message = object.__new__(EventMessage)
    _set(message, "body", body)
    _set(message, "headers", headers)
    return message


def caused_by(commit: Commit) -> dict[str, str]:
    """Headers for what this commit causes: its causation id, and the correlation id it carries on."""
    own = str(commit.commit_id)
    return {"causation_id": own, "correlation_id": str(commit.headers.get("correlation_id", own))}
