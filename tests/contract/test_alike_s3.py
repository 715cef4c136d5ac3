"""The simulated S3 answers as the server of the tests does, whatever it is asked, by both of its drivers.

Keys are such as are folders of each other. Tags are compared by what they are of, and an absent object may be
refused in two ways.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from tests.contract.alike import Performer, compare, performer_of
from tests.contract.test_s3 import harness, space_of
from tests.simulated.s3 import SimulatedS3

from aett.adapters.aws.call import Refused, done
from aett.adapters.s3.requests import ABSENT, NO_KEY, NOT_FOUND, UNCONDITIONAL, Bucket
from aett.core.plan import run
from aett.testing.clients import Clients

KEYS = ("a", "a/", "a/b", "a/b/c", "a//b", "ab", "a b", "a+b", "a%2Fb", "a\u00e9", "a\U0001f6a2", "A", "b/a", "~")
PREFIXES = ("", "a", "a/", "a/b/", "b", "nothing")
KEY = st.sampled_from(KEYS)
PREFIX = st.sampled_from(PREFIXES)
BODY = st.sampled_from((b"", b"{}", b"other", bytes(range(256))))
METADATA = st.sampled_from((None, {"position": "1"}, {"position": "2", "of": "%C3%A9 x"}))
AFTER = st.none() | KEY
MOST = st.integers(1, 5)
# The plans go on behind all that a folder holds; servers differ on what comes after its own name.
BEHIND = st.none() | st.sampled_from(("a0", "a/b0", "b0", "~"))


class Side:
    """One of the two, below a prefix, and the tags that it has given."""

    def __init__(self, perform: Performer, bucket: Bucket, prefix: str) -> None:
        self.perform = perform
        self.bucket = bucket
        self.prefix = prefix
        self.tags: list[str] = ['"0123456789abcdef0123456789abcdef"']

    def put(self, key: str, body: bytes, condition: int | None, metadata: dict[str, str] | None) -> object:
        """On no condition, that it is absent (-1), or that it has a tag that was once given."""
        on = UNCONDITIONAL if condition is None else ABSENT
        if condition is not None and condition >= 0:
            on = {"IfMatch": self.tags[condition % len(self.tags)]}
        reply = self.perform(self.bucket.put(self._in(key), body, on=on, metadata=metadata))
        if isinstance(reply, Refused):
            return reply.code
        self.tags.append(reply["ETag"])
        return None

    def get(self, key: str) -> object:
        """What is there."""
        reply = self.perform(self.bucket.get(self._in(key)))
        if isinstance(reply, Refused):
            return reply.code
        return reply["Body"], reply["Metadata"], self.tags.index(reply["ETag"])

    def head(self, key: str) -> object:
        """What is beside it."""
        reply = self.perform(self.bucket.head(self._in(key)))
        if isinstance(reply, Refused):
            assert reply.code in {NO_KEY, NOT_FOUND}
            return None
        return reply["Metadata"], self.tags.index(reply["ETag"])

    def page(self, prefix: str, after: str | None, most: int) -> object:
        """One page, and whether there is more."""
        reply = done(self.perform(self.bucket.page(self._in(prefix), self._after(after), most)))
        return [(each["Key"], each["Size"]) for each in reply.get("Contents", ())], reply["IsTruncated"]

    def listed(self, prefix: str, after: str | None, most: int) -> object:
        """The keys, of as many pages as it takes."""
        return run(self.bucket.listed(self._in(prefix), self._after(after), most), self.perform)

    def folders(self, prefix: str, after: str | None, most: int) -> object:
        """The folders."""
        return run(self.bucket.folders(self._in(prefix), self._after(after), most), self.perform)

    def deleted(self, *keys: str) -> object:
        """Some of them."""
        return run(self.bucket.deleted(map(self._in, keys)), self.perform)

    def emptied(self, prefix: str) -> object:
        """All that begin so."""
        return run(self.bucket.emptied(self._in(prefix)), self.perform)

    def _in(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def _after(self, key: str | None) -> str | None:
        return None if key is None else self._in(key)


REQUEST = st.one_of(
    st.tuples(st.just("put"), KEY, BODY, st.none() | st.integers(-1, 5), METADATA),
    st.tuples(st.just("put"), KEY, BODY, st.just(-1), METADATA),
    st.tuples(st.just("get"), KEY),
    st.tuples(st.just("head"), KEY),
    *(st.tuples(st.just(which), PREFIX, AFTER, MOST) for which in ("page", "listed")),
    st.tuples(st.just("folders"), PREFIX, BEHIND, MOST),
    st.tuples(st.just("deleted"), KEY, KEY),
    st.tuples(st.just("emptied"), PREFIX.filter(bool)),
)


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
def test_the_simulated_s3_answers_as_the_server_does(s3_url: str, *, awaited: bool) -> None:
    def sides(clients: Clients, most: int) -> tuple[Side, Side]:
        made: Any = clients.place.commit_store
        space = space_of(made.args[0])
        bucket, prefix = Bucket(space["bucket"], most), f"{space['prefix'].strip('/')}/"
        server = Side(performer_of(clients.one.commits), bucket, prefix)
        server.emptied("")  # of what `initialize` has put there
        return server, Side(SimulatedS3(), bucket, prefix)

    compare(harness(s3_url, awaited=awaited), REQUEST, sides)
