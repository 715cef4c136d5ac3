"""Performs MongoDB's steps on pymongo."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any, TypeAlias, TypeVar

from pymongo import IndexModel, MongoClient, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from aett.adapters.lending.blocking import CallersConnection, CallersPool, Lender, OwnPool
from aett.adapters.lending.borrowing import Borrowed
from aett.adapters.mongodb.errors import KINDS, translated
from aett.adapters.mongodb.space import Server, Space
from aett.adapters.mongodb.steps import (
    CreateIndexes,
    Delete,
    Describe,
    Drop,
    Find,
    Index,
    Insert,
    Modify,
    Remove,
    Replace,
    Swap,
)
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

A = TypeVar("A")

Place: TypeAlias = str | Database[Any]


def lender_of(
    place: Place, name: str, session: ClientSession | None, pool_size: int, timeout: float
) -> Lender[Space]:
    """Lends the collections of a server that is named by a URL, or those of a database of the caller's."""
    if isinstance(place, str):
        if session is not None:
            raise TypeError("a session belongs to a client: hand in the database of that client, not a URL")
        server = Server(url=place, pool_size=pool_size, timeout=timeout)

        def opened() -> tuple[MongoClient[Any], Space]:
            client: MongoClient[Any] = MongoClient(server.url, **server.options)
            return client, Space.of(client[server.database], name)

        return OwnPool(server.name, opened, lambda pool: nullcontext(pool[1]), lambda pool: pool[0].close())
    if not isinstance(place, Database):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise TypeError(f"a URL or a pymongo Database, not {type(place).__name__}")
    space = Space.of(place, name, session)
    if session is not None:
        return CallersConnection(space, Space.is_alone)
    return CallersPool(lambda: nullcontext(space))


class MongoPerformer:
    """Performs steps until it is closed."""

    def __init__(self, lender: Lender[Space]) -> None:
        self._lender = lender

    def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        try:
            answer: A = self._perform(step)
        except KINDS as error:
            raise translated(error, self._lender.name) from error
        return answer

    def borrowed(self) -> Borrowed[Space]:
        """Its collections, for somebody else."""
        return Borrowed(self._lender)

    def close(self) -> None:
        """Close what was opened."""
        self._lender.close()

    def _perform(self, step: Step[Any]) -> Any:
        if isinstance(step, Pause):
            return time.sleep(step.seconds)
        with self._lender.lent(alone=isinstance(step, Find) and step.alone) as space:
            try:
                return self._asked(space, step)
            except DuplicateKeyError:
                if isinstance(step, Modify):
                    return None
                if isinstance(step, (Insert, Replace)):
                    return False
                raise

    def _asked(self, space: Space, step: Step[Any]) -> Any:
        session = space.session
        match step:
            case Find(collection, filter, order, limit, fields):
                wanted = None if fields is None else {"_id": False, **dict.fromkeys(fields, True)}
                cursor = space.collections[collection].find(filter, wanted, session=session)
                return (cursor.sort(list(order)) if order else cursor).limit(limit).to_list()
            case Insert(collection, document):
                return space.collections[collection].insert_one(dict(document), session=session).acknowledged
            case Modify(collection, key, change):
                return space.collections[collection].find_one_and_update(
                    {"_id": key}, change, upsert=True, return_document=ReturnDocument.AFTER, session=session
                )
            case Replace(collection, filter, document):
                space.collections[collection].replace_one(filter, document, upsert=True, session=session)
                return True
            case Delete(collection, filter):
                return space.collections[collection].delete_many(filter, session=session) and None
            case _:
                return self._swapped(space, step)

    def _swapped(self, space: Space, step: Step[Any]) -> Any:
        session = space.session
        match step:
            case Swap(collection, filter, document):
                swapped = space.collections[collection].replace_one(filter, document, session=session)
                return swapped.matched_count > 0
            case Remove(collection, filter):
                return space.collections[collection].delete_one(filter, session=session).deleted_count > 0
            case _:
                return self._upkept(space, step)

    def _upkept(self, space: Space, step: Step[Any]) -> Any:
        session = space.session
        match step:
            case CreateIndexes(collection, indexes):
                models = index_models(indexes)
                return models and space.collections[collection].create_indexes(models, session=session)
            case Describe(collection):
                information = space.collections[collection].index_information(session=session)
                name = space.collections[collection].name
                told = space.database.command("listCollections", filter={"name": name}, session=session)
                return described(told, information)
            case Drop(collection):
                return space.collections[collection].drop(session=session)
            case _:
                raise TypeError(f"MongoDB has no step {type(step).__name__}")


def index_models(indexes: tuple[Index, ...]) -> list[IndexModel]:
    """The indexes as the client wants them."""
    return [
        IndexModel([(field, 1) for field in each.fields], name=each.name, unique=each.unique) for each in indexes
    ]


def described(told: dict[str, Any], information: dict[str, Any]) -> tuple[dict[str, Any], list[Index]]:
    """A collection's options and indexes, from what the server tells. A partial or sparse index is another."""
    found = told["cursor"]["firstBatch"]
    indexes = [
        Index(name, tuple(str(field) for field, _ in each["key"]), bool(each.get("unique")))
        for name, each in information.items()
        if all(direction == 1 for _, direction in each["key"])
        and not {"sparse", "partialFilterExpression", "collation", "hidden", "expireAfterSeconds"} & set(each)
    ]
    return (found[0].get("options", {}) if found else {}), indexes
