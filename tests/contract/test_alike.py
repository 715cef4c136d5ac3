"""The simulated S3 answers as the server of the tests does, whatever it is asked, by both of its drivers.

1. The requests are the plans' own (`aett.adapters.s3.requests`), at random, each made of both; keys are such as
   are folders of each other, sort oddly, or must be escaped.
2. What a server may choose is left out: tags are compared by what they are of, and an absent object may be refused
   in two ways. Everything else must be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.contract.test_s3 import under
from tests.simulated.s3 import SimulatedS3

from aett.adapters import s3
from aett.adapters.aws.call import Refused, done
from aett.adapters.s3.requests import ABSENT, NO_KEY, NOT_FOUND, UNCONDITIONAL, Bucket
from aett.core.plan import Plan, Step, run
from aett.testing.awaited import Loop
from aett.testing.samples import TOPICS

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

Performer: TypeAlias = Callable[[Step[Any]], Any]


class Side:
    """One of the two, and the tags that it has given."""

    def __init__(self, perform: Performer, bucket: Bucket) -> None:
        self.perform = perform
        self.bucket = bucket
        self.tags: list[str] = ['"0123456789abcdef0123456789abcdef"']

    def put(self, key: str, body: bytes, condition: int | None, metadata: dict[str, str] | None) -> object:
        """On no condition, that it is absent (-1), or that it has a tag that was once given."""
        on = UNCONDITIONAL if condition is None else ABSENT
        if condition is not None and condition >= 0:
            on = {"IfMatch": self.tags[condition % len(self.tags)]}
        reply = self.perform(self.bucket.put(key, body, on=on, metadata=metadata))
        if isinstance(reply, Refused):
            return reply.code
        self.tags.append(reply["ETag"])
        return None

    def get(self, key: str) -> object:
        """What is there."""
        reply = self.perform(self.bucket.get(key))
        if isinstance(reply, Refused):
            return reply.code
        return reply["Body"], reply["Metadata"], self.tags.index(reply["ETag"])

    def head(self, key: str) -> object:
        """What is beside it."""
        reply = self.perform(self.bucket.head(key))
        if isinstance(reply, Refused):
            assert reply.code in {NO_KEY, NOT_FOUND}
            return None
        return reply["Metadata"], self.tags.index(reply["ETag"])

    def page(self, prefix: str, after: str | None, most: int) -> object:
        """One page, and whether there is more."""
        reply = done(self.perform(self.bucket.page(prefix, after, most)))
        return [(each["Key"], each["Size"]) for each in reply.get("Contents", ())], reply["IsTruncated"]

    def listed(self, prefix: str, after: str | None, most: int) -> object:
        """The keys, of as many pages as it takes."""
        return self._run(self.bucket.listed(prefix, after, most))

    def folders(self, prefix: str, after: str | None, most: int) -> object:
        """The folders."""
        return self._run(self.bucket.folders(prefix, after, most))

    def deleted(self, *keys: str) -> object:
        """Some of them."""
        return self._run(self.bucket.deleted(keys))

    def emptied(self, prefix: str) -> object:
        """All that begin so."""
        return self._run(self.bucket.emptied(prefix))

    def _run(self, plan: Plan[Any]) -> object:
        return run(plan, self.perform)


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


@contextmanager
def performing(url: str, face: str) -> Generator[Performer]:
    """A driver's, at a bucket that is there."""
    with ExitStack() as stack:
        stack.enter_context(s3.PersistenceManagement(url)).initialize()
        store: Any = getattr(s3, f"{face}CommitStore")(url, topic_map=TOPICS)
        if not face:
            stack.enter_context(store)
            yield store._performer
            return
        loop = stack.enter_context(closing(Loop()))
        stack.callback(lambda: loop.wait(store.close()))
        yield lambda step: loop.wait(store._performer(step))


@pytest.mark.parametrize("face", ["", "Async"])
def test_the_simulated_s3_answers_as_the_server_does(s3_url: str, face: str) -> None:
    # A request is slow: what fails is short enough to be read as it is.
    @settings(max_examples=settings().max_examples // 10, phases=[Phase.generate])
    @given(requests=st.lists(REQUEST, min_size=15, max_size=30), keys=st.integers(1, 4))
    def answer_alike(requests: list[tuple[Any, ...]], keys: int) -> None:
        name = f"p{uuid4().hex}"
        with performing(under(s3_url, name), face) as perform:
            server, simulated = Side(perform, Bucket(name, keys)), Side(SimulatedS3(), Bucket(name, keys))
            run(server.bucket.emptied(""), perform)  # what `initialize` has put there
            for which, *arguments in requests:
                theirs, ours = (getattr(side, which)(*arguments) for side in (server, simulated))
                assert theirs == ours, f"{which}{tuple(arguments)}: the server answers {theirs!r}"

    answer_alike()
