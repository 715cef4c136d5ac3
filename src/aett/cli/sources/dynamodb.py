"""Tables of DynamoDB.

3.x keeps no order between streams there. So the keys of all commits are read first, and put in order by their
stamps; then the commits themselves, a hundred at a time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final
from uuid import UUID

from aett.adapters.aws.performing import lender_of
from aett.adapters.aws.place import POOL_SIZE, TIMEOUT
from aett.adapters.dynamodb.place import configured
from aett.cli.sources import Row
from aett.operating.foreign import Placed, in_order

_AT_ONCE: Final = 100
"""As many as DynamoDB gives in one request."""

_KEY: Final = ("TenantAndStream", "CommitSequence")


@contextmanager
def aett_3(url: str, table: str) -> Generator[Iterator[Row]]:
    """Commits of aett 3.x."""
    lender = lender_of(configured(url), "dynamodb", POOL_SIZE, TIMEOUT)
    with closing(lender), lender.lent(alone=True) as client:
        client.describe_table(TableName=table)
        yield _rows(client, table)


def _rows(client: Any, table: str) -> Iterator[Row]:
    placed = in_order(_keys(client, table))
    for start in range(0, len(placed), _AT_ONCE):
        some = [each.found for each in placed[start : start + _AT_ONCE]]
        items = {_place(each): each for each in _items(client, table, some)}
        yield from (_row(items[_place(key)]) for key in some)


def _keys(client: Any, table: str) -> Iterator[Placed[dict[str, Any]]]:
    pages = client.get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, ProjectionExpression=", ".join((*_KEY, "CommitStamp"))
    )
    for page in pages:
        for item in page["Items"]:
            stream, sequence = _place(item)
            key = {name: item[name] for name in _KEY}
            yield Placed(stream, sequence, int(item["CommitStamp"]["N"]), key)


def _items(client: Any, table: str, keys: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    asked: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    while asked:  # a large answer comes in parts
        answer = client.batch_get_item(RequestItems=asked)
        yield from answer["Responses"][table]
        asked = answer["UnprocessedKeys"]


def _place(item: Mapping[str, Any]) -> tuple[str, int]:
    return item["TenantAndStream"]["S"], int(item["CommitSequence"]["N"])


def _row(item: Mapping[str, Any]) -> Row:
    return (
        item["TenantId"]["S"],
        item["StreamId"]["S"],
        int(item["CommitSequence"]["N"]),
        int(item["StreamRevision"]["N"]),
        UUID(item["CommitId"]["S"]),
        int(item["CommitStamp"]["N"]),
        item["Headers"]["B"],
        item["Events"]["B"],
    )
