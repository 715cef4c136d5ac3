"""Folders of S3 buckets.

3.x keeps no order between streams there. An object's key says where and when its commit was made: all are listed
first, and put in order by their stamps; then each is read.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from aett.adapters.aws.performing import lender_of
from aett.adapters.aws.place import POOL_SIZE, TIMEOUT
from aett.adapters.s3.place import located
from aett.cli.sources import Row
from aett.operating.foreign import Placed, in_order

_KEY: Final = re.compile(r"(?P<stream>.*)/(?P<stamp>-?\d+)_[^_/]+_(?P<sequence>\d+)_\d+\.json", re.DOTALL)


class _Object(msgspec.Struct):
    tenant_id: str
    stream_id: str
    commit_sequence: int
    stream_revision: int
    commit_id: UUID
    commit_stamp: datetime
    headers: dict[str, Any]
    events: msgspec.Raw


@contextmanager
def aett_3(url: str, folder: str) -> Generator[Iterator[Row]]:
    """Commits of aett 3.x."""
    place, space = located(url, None, "")
    lender = lender_of(place, "s3", POOL_SIZE, TIMEOUT)
    with closing(lender), lender.lent(alone=True) as client:
        client.head_bucket(Bucket=space.bucket)
        yield _rows(client, space.bucket, f"{space.prefix}{folder}/")


def _rows(client: Any, bucket: str, prefix: str) -> Iterator[Row]:
    for each in in_order(_keys(client, bucket, prefix)):
        body = client.get_object(Bucket=bucket, Key=each.found)["Body"].read()
        yield _row(msgspec.json.decode(body, type=_Object))


def _keys(client: Any, bucket: str, prefix: str) -> Iterator[Placed[str]]:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for key in (each["Key"] for each in page.get("Contents", ())):
            if found := _KEY.fullmatch(key):
                yield Placed(found["stream"], int(found["sequence"]), int(found["stamp"]), key)


def _row(found: _Object) -> Row:
    return (
        found.tenant_id,
        found.stream_id,
        found.commit_sequence,
        found.stream_revision,
        found.commit_id,
        found.commit_stamp,
        msgspec.json.encode(_headers(found.headers)),
        bytes(found.events),
    )


def _headers(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Each value was written as JSON, and that as a text."""
    headers = dict(stored)
    for name, value in stored.items():
        with suppress(msgspec.DecodeError, TypeError):
            headers[name] = msgspec.json.decode(value)
    return headers
