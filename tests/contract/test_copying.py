"""A store is copied from any engine to any other: round all of them, and what comes back is what was there."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from aett import Head, Stores, TopicMap, connect
from aett.core.commit import numbered
from aett.operating import compare, copy, verify
from aett.testing.samples import TOPICS, Noted, Priced, at

TENANT = "t"


def test_what_was_copied_round_all_engines_is_what_was_there(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with ExitStack() as stack:

        def place(url: str, topic_map: TopicMap, table: str | None = None) -> Stores:
            stores = stack.enter_context(connect(url, topic_map=topic_map, table=table))
            stores.management.initialize()
            return stores

        first = place(f"sqlite:///{tmp_path / 'first.db'}", TOPICS)
        heads = {name: Head(TENANT, name) for name in ("a", "b")}
        for number in range(7):
            name = "ab"[number % 2]
            events = Priced(Decimal(f"{number}.50")), Noted(f"é {number}")
            commit = heads[name].commit(*events, commit_id=uuid4(), stamp=at(number), headers={"h": [1.5, None]})
            heads[name] = Head.after(first.commits.commit(commit).unwrap())

        source = place(f"sqlite:///{tmp_path / 'first.db'}", TopicMap.stored())
        for engine in ("postgresql", "mysql", "mongodb", "dynamodb", "s3"):
            url, table = request.getfixturevalue(f"{engine}_url"), f"t{uuid4().hex[:8]}"
            if engine == "s3":
                bucket, _, options = url.partition("?")
                url = f"{bucket}/{table}?{options}"
            target = place(url, TopicMap.stored(), None if engine == "s3" else table)
            stack.callback(target.management.drop)
            assert copy(source.commits, target.commits, TENANT).written == 7
            assert copy(source.commits, target.commits, TENANT).written == 0
            compare(source.commits, target.commits, TENANT)
            assert not verify(target.commits, TENANT).problems
            source = target

        last = place(f"sqlite:///{tmp_path / 'last.db'}", TopicMap.stored())
        copy(source.commits, last.commits, TENANT)
        decoded = place(f"sqlite:///{tmp_path / 'last.db'}", TOPICS)
        assert [numbered(each, None) for each in decoded.commits.get_from(TENANT)] == [
            numbered(each, None) for each in first.commits.get_from(TENANT)
        ]
