"""The log: publish, then sequence. Writers never wait for the log; whoever reads it writes it.

How a commit comes into the log:

1. A writer puts a *marker*, named by stream, sequence and a nonce of the call, and then the commit itself, on the
   condition that no commit of this sequence is there (`engine`). The marker comes first: a commit whose writer
   died just after it would otherwise never be found.
2. A reader that has come to the log's end appends a *segment*: references to commits, under the next number, on
   the condition that there is no such segment yet. Of several readers one wins; the others read on. So a log never
   changes behind its newest segment, and nobody can appear below what a reader has seen.

How a reader makes a segment, given the number of the last one:

1. It deletes the markers of the commits in the last segment. (Those of earlier segments were deleted before it was
   written.) From now on a marker whose commit is in the log can be none that it finds below, unless somebody has
   written the next segment meanwhile; then its own will be refused.
2. It lists the markers, and looks at the commit that each of them announces, and at the stream's generation:
   - the commit has the marker's nonce: it goes in;
   - it has another nonce: the marker's writer lost, and will never have this sequence; the marker is deleted;
   - there is none: its writer is on its way, or died; the marker stays;
   - the stream has been purged since: whatever is put there is seen by nobody; the marker is deleted.
   A writer that tries the same commit twice has two nonces, so a commit goes in once, even if the second marker
   is put when the first is gone.
3. A stream's commits stand in the log in their order. A listing of several pages is not one instant, and may show
   the marker of sequence k without that of k - 1. So k goes in only behind k - 1: in this segment, or if it is
   shown that k - 1 is not pending any more, by a look for the marker with the nonce of its commit.
4. It puts the segment.

A checkpoint is a segment's number and a place in it, the last place for the last entry: so a reader knows when it
has read the whole segment, and never looks at it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from aett.adapters.aws.call import Call, Calls, Refused, Reply
from aett.adapters.s3.keys import Stream, Tenant, identifier_of
from aett.adapters.s3.objects import Entry, numbered, segment_object
from aett.adapters.s3.requests import ABSENT, Bucket
from aett.adapters.s3.search import lowest
from aett.core.errors import CorruptStorage
from aett.core.plan import Plan

ENTRIES: Final = 500
"""Of a segment, at most."""

MARKERS: Final = 100
"""Whose commits are looked at in one step."""

_MANY: Final = 2**40
_POWERS: Final = tuple(2**each for each in range(40))


class Marker(NamedTuple):
    """What a marker's key tells."""

    stream_id: str
    generation: int
    sequence: int
    nonce: str

    @staticmethod
    def of(tenant: Tenant, key: str) -> Marker:
        """The marker of a key."""
        try:
            stream, generation, sequence, nonce = key.removeprefix(tenant.room("pending")).split("/")
            return Marker(identifier_of(stream), int(generation), int(sequence), nonce)
        except ValueError as error:
            raise CorruptStorage(f"{key}: no marker's key") from error

    @property
    def name(self) -> tuple[str, int]:
        """Of the stream, in its generation."""
        return self.stream_id, self.generation

    def stream(self, tenant: Tenant) -> Stream:
        """Where its stream stands."""
        return tenant.stream(self.stream_id, self.generation)

    def key(self, tenant: Tenant) -> str:
        """Its key."""
        return self.stream(tenant).marker(self.sequence, bytes.fromhex(self.nonce))


def newest(bucket: Bucket, tenant: Tenant) -> Plan[int]:
    """The number of the last segment; 0 if there is none."""
    return (yield from last_of(lambda number: bucket.head(tenant.segment(number))))


def last_of(head: Callable[[int], Call]) -> Plan[int]:
    """The last of the numbers from 1 on whose object is there; 0 if there is none."""
    return (yield from lowest(1, _MANY, head, is_absent, _POWERS)) - 1


