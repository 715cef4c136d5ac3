"""The database: SQLite in a file, or PostgreSQL; the events, and a table of what is in stock beside them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from examples.inventory.domain import TOPICS, ArticleEvent, change

from aett import Handler, Recorded
from aett.ports import AsyncTransaction

TENANT = "shop"
_TABLE = "CREATE TABLE IF NOT EXISTS stock (article VARCHAR(255) PRIMARY KEY, pieces BIGINT NOT NULL)"
_ADD = (
    "INSERT INTO stock VALUES (?, ?) ON CONFLICT (article) DO UPDATE SET pieces = stock.pieces + excluded.pieces"
)


class Database:
    """Where everything is: a path, or a URL of PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Any = import_module(
            "aett.adapters.postgresql" if url.startswith("postgresql") else "aett.adapters.sqlite"
        )

    def commit_store(self) -> Any:
        """A commit store."""
        return self.engine.AsyncCommitStore(self.url, topic_map=TOPICS)

    def registers(self) -> Any:
        """A register store."""
        return self.engine.AsyncRegisterStore(self.url)

    def begin(self) -> Any:
        """Begin a transaction."""
        return self.engine.async_transaction(self.url)

    async def prepare(self) -> None:
        """Make everything that is not there yet."""
        async with self.engine.AsyncPersistenceManagement(self.url) as management:
            await management.initialize()
        async with self.begin() as tx:
            await tx.connection.execute(_TABLE)

    async def stock(self) -> dict[str, int]:
        """What is in the table."""
        statement = "SELECT article, pieces FROM stock ORDER BY article"
        async with self.begin() as tx:
            if self.engine.__name__.endswith("sqlite"):
                async with tx.connection.execute(statement) as rows:
                    return dict(await rows.fetchall())
            return dict(await tx.connection.fetch(statement))

    async def add(self, batch: Sequence[Recorded[ArticleEvent]], tx: AsyncTransaction[Any]) -> None:
        """Change the table, in the transaction that remembers how far it has come."""
        for each in batch:
            values = (each.stream_id, change(each.event))
            if self.engine.__name__.endswith("sqlite"):
                await tx.connection.execute(_ADD, values)
            else:
                await tx.connection.execute(_ADD.replace("(?, ?)", "($1, $2)"), *values)

    @property
    def read_model(self) -> Handler[ArticleEvent, AsyncTransaction[Any]]:
        """What keeps the table up to date, exactly once for each event."""
        return Handler(name="stock", topics=ArticleEvent, handle=self.add)
