"""Collections of MongoDB."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from pymongo import ASCENDING, MongoClient

from aett.adapters.mongodb.space import Server
from aett.cli.sources import Row


@contextmanager
def aett_3(url: str, collection: str) -> Generator[Iterator[Row]]:
    """Commits of aett 3.x: by tenant, in the order of their tokens, by the index on both."""
    server = Server(url=url)
    client: MongoClient[dict[str, Any]] = MongoClient(url, **server.options)
    with client:
        client.admin.command("ping")
        order = [("TenantId", ASCENDING), ("CheckpointToken", ASCENDING)]
        yield map(_row, client[server.database][collection].find().sort(order))


def _row(found: dict[str, Any]) -> Row:
    return (
        found["TenantId"],
        found["StreamId"],
        int(found["CommitSequence"]),
        int(found["StreamRevision"]),
        UUID(found["CommitId"]),
        int(found["CommitStamp"]),
        found["Headers"],
        found["Events"],
    )