def sequence(bucket: Bucket, tenant: Tenant, last: int, entries: int = ENTRIES) -> Plan[bool]:
    """Append a segment after the last, if there is anything to be; whether there may be news."""
    if not (yield from _forgotten(bucket, tenant, last)):
        return False
    found: list[Marker] = []
    after: str | None = None
    while len(found) < entries:
        keys = yield from bucket.listed(tenant.room("pending"), after, MARKERS)
        if not keys:
            break
        found += yield from _published(bucket, tenant, [Marker.of(tenant, key) for key in keys])
        after = keys[-1]
    going_in = yield from _in_order(bucket, tenant, found[:entries])
    if not going_in:
        return False
    body = segment_object([Entry(*each) for each in going_in])
    yield from bucket.written(bucket.put(tenant.segment(last + 1), body, on=ABSENT))
    return True


def _forgotten(bucket: Bucket, tenant: Tenant, last: int) -> Plan[bool]:
    """Delete the markers of a segment's commits. Whether there is one: a reader may be beyond the log."""
    if not last:
        return True
    key = tenant.segment(last)
    (reply,) = yield from Calls((bucket.get(key),))
    if isinstance(reply, Refused):
        return False
    entries = (entry for _, entry in numbered(key, last, reply["Body"]))
    yield from bucket.deleted(
        Marker(each.stream_id, each.generation, each.sequence, each.nonce).key(tenant) for each in entries
    )
    return True


def _published(bucket: Bucket, tenant: Tenant, markers: Sequence[Marker]) -> Plan[list[Marker]]:
    """Those whose commits are there; those that can never have one are deleted."""
    streams = list(dict.fromkeys(each.stream_id for each in markers))
    commits = tuple(bucket.head(each.stream(tenant).commit(each.sequence)) for each in markers)
    fences = tuple(bucket.get(tenant.fence(each)) for each in streams)
    # The fences after the commits: what was there before its stream was purged is deleted with it.
    replies = yield from Calls(commits)
    generations = dict(zip(streams, map(generation, (yield from Calls(fences))), strict=True))
    published, lost = list[Marker](), list[Marker]()
    for marker, reply in zip(markers, replies, strict=True):
        if generations[marker.stream_id] != marker.generation:
            lost.append(marker)
        elif not is_absent(reply):
            (published if nonce_of(reply) == marker.nonce else lost).append(marker)
    if lost:
        yield from bucket.deleted(each.key(tenant) for each in lost)
    return published


def _in_order(bucket: Bucket, tenant: Tenant, found: Iterable[Marker]) -> Plan[list[Marker]]:
    """Those before which nothing of their stream is pending."""
    ordered = sorted(found, key=lambda each: (each.name, each.sequence))
    there = {(each.name, each.sequence) for each in ordered}
    alone = [each for each in ordered if each.sequence > 1 and (each.name, each.sequence - 1) not in there]
    held_up, going_in, waiting = set[Marker](), list[Marker](), set[tuple[str, int]]()
    for each in alone:
        if (yield from _waits(bucket, tenant, each)):
            held_up.add(each)
    for each in ordered:
        if each in held_up:
            waiting.add(each.name)
        if each.name not in waiting:
            going_in.append(each)
    return going_in


def _waits(bucket: Bucket, tenant: Tenant, marker: Marker) -> Plan[bool]:
    """Whether the commit before this one is still pending, or gone."""
    stream = marker.stream(tenant)
    before = stream.markers(marker.sequence - 1)
    (reply,) = yield from Calls((bucket.head(stream.commit(marker.sequence - 1)),))
    keys = yield from bucket.listed(before)
    return is_absent(reply) or before + nonce_of(reply) in keys


def is_absent(reply: Reply | Refused) -> bool:
    """Whether there is no such object."""
    return isinstance(reply, Refused)


def metadata(reply: Reply | Refused) -> dict[str, Any]:
    """What was put beside an object; nothing if it is absent."""
    return {} if isinstance(reply, Refused) else dict(reply["Metadata"])


def nonce_of(reply: Reply | Refused) -> str:
    """Of the call that put a commit."""
    return str(metadata(reply).get("nonce", ""))


def generation(reply: Reply | Refused) -> int:
    """What a stream's fence tells: 0 if it was never purged."""
    return 0 if isinstance(reply, Refused) else int(reply["Body"])
