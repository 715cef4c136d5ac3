"""Streams: their commits by sequence and by revision, from either end.

1. All keys of a stream have its generation in them, which its fence tells. A reader guesses the generation, asks
   for the fence together with what it wants, and asks again if it guessed wrong.
2. Commits stand under their sequences. Where one of a revision is wanted, commits are asked for theirs, many at
   once.
3. What is listed and then gone was purged meanwhile: the fence is looked at again. If it is the same, it is a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from aett.adapters.aws.call import Calls, Refused, Reply
from aett.adapters.s3.keys import Space, Stream
from aett.adapters.s3.objects import Stored, stored
from aett.adapters.s3.requests import Bucket
from aett.adapters.s3.search import lowest
from aett.adapters.s3.sequencing import generation, is_absent, last_of, metadata
from aett.adapters.store.record import Record
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan


@frozen
class Streams:
    """The streams of a place."""

    space: Space
    bucket: Bucket

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

    def page(
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

    def back(
        self, tenant_id: str, stream_id: str, low: int, high: int, size: int, before: int | None
    ) -> Plan[list[Record]]:
        """From the sequence before the one that was read, down; or found by asking commits for their revisions."""
        tenant, current, seen = self.space.tenant(tenant_id), 0, -1
        while True:
            stream = tenant.stream(stream_id, current)
            top = (yield from self._last(stream, high)) if before is None else before - 1
            bottom = max(top - min(size, high - low + 1), 0)
            keys = [stream.commit(each) for each in range(top, bottom, -1)]
            fence, *replies = yield from Calls(tuple(map(self.bucket.get, (tenant.fence(stream_id), *keys))))
            if generation(fence) != current:
                current = generation(fence)
                continue
            found = commits_of(keys, replies)
            if None not in found or current == seen:  # as in `page`
                records = [each.record for each in found if each is not None]
                return [each for each in records if each.stream_revision >= low]
            seen = current

    def _last(self, stream: Stream, high: int) -> Plan[int]:
        """The sequence of the last commit that ends at this revision or before; 0 if there is none."""
        if high < MAX_REVISION:
            return (yield from self._before(stream, high + 1))
        return (yield from last_of(lambda each: self.bucket.head(stream.commit(each))))

    def head(self, tenant_id: str, stream_id: str) -> Plan[Head]:
        """The last commit that is there, found by asking for them."""
        tenant, current = self.space.tenant(tenant_id), 0
        while True:
            stream = tenant.stream(stream_id, current)
            last = yield from self._last(stream, MAX_REVISION)
            look = self.bucket.get(tenant.fence(stream_id)), self.bucket.head(stream.commit(max(last, 1)))
            fence, there = yield from Calls(look)
            if generation(fence) != current:
                current = generation(fence)
            elif not last:
                return Head(tenant_id, stream_id)
            elif not is_absent(there):
                return Head(tenant_id, stream_id, int(metadata(there)["revision"]), last)

    def _commits(self, keys: Sequence[str]) -> Plan[list[Stored | None]]:
        """The commits under these keys, read at once; None for those that are absent."""
        replies: list[Any] = (yield from Calls(tuple(map(self.bucket.get, keys)))) if keys else []
        return commits_of(keys, replies)


def commits_of(keys: Sequence[str], replies: Sequence[Reply | Refused]) -> list[Stored | None]:
    """The commits of these replies; None for those that are absent."""
    return [
        None if isinstance(reply, Refused) else stored(key, reply["Body"])
        for key, reply in zip(keys, replies, strict=False)
    ]
