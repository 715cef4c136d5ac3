"""The `Engine` of S3: a commit is an object that can be put once, and found before it is there.

How a commit is put, in three round trips (two for the first of a stream):

1. Look at the stream's generation (its *fence*, absent until it is purged) and at the predecessor, which must be
   there and end at the revision before: a commit ahead of its stream is refused (L1).
2. Put a marker, by which readers of the log will find the commit (`sequencing`), and claim the commit's id:
   an object under the id that holds the sequence, on the condition that there is none. If there is one, the id has
   been tried before, at another sequence, and every sequence below ours is decided:
   - at a lower one: if that commit has this id, it is a repetition (L4); else that try has lost for good, and
     the claim is moved here, on the condition that nobody moved it meanwhile;
   - at a higher one: whoever claimed it has seen somebody at ours; ours is lost;
   - at this one: a repetition beside us, or before us, that did not come further; the next step decides.
3. Put the commit, on the condition that there is none of this sequence: the moment of commit. One writer wins
   (L2). Who is refused looks whose commit is there: with this call's nonce it is our own, whose reply was lost.

A first commit has no predecessor: steps 1 and 2 are one.

A purge raises the fence, and all keys have the generation in them: a writer that saw the old fence puts its commit
where nobody looks any more, as if it had come just before the purge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final, NamedTuple
from uuid import uuid4

from attrs import frozen

from aett.adapters.aws.call import Call, Calls, Refused, Reply
from aett.adapters.s3.keys import Space, Stream, Tenant
from aett.adapters.s3.objects import (
    Entry,
    Stored,
    commit_object,
    is_last_of_its_segment,
    numbered,
    segment_of,
    stored,
)
from aett.adapters.s3.requests import ABSENT, PAGE, Bucket
from aett.adapters.s3.search import lowest
from aett.adapters.s3.sequencing import ENTRIES, generation, is_absent, metadata, nonce_of, sequence
from aett.adapters.store.engine import UNNUMBERED
from aett.adapters.store.record import Record
from aett.core.errors import CorruptStorage, StorageUnavailable
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan

MAX_COMMIT_SIZE: Final = 1_000_000_000
"""Bytes: one request puts 5 GB; what is put and read stands in memory as a whole."""

ATTEMPTS: Final = 20
"""How often a writer begins again, since the stream was purged or the claim moved meanwhile."""

SEGMENTS: Final = 16
"""Segments of the log that are read at once."""


class _Again(NamedTuple):
    """Begin again, in this generation of the stream."""

    generation: int


def _nonce() -> bytes:
    return uuid4().bytes


@frozen
class S3Engine:
    """An `Engine`.

    nonce: 16 bytes by which a call knows its own write, should the reply have been lost.
    keys: in a page of a listing. entries: in a segment of the log, at most.
    """

    space: Space
    max_commit_size: int | None = MAX_COMMIT_SIZE
    nonce: Callable[[], bytes] = _nonce
    keys: int = PAGE
    entries: int = ENTRIES

    @property
    def bucket(self) -> Bucket:
        """The bucket's requests."""
        return Bucket(self.space.bucket, self.keys)

    def append(self, record: Record) -> Plan[int | None]:
        """Put it behind its predecessor, unless somebody has."""
        nonce, again = self.nonce(), _Again(0)
        for _ in range(ATTEMPTS):
            answer = yield from self._tried(record, nonce, again.generation)
            if not isinstance(answer, _Again):
                return answer
            again = answer
        raise StorageUnavailable(f"{record.where}: in {ATTEMPTS} attempts, others were always in the way")

    def _tried(self, record: Record, nonce: bytes, current: int) -> Plan[int | _Again | None]:
        """Try it in a generation of the stream."""
        tenant, sequence_ = self.space.tenant(record.tenant_id), record.commit_sequence
        stream = tenant.stream(record.stream_id, current)
        look: tuple[Call, ...] = (self.bucket.get(tenant.fence(record.stream_id)),)
        if sequence_ > 1:
            fence, before = yield from Calls((*look, self.bucket.head(stream.commit(sequence_ - 1))))
            if generation(fence) != current:
                return _Again(generation(fence))
            if metadata(before).get("revision") != str(record.first_revision - 1):
                return None
            look = ()
        elif record.first_revision > 1:
            return None
        marker = self.bucket.put(stream.marker(sequence_, nonce), b"{}")
        claim = self.bucket.put(stream.id(record.commit_id), _sequence(record), on=ABSENT)
        *fences, _, claimed = yield from self.bucket.written(*look, marker, claim)
        if fences and generation(fences[0]) != current:
            return _Again(generation(fences[0]))
        if isinstance(claimed, Refused):
            mine = yield from self._claimed(stream, record)
            if mine is not True:
                return _Again(current) if mine is None else None
        return (yield from self._put(stream, record, nonce))

    def _put(self, stream: Stream, record: Record, nonce: bytes) -> Plan[int | _Again | None]:
        """Put the commit, and if somebody was there, look who."""
        key = stream.commit(record.commit_sequence)
        told = {"revision": f"{record.stream_revision}", "id": record.commit_id.hex(), "nonce": nonce.hex()}
        put = self.bucket.put(key, commit_object(record, nonce), metadata=told, on=ABSENT)
        (reply,) = yield from self.bucket.written(put)
        if not isinstance(reply, Refused):
            return UNNUMBERED
        (there,) = yield from Calls((self.bucket.head(key),))
        if is_absent(there):  # purged meanwhile
            return _Again(stream.generation)
        return UNNUMBERED if nonce_of(there) == nonce.hex() else None

    def _claimed(self, stream: Stream, record: Record) -> Plan[bool | None]:
        """Whether the commit may be put under an id that was claimed before; None: ask again."""
        key = stream.id(record.commit_id)
        (claim,) = yield from Calls((self.bucket.get(key),))
        if isinstance(claim, Refused):
            return None
        at = int(claim["Body"])
        if at >= record.commit_sequence:
            return at == record.commit_sequence
        (there,) = yield from Calls((self.bucket.head(stream.commit(at)),))
        if metadata(there).get("id") == record.commit_id.hex():
            return False
        (moved,) = yield from self.bucket.written(
            self.bucket.put(key, _sequence(record), on={"IfMatch": claim["ETag"]})
        )
        return None if isinstance(moved, Refused) else True

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """By the claim of the id, which tells the sequence."""
        tenant, current = self.space.tenant(tenant_id), 0
        while True:
            stream = tenant.stream(stream_id, current)
            fence, claim = yield from Calls(
                (self.bucket.get(tenant.fence(stream_id)), self.bucket.get(stream.id(commit_id)))
            )
            if generation(fence) == current:
                break
            current = generation(fence)
        if isinstance(claim, Refused):
            return None
        (found,) = yield from self._commits([stream.commit(int(claim["Body"]))])
        return found.record if found is not None and found.record.commit_id == commit_id else None

    def stream_page(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, after: int | None
    ) -> Plan[list[Record]]:
        """From the sequence after the one that was read; or found by asking commits for their revisions."""
        tenant, current, before = self.space.tenant(tenant_id), 0, -1
        while True:
            stream = tenant.stream(stream_id, current)
            begin = after if after is not None else 0 if low == 1 else (yield from self._before(stream, low))
            # A commit's revision is at least its sequence: more of them hold nothing below `high`.
            most = min(size, high - begin)
            if most < 1:
                return []
            page = self.bucket.page(stream.commits, stream.commit(begin), most)
            fence, reply = yield from Calls((self.bucket.get(tenant.fence(stream_id)), page))
            if generation(fence) != current:
                current = generation(fence)
                continue
            found = yield from self._commits((yield from self.bucket.continued(page, reply, most)))
            if None not in found or current == before:
                return [each.record for each in found if each is not None and each.record.first_revision <= high]
            # What was listed is gone. Either the stream has been purged meanwhile, and has another generation
            # now; or there is a gap, which will be told.
            before = current

    def _before(self, stream: Stream, low: int) -> Plan[int]:
        """The sequence before that of the first commit that ends at this revision or later."""

        def reaches(reply: Reply | Refused) -> bool:
            return is_absent(reply) or int(metadata(reply)["revision"]) >= low

        sequence_ = yield from lowest(
            1, low, lambda each: self.bucket.head(stream.commit(each)), reaches, (low - 1,)
        )
        return sequence_ - 1

    def settled(self, tenant_id: str) -> Plan[int | None]:
        """A page of the log sees to it itself."""
        yield from ()
        del tenant_id
        return MAX_REVISION

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """The commits that the log's segments name; at its end, a new segment is made of what is pending."""
        del upto
        tenant = self.space.tenant(tenant_id)
        records: list[Record] = []
        while len(records) < size:
            entries, last = yield from self._entries(tenant, after, size - len(records))
            if entries:
                after = entries[-1][0]
                commits = yield from self._named(tenant, entries)
                records += [each for each in commits if max_stamp is None or each.commit_stamp <= max_stamp]
            elif not (yield from sequence(self.bucket, tenant, last, self.entries)):
                break
        return records

    def _entries(self, tenant: Tenant, after: int, size: int) -> Plan[tuple[list[tuple[int, Entry]], int]]:
        """The log's next entries, at most `size`; and, if there are none, the number of the last segment."""
        read = segment_of(after) - (0 if is_last_of_its_segment(after) or not after else 1)
        keys = yield from self.bucket.listed(tenant.room("log"), tenant.segment(read), SEGMENTS)
        replies: list[Any] = (yield from Calls(tuple(map(self.bucket.get, keys)))) if keys else []
        found: list[tuple[int, Entry]] = []
        for number, key, reply in zip(count(read + 1), keys, replies, strict=False):
            if key != tenant.segment(number) or isinstance(reply, Refused):
                raise CorruptStorage(f"{tenant.segment(number)}: this segment of the log is missing")
            found += numbered(key, number, reply["Body"])
        return [each for each in found if each[0] > after][:size], read + len(keys)

    def _named(self, tenant: Tenant, entries: Sequence[tuple[int, Entry]]) -> Plan[list[Record]]:
        """The commits of these entries; those that were purged are left out, also by a purge that ended midway."""
        keys = [tenant.stream(each.stream_id, each.generation).commit(each.sequence) for _, each in entries]
        streams = list(dict.fromkeys(entry.stream_id for _, entry in entries))
        wanted = (*map(self.bucket.get, keys), *(self.bucket.get(tenant.fence(each)) for each in streams))
        replies = yield from Calls(wanted)
        fences = dict(zip(streams, map(generation, replies[len(keys) :]), strict=True))
        return [
            each.record._replace(checkpoint=checkpoint)
            for (checkpoint, entry), each in zip(entries, _stored(keys, replies), strict=False)
            if each is not None and each.nonce == entry.nonce and fences[entry.stream_id] == entry.generation
        ]

    def _commits(self, keys: Sequence[str]) -> Plan[list[Stored | None]]:
        """The commits under these keys, read at once; None for those that are absent."""
        replies: list[Any] = (yield from Calls(tuple(map(self.bucket.get, keys)))) if keys else []
        return _stored(keys, replies)


def _stored(keys: Sequence[str], replies: Sequence[Reply | Refused]) -> list[Stored | None]:
    return [
        None if isinstance(reply, Refused) else stored(key, reply["Body"])
        for key, reply in zip(keys, replies, strict=False)
    ]


def _sequence(record: Record) -> bytes:
    return str(record.commit_sequence).encode()
