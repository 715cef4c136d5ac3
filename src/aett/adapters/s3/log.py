"""The log: segments of references, and the commits that they name.

1. A reader takes the segments after its checkpoint, then the commits that they name. What was purged is left out:
   its object is gone, or its stream has another generation.
2. At the log's end it makes a new segment of what is pending (`sequencing`), and reads on.
3. Where the log ends is told after that. Backwards it is read from there, segment by segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen

from aett.adapters.aws.call import Calls, Refused
from aett.adapters.s3.keys import Space, Tenant, identifier_of
from aett.adapters.s3.objects import Entry, is_last_of_its_segment, numbered, segment_of
from aett.adapters.s3.requests import Bucket
from aett.adapters.s3.sequencing import generation, newest, nonce_of, sequence
from aett.adapters.s3.streams import commits_of
from aett.adapters.store.record import Record
from aett.core.errors import CorruptStorage
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan
from aett.core.tail import Tail

SEGMENTS: Final = 16
"""Segments of the log that are read at once."""


@frozen
class Log:
    """The logs of a place's tenants. entries: in a segment, at most."""

    space: Space
    bucket: Bucket
    entries: int

    def page(self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int) -> Plan[list[Record]]:
        """The commits that the log's segments name; at its end, a new segment is made of what is pending."""
        tenant = self.space.tenant(tenant_id)
        records: list[Record] = []
        while len(records) < size:
            entries, last = yield from self._entries(tenant, after, size - len(records))
            if entries:
                after = entries[-1][0]
                entries = [each for each in entries if each[0] <= upto]
                commits = yield from self._named(tenant, entries)
                records += [each for each in commits if max_stamp is None or each.commit_stamp <= max_stamp]
                if after >= upto:
                    break
            elif not (yield from sequence(self.bucket, tenant, last, self.entries)):
                break
        return records

    def back(self, tenant_id: str, after: int, upto: int, size: int) -> Plan[list[Record]]:
        """The commits that the log's segments name, from the one on that the last checkpoint stands in."""
        tenant, number = self.space.tenant(tenant_id), segment_of(upto)
        records, width = list[Record](), 1
        while len(records) < size and number and number >= segment_of(after):
            numbers = range(number, max(number - width, 0), -1)
            found = yield from self._segments(tenant, numbers)
            number, width = number - len(numbers), min(2 * width, SEGMENTS)
            entries = [each for each in reversed(found) if after < each[0] <= upto]
            while entries and len(records) < size:
                some, entries = entries[: size - len(records)], entries[size - len(records) :]
                records += yield from self._named(tenant, some)
        return records

    def tail(self, tenant_id: str) -> Plan[Tail]:
        """The last entry whose commit is there, once all that is pending has been brought in."""
        tenant = self.space.tenant(tenant_id)
        last = yield from newest(self.bucket, tenant)
        while (yield from sequence(self.bucket, tenant, last, self.entries)):
            last += 1
        after, entries = MAX_REVISION, list[tuple[int, Entry]]()
        while True:
            if not entries:
                if not last:
                    return Tail()
                entries = (yield from self._segments(tenant, [last]))[::-1]
                last -= 1
                continue
            (after, entry), *entries = entries
            if (yield from self._stands(tenant, entry)):
                return Tail(after, after)

    def _stands(self, tenant: Tenant, entry: Entry) -> Plan[bool]:
        """Whether the commit of an entry has not been purged."""
        key = tenant.stream(entry.stream_id, entry.generation).commit(entry.sequence)
        look = self.bucket.get(tenant.fence(entry.stream_id)), self.bucket.head(key)
        fence, there = yield from Calls(look)
        return generation(fence) == entry.generation and nonce_of(there) == entry.nonce

    def _entries(self, tenant: Tenant, after: int, size: int) -> Plan[tuple[list[tuple[int, Entry]], int]]:
        """The log's next entries, at most `size`; and, if there are none, the number of the last segment."""
        read = segment_of(after) - (0 if is_last_of_its_segment(after) or not after else 1)
        keys = yield from self.bucket.listed(tenant.room("log"), tenant.segment(read), SEGMENTS)
        found = yield from self._segments(tenant, range(read + 1, read + 1 + len(keys)))
        return [each for each in found if each[0] > after][:size], read + len(keys)

    def _segments(self, tenant: Tenant, numbers: Sequence[int]) -> Plan[list[tuple[int, Entry]]]:
        """The entries of these segments, in order."""
        ordered = sorted(numbers)
        keys = [tenant.segment(each) for each in ordered]
        replies: list[Any] = (yield from Calls(tuple(map(self.bucket.get, keys)))) if keys else []
        found = list[tuple[int, Entry]]()
        for number, key, reply in zip(ordered, keys, replies, strict=True):
            if isinstance(reply, Refused):
                raise CorruptStorage(f"{key}: this segment of the log is missing")
            found += numbered(key, number, reply["Body"])
        return found

    def _named(self, tenant: Tenant, entries: Sequence[tuple[int, Entry]]) -> Plan[list[Record]]:
        """The commits of these entries; those that were purged are left out, also by a purge that ended midway."""
        keys = [tenant.stream(each.stream_id, each.generation).commit(each.sequence) for _, each in entries]
        streams = list(dict.fromkeys(entry.stream_id for _, entry in entries))
        wanted = (*map(self.bucket.get, keys), *(self.bucket.get(tenant.fence(each)) for each in streams))
        replies = yield from Calls(wanted)
        fences = dict(zip(streams, map(generation, replies[len(keys) :]), strict=True))
        return [
            each.record._replace(checkpoint=checkpoint)
            for (checkpoint, entry), each in zip(entries, commits_of(keys, replies), strict=False)
            if each is not None and each.nonce == entry.nonce and fences[entry.stream_id] == entry.generation
        ]

    def tenants(self, after: str | None, size: int) -> Plan[list[str]]:
        """Those that have the place of a stream with anything in it."""
        names = list[str]()
        while len(names) < size:
            listed = yield from self._listed_tenants(after, size)
            pages = tuple(self.bucket.page(self.space.tenant(each).room("streams"), None, 1) for each in listed)
            replies: list[Any] = (yield from Calls(pages)) if pages else []
            names += [each for each, reply in zip(listed, replies, strict=True) if reply.get("Contents")]
            if len(listed) < size:
                break
            after = listed[-1]
        return names[:size]

    def _listed_tenants(self, after: str | None, size: int) -> Plan[list[str]]:
        place = self.space.tenants
        folders = yield from self.bucket.folders(
            place, None if after is None else self.space.tenant(after).end, size
        )
        return [identifier_of(each.removeprefix(place).rstrip("/")) for each in folders]
