"""Performs MongoDB's steps on pymongo's `AsyncMongoClient`, or a Motor client of the caller's."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any, TypeAlias, TypeVar

from pymongo import AsyncMongoClient, ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from aett.adapters.lending.awaiting import AsyncCallersConnection, AsyncCallersPool, AsyncLender, OwnPools
from aett.adapters.lending.borrowing import AsyncBorrowed
from aett.adapters.mongodb.errors import KINDS, translated
from aett.adapters.mongodb.performing import described, index_models
from aett.adapters.mongodb.space import Server, Space
from aett.adapters.mongodb.steps import (
    CreateIndexes,
    Delete,
    Describe,
    Drop,
    Find,
    Insert,
    Modify,
    Remove,
    Replace,
    Swap,
)
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

A = TypeVar("A")

Place: TypeAlias = "str | AsyncDatabase[Any] | Any"
"""A URL, or a database of pymongo's or of Motor's; Motor is not imported here."""

Opened: TypeAlias = "tuple[AsyncMongoClient[Any], Space]"


def lender_of(place: Place, name: str, session: Any, pool_size: int, timeout: float) -> AsyncLender[Space]:
    """Lends the collections of a server that is named by a URL, or those of a database of the caller's."""
    if isinstance(place, str):
        if session is not None:
            raise TypeError("a session belongs to a client: hand in the database of that client, not a URL")
        server = Server(url=place, pool_size=pool_size, timeout=timeout)

        async def opened() -> Opened:
            client: AsyncMongoClient[Any] = AsyncMongoClient(server.url, **server.options)
            return client, Space.of(client[server.database], name)

        return OwnPools(server.name, timeout, opened, lambda pool: nullcontext(pool[1]), _close, _close)
    if not isinstance(place, AsyncDatabase) and type(place).__name__ != "AsyncIOMotorDatabase":
        raise TypeError(f"a URL, a pymongo AsyncDatabase or a Motor database, not {type(place).__name__}")
    space = Space.of(place, name, session)
    if session is not None:
        return AsyncCallersConnection(space, Space.is_alone)
    return AsyncCallersPool(lambda: nullcontext(space))


async def _close(opened: Opened) -> None:
    await opened[0].close()


class AsyncMongoPerformer:
    """Performs steps until it is closed."""

    def __init__(self, lender: AsyncLender[Space]) -> None:
        self._lender = lender

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        try:
            answer: A = await self._perform(step)
        except KINDS as error:
            raise translated(error, self._lender.name) from error
        return answer

    def borrowed(self) -> AsyncBorrowed[Space]:
        """Its collections, for somebody else."""
        return AsyncBorrowed(self._lender)

    async def close(self) -> None:
        """Close what was opened."""
        await self._lender.close()

    async def _perform(self, step: Step[Any]) -> Any:
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        async with self._lender.lent(alone=isinstance(step, Find) and step.alone) as space:
            try:
                return await self._asked(space, step)
            except DuplicateKeyError:
                if isinstance(step, Modify):
                    return None
                if isinstance(step, (Insert, Replace)):
                    return False
                raise

    async def _asked(self, space: Space, step: Step[Any]) -> Any:
        session = space.session
        match step:
            case Find(collection, filter, order, limit, fields):
                wanted = None if fields is None else {"_id": False, **dict.fromkeys(fields, True)}
                cursor = space.collections[collection].find(filter, wanted, session=session)
                return await (cursor.sort(list(order)) if order else cursor).limit(limit).to_list(None)
            case Insert(collection, document):
                return (
                    await space.collections[collection].insert_one(dict(document), session=session)
                ).acknowledged
            case Modify(collection, key, change):
                return await space.collections[collection].find_one_and_update(
                    {"_id": key}, change, upsert=True, return_document=ReturnDocument.AFTER, session=session
                )
            case Replace(collection, filter, document):
                await space.collections[collection].replace_one(filter, document, upsert=True, session=session)
                return True
            case Delete(collection, filter):
                return await space.collections[collection].delete_many(filter, session=session) and None
            case _:
                return await self._swapped(space, step)

    async def _swapped(self, space: Space, step: Step[Any]) -> Any:
        session = space.session
        match step:
            case Swap(collection, filter, document):
                swapped = await space.collections[collection].replace_one(filter, document, session=session)
                return swapped.matched_count > 0
            case Remove(collection, filter):
                return (await space.collections[collection].delete_one(filter, session=session)).deleted_count > 0
            case _:
                return await self._upkept(space, step)

    async def _upkept(self, space: Space, step: Step[Any]) -> Any:
        session = space.session
        match step:
            case CreateIndexes(collection, indexes):
                models = index_models(indexes)
                return models and await space.collections[collection].create_indexes(models, session=session)
            case Describe(collection):
                information = await space.collections[collection].index_information(session=session)
                name = space.collections[collection].name
                told = await space.database.command("listCollections", filter={"name": name}, session=session)
                return described(told, information)
            case Drop(collection):
                return await space.collections[collection].drop(session=session)
            case _:
                raise TypeError(f"MongoDB has no step {type(step).__name__}")
