"""Events as CloudEvents 1.0, in their JSON format, one a line: for those who know no commits.

1. Each event is a line of its own. `type` is its topic, `subject` its stream, `source` its tenant, `time` its
   commit's stamp, `data` its body as it is stored, and `id` the id that followers see (`Recorded.id`).
2. What CloudEvents have no room for stands in extension attributes: where the event is in its stream and in its
   commit, and headers and commands as JSON texts. By them the lines of a commit are put together again.
3. An event of somebody else's becomes a commit of its own, at the end of the stream that is its subject, or else
   its source. The commit's id is made of source and id, which name an event once for all: one that is there
   already is passed over. Its other attributes are kept in the event's header `cloudevent`.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from attrs import frozen

from aett.core.codec import header_json
from aett.core.codec.envelope import read_headers
from aett.core.codec.stored import StoredEnvelopes, stored_message
from aett.core.codec.undecodable import Undecodable, reason
from aett.core.commit import Commit, EventMessage
from aett.core.errors import AettError, InvalidCommit
from aett.core.head import Head
from aett.core.recorded import recorded
from aett.operating.appending import Appended, append
from aett.operating.lines import as_stored, embedded
from aett.ports.commit_store import CommitStore

HEADER: Final = "cloudevent"
"""The header of an event in which the attributes stand that a CloudEvent of somebody else's came with."""

_KNOWN: Final = frozenset({"specversion", "type", "subject", "time"})
_ENVELOPES: Final = StoredEnvelopes()
_ATTRIBUTES: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


@frozen
class CloudEvent:
    """An event with its attributes, by name. data: a JSON object, as it came."""

    attributes: Mapping[str, Any]
    data: bytes

    @property
    def is_of_a_commit(self) -> bool:
        """Whether it was exported from a store of ours."""
        return "commitid" in self.attributes

    def text(self, name: str) -> str:
        """An attribute that must be there, as a text that is not empty."""
        found = self.attributes.get(name)
        if not isinstance(found, str) or not found:
            raise InvalidCommit(f"a CloudEvent must have the attribute {name!r}, a text that is not empty")
        return found


def cloud_events_of(commit: Commit) -> Iterator[bytes]:
    """A line for each event, without its end. The commit must have been read with `TopicMap.stored()`."""
    size = len(commit.events)
    for each in recorded(commit):
        event = as_stored(each.event)
        attributes = {
            "specversion": "1.0",
            "id": str(each.id),
            "source": f"/{quote(commit.tenant_id, safe='')}",
            "type": event.topic,
            "subject": commit.stream_id,
            "time": commit.commit_stamp.isoformat(),
            "datacontenttype": "application/json",
            "data": embedded(event.body),
            "tenantid": commit.tenant_id,
            "streamrevision": str(each.revision),
            "topicversion": str(event.version),
            "commitid": str(commit.commit_id),
            "commitsequence": str(commit.commit_sequence),
            "commitplace": f"{each.index + 1}/{size}",
        }
        if each.headers:
            attributes["eventheaders"] = header_json.encode(each.headers).decode()
        if commit.headers:
            attributes["commitheaders"] = header_json.encode(commit.headers).decode()
        if commit.commands:
            attributes["commitcommands"] = _ENVELOPES.encode(map(EventMessage, commit.commands)).decode()
        yield msgspec.json.encode(attributes)


def cloud_event_of(line: bytes | str) -> CloudEvent:
    """The CloudEvent of a line. Raises `InvalidCommit` if it is none, or has data that are no JSON object."""
    try:
        found = _ATTRIBUTES.decode(line)
        data = bytes(found.pop("data", b"{}"))
        event = CloudEvent({name: msgspec.json.decode(raw) for name, raw in found.items()}, data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InvalidCommit(f"the line is no CloudEvent: {reason(error)}") from error
    if "data_base64" in event.attributes:
        raise InvalidCommit("a CloudEvent whose data are binary cannot be stored as an event")
    if not data.lstrip().startswith(b"{"):
        raise InvalidCommit("a CloudEvent's data must be a JSON object to be stored as an event")
    if event.text("specversion") != "1.0":
        raise InvalidCommit("a CloudEvent of another version than 1.0")
    return event


def append_cloud_events(
    target: CommitStore, events: Iterable[CloudEvent], tenant_id: str | None = None
) -> Iterator[Appended]:
    """Append exported commits, or the events of somebody else's, to the log of this tenant.

    Raises `InvalidCommit` where both are mixed, or something is missing.
    """
    source = iter(events)
    for first in source:
        every = chain((first,), source)
        if first.is_of_a_commit:
            yield from append(target, _commits(every))
        elif tenant_id is None:
            raise InvalidCommit("these events say nothing of a tenant: name whose they become")
        else:
            yield from append(target, _of_others(target, tenant_id, every), ahead=False)


def _commits(events: Iterable[CloudEvent]) -> Iterator[Commit]:
    begun = list[CloudEvent]()
    for each in events:
        place, _, size = each.text("commitplace").partition("/")
        follows = not begun or each.attributes["commitid"] == begun[0].attributes["commitid"]
        if place != str(len(begun) + 1) or not follows:
            raise InvalidCommit("the events of a commit do not follow each other: some are missing")
        begun.append(each)
        if place == size:
            yield _commit(begun)
            begun.clear()
    if begun:
        raise InvalidCommit("the last commit has more events than there are")


def _commit(events: list[CloudEvent]) -> Commit:
    last = events[-1]
    try:
        return Commit(
            tenant_id=last.text("tenantid"),
            stream_id=last.text("subject"),
            stream_revision=int(last.text("streamrevision")),
            commit_sequence=int(last.text("commitsequence")),
            commit_id=UUID(last.text("commitid")),
            commit_stamp=_time(last),
            events=tuple(
                stored_message(
                    each.text("type"),
                    int(each.text("topicversion")),
                    each.data,
                    read_headers(_json(each, "eventheaders", "{}")),
                )
                for each in events
            ),
            headers=read_headers(_json(last, "commitheaders", "{}")),
            commands=_ENVELOPES.bodies(bytes(_json(last, "commitcommands", "[]"))),
        )
    except AettError:
        raise
    except (Undecodable, ValueError) as error:
        raise InvalidCommit(f"the attributes of an exported commit cannot be read: {reason(error)}") from error


def _json(event: CloudEvent, name: str, otherwise: str) -> msgspec.Raw:
    return msgspec.Raw((event.text(name) if name in event.attributes else otherwise).encode())


def _of_others(target: CommitStore, tenant_id: str, events: Iterable[CloudEvent]) -> Iterator[Commit]:
    heads = dict[str, Head]()
    for each in events:
        stream_id = each.attributes.get("subject") or each.text("source")
        commit_id = uuid5(NAMESPACE_URL, f"{each.text('source')} {each.text('id')}")
        found = target.find(tenant_id, stream_id, commit_id)
        if found is not None:
            yield found
            continue
        attributes = {name: value for name, value in each.attributes.items() if name not in _KNOWN}
        message = stored_message(each.text("type"), 1, each.data, {HEADER: attributes})
        stamp = _time(each) if "time" in each.attributes else datetime.now(UTC)
        head = heads.get(stream_id) or target.head(tenant_id, stream_id)
        commit = head.commit(message, commit_id=commit_id, stamp=stamp)
        heads[stream_id] = Head.after(commit)
        yield commit


def _time(event: CloudEvent) -> datetime:
    try:
        return datetime.fromisoformat(event.text("time"))
    except ValueError as error:
        raise InvalidCommit("the attribute 'time' of a CloudEvent is no time") from error
