"""Making: the commits that the tests write, and how they write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from aett.core.commit import Commit
from aett.core.head import Head
from aett.core.outcome import Success
from aett.testing.clients import Client
from aett.testing.model import Name
from aett.testing.samples import Noted, at

STREAM: Final[Name] = ("tenant", "stream")
OTHER: Final[Name] = ("tenant", "another stream")

_NAMESPACE: Final = UUID("6f8f1b52-7d5c-4f0e-9f2c-2f8c7d6f3a10")


def id_of(*parts: object) -> UUID:
    """The commit id of these parts, the same on every run."""
    return uuid5(_NAMESPACE, "\0".join(map(str, parts)))


def notes(*texts: str) -> tuple[Noted, ...]:
    """An event for each text."""
    return tuple(map(Noted, texts))


def make(head: Head, *events: object, stamp: datetime | None = None, commit_id: UUID | None = None) -> Commit:
    """The commit that follows a head, by default of one event, a second after the one before."""
    number = head.sequence + 1
    return head.commit(
        *(events or notes(f"event {number}")),
        commit_id=commit_id or id_of(head.tenant_id, head.stream_id, number),
        stamp=stamp or at(number),
    )


def stored(client: Client, commit: Commit) -> Commit:
    """Commit, and give it as it was stored; an AssertionError if it was refused."""
    match client.commits.commit(commit):
        case Success(result):
            return result
        case refused:
            raise AssertionError(f"L1: {commit!r} follows the head, but got {refused!r}")


def following(head: Head, count: int, *, by: str = "") -> list[Commit]:
    """So many commits, one after the other; by: what tells their ids from those of another writer."""
    found = list[Commit]()
    for _ in range(count):
        found.append(make(head, commit_id=id_of(head.tenant_id, head.stream_id, head.sequence + 1, by)))
        head = Head.after(found[-1])
    return found


def imported(client: Client, commits: Iterable[Commit]) -> list[Commit]:
    """Import them, and give all as stored; an AssertionError if one was refused."""
    found = list[Commit]()
    for outcome in client.commits.commit_all(commits):
        assert isinstance(outcome, Success), f"L1: {outcome!r}"
        found.append(outcome.unwrap())
    return found


def append(client: Client, name: Name, *batches: Iterable[object]) -> list[Commit]:
    """Commit each batch of events at the head of a stream that is empty, and give all as stored."""
    return list(_appended(client, Head(*name), batches))


def append_at(client: Client, name: Name, stamps: Iterable[datetime]) -> list[Commit]:
    """Commit an event at each of these times to a stream that is empty."""
    head, found = Head(*name), list[Commit]()
    for stamp in stamps:
        found.append(stored(client, make(head, stamp=stamp)))
        head = Head.after(found[-1])
    return found


def _appended(client: Client, head: Head, batches: Iterable[Iterable[object]]) -> Iterator[Commit]:
    for batch in batches:
        commit = stored(client, make(head, *batch))
        head = Head.after(commit)
        yield commit


def bounds_of(edges: Sequence[int]) -> list[tuple[int, int]]:
    """Every two of these, the lower first; and neighbours that have crossed, between which there is nothing."""
    return [(low, high) for begin, low in enumerate(edges) for high in edges[max(begin - 1, 0) :]]


def log(client: Client, tenant_id: str) -> list[Commit]:
    """A tenant's whole log."""
    return list(client.commits.get_from(tenant_id))


def whole(client: Client, name: Name) -> list[Commit]:
    """A whole stream."""
    return list(client.commits.get(*name))
