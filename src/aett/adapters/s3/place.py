"""Where the bucket is: a URL, or a bucket's name with a configuration, a session or a client."""

from __future__ import annotations

from typing import Any, Final

from aett.adapters.aws.place import Configuration, parsed
from aett.adapters.s3.keys import LONGEST_PREFIX, Space

EXAMPLE: Final = "s3://bucket/prefix?region=eu-west-1"


def located(place: Any, bucket: str | None, prefix: str) -> tuple[Any, Space]:
    """What makes clients, and the space: a URL names both; anything else needs a bucket's name beside it."""
    if isinstance(place, str):
        if bucket is not None or prefix:
            raise ValueError(f"an S3 URL names bucket and prefix itself, as in {EXAMPLE}")
        bucket, prefix, options = parsed(place, "s3", EXAMPLE, ("region",))
        place = Configuration(**options)
    if not bucket:
        raise ValueError(f"a bucket must be named: by a URL as in {EXAMPLE}, or by bucket=")
    return place, Space(bucket, _whole(prefix))


def _whole(prefix: str) -> str:
    whole = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    if len(whole.encode()) > LONGEST_PREFIX:
        raise ValueError(f"a prefix takes at most {LONGEST_PREFIX} bytes, or keys would be longer than S3 takes")
    return whole


def region_of(place: Any) -> str | None:
    """The region that a configuration, a session or a client names, if it does."""
    found = getattr(place, "region", None) or getattr(place, "region_name", None)
    return found or getattr(getattr(place, "meta", None), "region_name", None)
