"""The service.

    $ uvicorn examples.inventory.service:app            # on SQLite, in inventory.db
    $ INVENTORY=postgresql://... uvicorn examples.inventory.service:app

A command is sent with a header `Idempotency-Key: <UUID>`; sent once more with the same, it takes effect once.
`GET /articles/<id>?at=<time>` tells what was in stock then. `/` is a page that shows the stock as it changes.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from examples.inventory.database import TENANT, Database
from examples.inventory.domain import ARTICLE, ArticleEvent, NotInStock, Receive, Sell, change
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, PositiveInt

from aett import (
    AsyncDefaultAggregateRepository,
    AsyncFollowers,
    AsyncRunner,
    DuplicateCommit,
    Failure,
    Success,
    async_follow,
)

_PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


class Pieces(BaseModel):
    """How many."""

    count: PositiveInt


class Inventory:
    """What the endpoints share."""

    def __init__(self, database: Database, store: Any, registers: Any) -> None:
        self.database, self.store = database, store
        self.articles = AsyncDefaultAggregateRepository(TENANT, store=store)
        self.followers = AsyncFollowers(TENANT, store=store, registers=registers)

    async def execute(self, article: str, command: Receive | Sell, key: UUID) -> dict[str, int]:
        """Decide, store, and wait until the read model shows it: whoever reads next, reads it."""
        match await self.articles.execute(ARTICLE, article, command, commit_id=key):
            case Success(folded):
                await self.followers.wait_for(self.database.read_model, folded.head.checkpoint or 0)
                return {"stock": folded.state}
            case Failure(NotInStock(missing)):
                raise HTTPException(409, f"{missing} are missing")
            case Failure(DuplicateCommit()):
                raise HTTPException(422, "this key was used for another command")
            case Failure(other):
                raise HTTPException(503, type(other).__name__)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    database = Database(os.environ.get("INVENTORY", "inventory.db"))
    await database.prepare()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(database.commit_store())
        registers = await stack.enter_async_context(database.registers())
        runner = AsyncRunner(
            database.read_model, tenants=[TENANT], store=store, registers=registers, begin=database.begin
        )
        await stack.enter_async_context(runner)
        app.state.inventory = Inventory(database, store, registers)
        yield


app = FastAPI(title="Inventory", lifespan=_lifespan)


def _inventory(request: Request) -> Inventory:
    inventory: Inventory = request.app.state.inventory
    return inventory


@app.post("/articles/{article}/receive")
async def receive(
    request: Request, article: str, pieces: Pieces, idempotency_key: Annotated[UUID, Header()]
) -> dict[str, int]:
    """Take pieces in."""
    return await _inventory(request).execute(article, Receive(pieces.count), idempotency_key)


@app.post("/articles/{article}/sell")
async def sell(
    request: Request, article: str, pieces: Pieces, idempotency_key: Annotated[UUID, Header()]
) -> dict[str, int]:
    """Hand pieces out, or say how many are missing."""
    return await _inventory(request).execute(article, Sell(pieces.count), idempotency_key)


@app.get("/articles/{article}")
async def look(request: Request, article: str, at: datetime | None = None) -> dict[str, int]:
    """What is in stock of an article, or was at a time (with its zone)."""
    articles = _inventory(request).articles
    found = await (articles.get(ARTICLE, article) if at is None else articles.get_to(ARTICLE, article, at))
    folded = found.unwrap()
    return {"stock": folded.state, "revision": folded.revision}


@app.get("/stock")
async def stock(request: Request) -> dict[str, int]:
    """The read model."""
    return await _inventory(request).database.stock()


@app.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """Whether the read model is behind."""
    inventory = _inventory(request)
    lag = await inventory.followers.lag(inventory.database.read_model)
    return {"behind": lag.is_behind, "stopped": lag.stop is not None, "held_up": lag.tail.held_up}


@app.get("/live")
async def live(request: Request) -> StreamingResponse:
    """Every change, from the first, as server-sent events; a page that reconnects goes on where it was."""
    inventory, seen = _inventory(request), int(request.headers.get("last-event-id", "0"))

    async def changes() -> AsyncIterator[str]:
        async for each in async_follow(inventory.store, TENANT, seen, topics=ArticleEvent):
            told = json.dumps({"article": each.stream_id, "change": change(each.event)})
            yield f"id: {each.checkpoint}\ndata: {told}\n\n"

    return StreamingResponse(changes(), media_type="text/event-stream")


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    """The page."""
    return _PAGE
