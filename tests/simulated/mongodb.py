"""A simulated MongoDB: lists of documents, and the unique keys of the real one's indexes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Self

from aett.adapters.mongodb.documents import COMMITS, REGISTERS, SNAPSHOTS
from aett.adapters.mongodb.steps import (
    Collection,
    CreateIndexes,
    Delete,
    Describe,
    Document,
    Drop,
    Filter,
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

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda one, other: one > other,
    "$gte": lambda one, other: one >= other,
    "$lt": lambda one, other: one < other,
    "$lte": lambda one, other: one <= other,
}
KEYS: Mapping[str, tuple[Index, ...]] = {
    "commits": COMMITS,
    "snapshots": SNAPSHOTS,
    "counters": (),
    "registers": REGISTERS,
}


class SimulatedMongo:
    """What the engine's steps do, at once and one after another."""

    def __init__(self, keys: Mapping[str, tuple[Index, ...]] = KEYS) -> None:
        self._keys = keys
        self._collections: dict[Collection, tuple[Document, ...]] = {}

    def copy(self) -> Self:
        other = type(self)(self._keys)
        other._collections = dict(self._collections)
        return other

    def key(self) -> Hashable:
        return repr({name: sorted(map(repr, each)) for name, each in sorted(self._collections.items())})

    def perform(self, step: Step[Any]) -> Any:  # noqa: C901, PLR0911  # a line for each
        match step:
            case Find(collection, filter, order, limit, fields):
                return self._found(collection, filter, order, limit, fields)
            case Insert(collection, document):
                return self._inserted(collection, document)
            case Modify(collection, key, change):
                return self._modified(collection, key, change)
            case Replace(collection, filter, document):
                self._deleted(collection, filter)
                return self._inserted(collection, document)
            case Swap(collection, filter, document):
                there = self._found(collection, filter, (), 0, None)
                self._deleted(collection, filter)
                return bool(there) and self._inserted(collection, document)
            case Remove(collection, filter):
                there = self._found(collection, filter, (), 0, None)
                self._deleted(collection, filter)
                return bool(there)
            case Delete(collection, filter):
                return self._deleted(collection, filter)
            case Describe(collection):
                return {}, list(self._keys[collection])
            case Drop(collection):
                return self._collections.pop(collection, None) and None
            case Pause() | CreateIndexes():
                return None
            case _:
                raise TypeError(type(step).__name__)

    def __call__(self, step: Step[Any], /) -> Any:
        return self.perform(step)

    def _found(
        self,
        collection: Collection,
        wanted: Filter,
        order: tuple[tuple[str, int], ...],
        limit: int,
        fields: tuple[str, ...] | None,
    ) -> list[Document]:
        found = [dict(each) for each in self._collections.get(collection, ()) if _fits(each, wanted)]
        for name, direction in reversed(order):
            found.sort(key=lambda each: each[name], reverse=direction < 0)
        page = found[:limit] if limit else found
        return [{name: each[name] for name in fields or each if name in each} for each in page]

    def _inserted(self, collection: Collection, document: Document) -> bool:
        there = self._collections.get(collection, ())
        for index in self._keys[collection]:
            key = [document.get(name) for name in index.fields]
            if index.unique and any([each.get(name) for name in index.fields] == key for each in there):
                return False
        self._collections[collection] = (*there, dict(document))
        return True

    def _modified(self, collection: Collection, key: str, change: Mapping[str, Any]) -> Document:
        there = self._collections.get(collection, ())
        (found,) = [each for each in there if each["_id"] == key] or [{"_id": key}]
        changed = dict(found)
        for name, value in change.get("$inc", {}).items():
            changed[name] = changed.get(name, 0) + value
        for name, value in change.get("$max", {}).items():
            changed[name] = max(changed.get(name, value), value)
        self._collections[collection] = (*(each for each in there if each["_id"] != key), changed)
        return dict(changed)

    def _deleted(self, collection: Collection, wanted: Filter) -> None:
        there = self._collections.get(collection, ())
        self._collections[collection] = tuple(each for each in there if not _fits(each, wanted))


def _fits(document: Document, wanted: Filter) -> bool:
    return all(_fits_one(document.get(name), each) for name, each in wanted.items())


def _fits_one(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    if "$exists" in wanted:
        return (value is not None) == bool(wanted["$exists"])
    return value is not None and all(
        compare(value, wanted[how]) for how, compare in _COMPARE.items() if how in wanted
    )
