"""Requests that several plans make of S3.

1. A conditional write that meets another is refused with 409: nobody knows yet who wins, so it is made again,
   after a pause. Refused with 412, its condition does not hold: that is an answer.
2. A listing is read page by page, however many keys a page holds. It is not one instant: what is put while it is
   read may be missing, and something that was put later may be there.
3. Objects whose keys are known are asked for at once, in one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from attrs import frozen

from aett.adapters.aws.call import Call, Calls, Refused, Reply, done
from aett.adapters.store.pause import paused
from aett.core.errors import StorageUnavailable
from aett.core.plan import Plan

PRECONDITION: Final = "PreconditionFailed"
CONFLICT: Final = "ConditionalRequestConflict"
NO_KEY: Final = "NoSuchKey"
NOT_FOUND: Final = "404"
"""What a HEAD is refused with, which has no body."""

PAUSES: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56)
"""Seconds before a conditional write is made again that met another, and before a page is deleted again."""

_BUSY: Final = "S3: others were in the way for too long"

PAGE: Final = 1000
"""Keys in one page of a listing, and in one request that deletes; S3 takes no more."""

ALL: Final = 2**62
"""More keys than there are."""

ABSENT: Final[Mapping[str, str]] = MappingProxyType({"IfNoneMatch": "*"})
"""The condition that there is no such object yet."""

UNCONDITIONAL: Final[Mapping[str, str]] = MappingProxyType({})


@frozen
class Bucket:
    """A bucket's requests. keys: in a page of a listing, at most."""

    name: str
    keys: int = PAGE

    def get(self, key: str) -> Call:
        """An object: its `Body` as bytes, and its `ETag`."""
        return Call("get_object", {"Bucket": self.name, "Key": key}, refusals=(NO_KEY,))

    def head(self, key: str) -> Call:
        """An object's `Metadata` and `ETag`."""
        return Call("head_object", {"Bucket": self.name, "Key": key}, refusals=(NOT_FOUND, NO_KEY))

    def put(
        self,
        key: str,
        body: bytes = b"",
        *,
        on: Mapping[str, str] = UNCONDITIONAL,
        metadata: Mapping[str, str] | None = None,
    ) -> Call:
        """Put an object, on a condition, with something beside it that a HEAD tells."""
        arguments: dict[str, Any] = {"Bucket": self.name, "Key": key, "Body": body, **on}
        if body:
            arguments["ContentType"] = "application/json"
        if metadata:
            arguments["Metadata"] = metadata
        return Call("put_object", arguments, refusals=(PRECONDITION, CONFLICT, NO_KEY) if on else (CONFLICT,))

    def written(self, *puts: Call) -> Plan[list[Reply | Refused]]:
        """The replies to these, made at once; again for those that met another, until it is known who won."""
        replies: dict[int, Reply | Refused] = {}
        open_, waits = list(range(len(puts))), iter(PAUSES)
        while True:
            came = yield from Calls(tuple(puts[index] for index in open_))
            replies |= dict(zip(open_, came, strict=True))
            open_ = [index for index in open_ if _met_another(replies[index])]
            if not open_:
                return [replies[index] for index in range(len(puts))]
            yield from paused(waits, _BUSY)

    def page(self, prefix: str, after: str | None, most: int) -> Call:
        """A page of a listing, of at most so many keys."""
        begin = {} if after is None else {"StartAfter": after}
        arguments = {"Bucket": self.name, "Prefix": prefix, **begin, "MaxKeys": min(self.keys, most)}
        return Call("list_objects_v2", arguments)

    def continued(self, page: Call, reply: Reply | Refused, most: int) -> Plan[list[str]]:
        """The keys of a listing whose first page has come."""
        found: list[str] = []
        rest = {name: page.arguments[name] for name in ("Bucket", "Prefix")}
        while True:
            got = done(reply)
            found.extend(each["Key"] for each in got.get("Contents", ()))
            if not got.get("IsTruncated") or len(found) >= most:
                return found
            room = min(self.keys, most - len(found))
            again = {**rest, "ContinuationToken": got["NextContinuationToken"], "MaxKeys": room}
            reply = yield from Call("list_objects_v2", again)

    def listed(self, prefix: str, after: str | None = None, most: int = ALL) -> Plan[list[str]]:
        """The keys that begin so, in order, those after a key, and at most so many."""
        page = self.page(prefix, after, most)
        return (yield from self.continued(page, (yield from page), most))

    def folders(self, prefix: str, after: str | None = None, most: int = ALL) -> Plan[list[str]]:
        """What keys that begin so have next, up to a slash, each once; those after a key, and at most so many."""
        found: list[str] = []
        begin = {} if after is None else {"StartAfter": after}
        arguments: dict[str, Any] = {"Bucket": self.name, "Prefix": prefix, "Delimiter": "/", **begin}
        while True:
            room = min(self.keys, most - len(found))
            reply = done((yield from Call("list_objects_v2", {**arguments, "MaxKeys": room})))
            found.extend(each["Prefix"] for each in reply.get("CommonPrefixes", ()))
            if not reply.get("IsTruncated") or len(found) >= most:
                return found
            arguments = {**arguments, "ContinuationToken": reply["NextContinuationToken"]}

    def deleted(self, keys: Iterable[str]) -> Plan[None]:
        """Delete these, whether they are there or not; in a versioned bucket the newest version only."""
        yield from self._deleted([{"Key": key} for key in keys])

    def emptied(self, prefix: str) -> Plan[None]:
        """Delete whatever begins so, every version of it.

        From the beginning each time: some servers list nothing behind a version that is there no more.
        """
        call = Call("list_object_versions", {"Bucket": self.name, "Prefix": prefix, "MaxKeys": self.keys})
        before, waits = list[dict[str, str]](), iter(PAUSES)
        while True:
            reply = done((yield from call))
            listed = (*reply.get("Versions", ()), *reply.get("DeleteMarkers", ()))
            versions = [{name: each[name] for name in ("Key", "VersionId")} for each in listed]
            if versions and versions == before:
                yield from paused(waits, f"S3: what is deleted in bucket {self.name} stays")
            yield from self._deleted(versions)
            if not reply.get("IsTruncated"):
                return
            before = versions

    def _deleted(self, what: Sequence[dict[str, str]]) -> Plan[None]:
        for start in range(0, len(what), PAGE):
            wanted = {"Objects": list(what[start : start + PAGE]), "Quiet": True}
            reply = done((yield from Call("delete_objects", {"Bucket": self.name, "Delete": wanted})))
            for error in reply.get("Errors", ()):
                raise StorageUnavailable(f"S3: {error.get('Code')} when deleting in bucket {self.name}")


def _met_another(reply: Reply | Refused) -> bool:
    return isinstance(reply, Refused) and reply.code == CONFLICT
