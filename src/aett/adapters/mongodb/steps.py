"""The steps of MongoDB: one command each, to the collections of one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from attrs import field, frozen

from aett.core.plan import Step

Document: TypeAlias = dict[str, Any]
Filter: TypeAlias = Mapping[str, Any]
Collection: TypeAlias = Literal["commits", "snapshots", "counters", "registers"]
"""Which of a place's collections."""

COLLECTIONS: Final[tuple[Collection, ...]] = ("commits", "snapshots", "counters", "registers")


@frozen
class Find(Step[list[Document]]):
    """The documents that fit; the reply is at most `limit` of them, in order.

    fields: only these; all by default. alone: whether it must be outside of any transaction: one of the
    caller's is `UnsupportedServer`.
    """

    collection: Collection
    filter: Filter
    order: tuple[tuple[str, int], ...] = ()
    limit: int = 0
    fields: tuple[str, ...] | None = None
    alone: bool = field(default=False, kw_only=True)


@frozen
class Insert(Step[bool]):
    """A new document; the reply is whether no unique key refused it."""

    collection: Collection
    document: Document


@frozen
class Modify(Step["Document | None"]):
    """Change the document of this `_id`, made if it is absent; the reply is what it is now.

    None if somebody else made it meanwhile: ask again.
    """

    collection: Collection
    key: str
    change: Mapping[str, Any]


@frozen
class Replace(Step[bool]):
    """Put a document in the place of the one that fits, if there is one.

    False if somebody else put one there meanwhile: ask again.
    """

    collection: Collection
    filter: Filter
    document: Document


@frozen
class Swap(Step[bool]):
    """Put a document in the place of the one that fits; the reply is whether one did."""

    collection: Collection
    filter: Filter
    document: Document


@frozen
class Remove(Step[bool]):
    """Remove the one document that fits; the reply is whether one did."""

    collection: Collection
    filter: Filter


@frozen
class Delete(Step[None]):
    """Remove all documents that fit."""

    collection: Collection
    filter: Filter


@frozen
class Index:
    """An index: its name, its fields, ascending, and whether it is unique."""

    name: str
    fields: tuple[str, ...]
    unique: bool = False


@frozen
class CreateIndexes(Step[None]):
    """Create a collection with its indexes; what is there already stays as it is."""

    collection: Collection
    indexes: tuple[Index, ...]


@frozen
class Describe(Step["tuple[Document, list[Index]]"]):
    """A collection's options, and its indexes."""

    collection: Collection


@frozen
class Drop(Step[None]):
    """Remove a collection; no error if it is absent."""

    collection: Collection
