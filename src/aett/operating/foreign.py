"""Histories of other stores, as commits of this one.

1. A history is read from its beginning, in the order in which it was written: what each row holds, as a `Told`.
2. Each becomes a commit of its stream, and follows the one before: sequences and revisions are counted anew, since
   other stores leave gaps in theirs. What they were, where they differ, stands in the commit's header `formerly`.
3. Its id is the one that it had, or one that is made of its place: an import that is repeated finds what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from attrs import frozen

from aett.core.codec.stored import stored_message
from aett.core.commit import Commit, EventMessage
from aett.core.errors import InvalidCommit
from aett.core.head import Head
from aett.core.headers import Headers
from aett.core.stamp import EPOCH

F = TypeVar("F")

FORMERLY: Final = "formerly"
"""The header that says which numbers a commit had, if it has others now."""


@frozen
class Told:
    """What another store holds of one commit. sequence, revision: its last event's, as that store counted."""

    tenant_id: str
    stream_id: str
    sequence: int
    revision: int
    commit_id: UUID
    stamp: datetime
    headers: Headers
    events: tuple[EventMessage, ...]


def commits_of(history: Iterable[Told]) -> Iterator[Commit]:
    """Each as the commit that follows the one before it in its stream."""
    heads = dict[tuple[str, str], Head]()
    for each in history:
        place = each.tenant_id, each.stream_id
        head = heads.get(place) or Head(*place)
        counted = {"sequence": head.sequence + 1, "revision": head.revision + len(each.events)}
        formerly = {"sequence": each.sequence, "revision": each.revision}
        headers = each.headers if counted == formerly else {**each.headers, FORMERLY: formerly}
        commit = head.commit(*each.events, commit_id=each.commit_id, stamp=each.stamp, headers=headers)
        heads[place] = Head.after(commit)
        yield commit


def of_aett_3(rows: Iterable[tuple[Any, ...]]) -> Iterator[Told]:
    """Rows of aett 3.x.

    Each is tenant, stream, sequence, revision, commit id, stamp, headers and payload, in the order of checkpoints.
    An event's topic is its header `topic`, or what its body has as `$type`. Raises `InvalidCommit`.
    """
    for tenant, stream, sequence, revision, commit_id, stamp, headers, payload in rows:
        where = f"tenant {tenant!r}, stream {stream!r}, commit {sequence}"
        yield Told(
            tenant_id=tenant,
            stream_id=stream,
            sequence=sequence,
            revision=revision,
            commit_id=commit_id,
            stamp=_instant(stamp, where),
            headers=_json(headers, dict[str, Any], where) if headers else {},
            events=tuple(_of_aett_3(each, where) for each in _json(payload, list[_Event], where)),
        )


def of_eventsourcing(tenant_id: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[Told]:
    """Rows of eventsourcing: originator's id and version, topic and state, in the order of their notification.

    The state must be plain JSON, neither compressed nor encrypted. Raises `InvalidCommit`.
    """
    for originator, version, topic, state in rows:
        where = f"originator {originator}, version {version}"
        stamp: Any = _json(state, _State, where).timestamp
        yield Told(
            tenant_id=tenant_id,
            stream_id=str(originator),
            sequence=version,
            revision=version,
            commit_id=uuid5(NAMESPACE_URL, f"{tenant_id}/{originator}/{version}"),
            stamp=EPOCH if stamp is None else _instant(stamp.data, where),
            headers={},
            events=(stored_message(topic, 1, bytes(state)),),
        )


@frozen
class Placed(Generic[F]):
    """A commit that is yet to be read: its stream, its number there, its stamp in seconds, how it is found."""

    stream: str
    sequence: int
    stamp: int
    found: F


def in_order(placed: Iterable[Placed[F]]) -> list[Placed[F]]:
    """By their stamps, yet each stream by its sequences: an order for what keeps none between streams."""
    by_stream = sorted(placed, key=lambda each: (each.stream, each.sequence, each.stamp))
    latest = dict[str, int]()
    timed = list[tuple[int, Placed[F]]]()
    for each in by_stream:
        latest[each.stream] = max(each.stamp, latest.get(each.stream, each.stamp))
        timed.append((latest[each.stream], each))
    return [each for _, each in sorted(timed, key=itemgetter(0))]


class _Event(msgspec.Struct):
    """An event as 3.x writes it; `$type` stood in the body of earlier ones."""

    body: dict[str, Any]
    headers: dict[str, Any] | None = None


def _of_aett_3(event: _Event, where: str) -> EventMessage:
    headers = dict(event.headers or {})
    topic = event.body.pop("$type", None) or headers.get("topic")
    headers.pop("topic", None)
    if not isinstance(topic, str):
        raise InvalidCommit(f"{where}: holds an event that has no topic")
    return stored_message(topic, 1, msgspec.json.encode(event.body), headers)


class _Stamp(msgspec.Struct):
    data: str = msgspec.field(name="_data_")


class _State(msgspec.Struct):
    """A state as eventsourcing writes it, as far as it matters here."""

    timestamp: _Stamp | None = None


def _json(raw: Any, kind: Any, where: str) -> Any:
    try:
        return msgspec.json.decode(raw if isinstance(raw, str) else bytes(raw), type=kind)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise InvalidCommit(f"{where}: is not stored as JSON, or not as it should be") from error


def _instant(stamp: Any, where: str) -> datetime:
    """An instant; one without a zone is UTC, a number means seconds since 1970."""
    try:
        if isinstance(stamp, int):
            return EPOCH + timedelta(seconds=stamp)
        found = stamp if isinstance(stamp, datetime) else datetime.fromisoformat(str(stamp))
    except (ValueError, OverflowError) as error:
        raise InvalidCommit(f"{where}: its stamp is no time") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
