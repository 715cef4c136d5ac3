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
from typing import Final, NamedTuple
from uuid import uuid4

from attrs import frozen

from aett.adapters.aws.call import Call, Calls, Refused
from aett.adapters.s3.keys import Space, Stream
from aett.adapters.s3.log import Log
from aett.adapters.s3.objects import (
    commit_object,
)
from aett.adapters.s3.requests import ABSENT, PAGE, Bucket
from aett.adapters.s3.sequencing import (
    ENTRIES,
    generation,
    is_absent,
    metadata,
    nonce_of,
)
from aett.adapters.s3.streams import Streams
from aett.adapters.store.engine import UNNUMBERED, one_by_one
from aett.adapters.store.record import Record
from aett.core.errors import StorageUnavailable
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan
from aett.core.tail import Tail

MAX_COMMIT_SIZE: Final = 1_000_000_000
"""Bytes: one request puts 5 GB; what is put and read stands in memory as a whole."""

ATTEMPTS: Final = 20
"""How often a writer begins again, since the stream was purged or the claim moved meanwhile."""


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

    @property
    def _streams(self) -> Streams:
        return Streams(self.space, self.bucket)

    @property
    def _log(self) -> Log:
        return Log(self.space, self.bucket, self.entries)

    def append_all(self, records: Sequence[Record]) -> Plan[list[int]]:
        """One after the other."""
        return one_by_one(self.append, records)

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Plan[Record | None]:
        """By the claim of the id, which tells the sequence."""
        return (yield from self._streams.find(tenant_id, stream_id, commit_id))

    def stream_page(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, after: int | None
    ) -> Plan[list[Record]]:
        """By sequences, upwards."""
        return (yield from self._streams.page(tenant_id, stream_id, low, high, size, after))

    def stream_back(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, before: int | None
    ) -> Plan[list[Record]]:
        """By sequences, down."""
        return (yield from self._streams.back(tenant_id, stream_id, low, high, size, before))

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """The last commit that is there."""
        return (yield from self._streams.head(tenant_id, stream_id))

    def settled(self, tenant_id: str) -> Plan[int]:
        """A log never changes behind its newest segment."""
        yield from ()
        del tenant_id
        return MAX_REVISION

    def visible(self, tenant_id: str) -> Plan[int]:
        """A page of the log is settled."""
        return (yield from self.settled(tenant_id))

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """The last entry whose commit is there, once all that is pending has been brought in."""
        return (yield from self._log.tail(tenant_id))

    def log_page(
        self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int
    ) -> Plan[list[Record]]:
        """By segments, upwards."""
        return (yield from self._log.page(tenant_id, after, upto, max_stamp, size))

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> Plan[list[Record]]:
        """By segments, down."""
        return (yield from self._log.back(tenant_id, after, upto, size))

    def tenants(self, after: str | None, size: int) -> Plan[list[str]]:
        """By their places."""
        return (yield from self._log.tenants(after, size))


def _sequence(record: Record) -> bytes:
    return str(record.commit_sequence).encode()
