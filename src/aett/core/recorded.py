"""Recorded events: an event together with where and when it happened."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import Any, Generic, TypeVar, cast
from uuid import UUID, uuid5

from attrs import frozen

from aett.core.commit import Commit
from aett.core.headers import Headers

E_co = TypeVar("E_co", covariant=True)


@frozen
class Recorded(Generic[E_co]):
    """An event as it stands in the log: the `index`-th, from 0, of a stored commit."""

    commit: Commit
    index: int

    @property
    def event(self) -> E_co:
        """The event itself."""
        return cast("E_co", self.commit.events[self.index].body)

    @property
    def headers(self) -> Headers:
        """The event's own headers; those of its commit are `commit.headers`."""
        return self.commit.events[self.index].headers

    @property
    def tenant_id(self) -> str:
        """Whose it is."""
        return self.commit.tenant_id

    @property
    def stream_id(self) -> str:
        """The stream that it is of."""
        return self.commit.stream_id

    @property
    def revision(self) -> int:
        """Its number in its stream, from 1."""
        return self.commit.first_revision + self.index

    @property
    def checkpoint(self) -> int:
        """The position of its commit in the tenant's log."""
        return self.commit.checkpoint or 0

    @property
    def stamp(self) -> datetime:
        """When it was committed, by its writer's clock; in UTC."""
        return self.commit.commit_stamp

    @property
    def id(self) -> UUID:
        """An id of its own, the same for everybody who reads it: made of the commit's id and the index."""
        return uuid5(self.commit.commit_id, str(self.index))


def recorded(commit: Commit, classes: Container[type] | None = None, *, begin: int = 0) -> list[Recorded[Any]]:
    """The events of a commit, from an index on; only those of these classes, if there are any."""
    return [
        Recorded(commit, index)
        for index, message in enumerate(commit.events)
        if index >= begin and (classes is None or type(message.body) in classes)
    ]
