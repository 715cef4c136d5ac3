"""Values made up for a type, by which its codec is proved before anything real is written."""

from __future__ import annotations

import datetime as dt
import decimal
import functools
import itertools
import uuid
from typing import Any, Literal, get_args, get_origin

from attrs import field, frozen

from aett.core.codec.annotations import bare, is_union
from aett.core.codec.attributes import (
    HASH_CACHE,
    attributes,
    descendants,
    is_named_tuple,
    is_record,
    keeps_hash,
    names,
)
from aett.core.codec.choice import members
from aett.core.restoring import restore

_SCALARS: dict[Any, list[Any]] = {
    bool: [True, False],
    int: [-7],
    float: [0.5],
    str: ["\N{LATIN SMALL LETTER E WITH ACUTE}"],
    bytes: [b"\xff"],
    type(None): [None],
    Any: [{"any": [1, None]}],
    dt.datetime: [dt.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=dt.UTC)],
    dt.date: [dt.date(2024, 2, 29)],
    dt.time: [dt.time(1, 2, 3, 4)],
    dt.timedelta: [dt.timedelta(days=1, microseconds=1)],
    decimal.Decimal: [decimal.Decimal("1.50")],
    uuid.UUID: [uuid.UUID(int=1)],
}


def remade(cls: Any, fields: dict[str, Any]) -> Any:
    """An instance of a class with exactly these attributes."""
    if is_named_tuple(cls):
        return cls(**fields)
    return restore(cls, {**fields, HASH_CACHE: None} if keeps_hash(cls) else fields)


def samples(type_: Any) -> list[Any]:
    """Some values of a type, with each member of each union; none if a value would have no end."""
    return _Sampler().of(type_)


@functools.cache
def is_frozen(cls: type) -> bool:
    """Whether no attribute of an instance of this class, which has samples, can be set."""
    value = samples(cls)[0]
    for name in names(cls) or ():
        try:
            setattr(value, name, getattr(value, name))
        except AttributeError:  # of attrs, of dataclasses and of tuples alike
            continue
        return False
    return True


@frozen
class _Sampler:
    # A class being made counts as having no samples yet, which ends recursion at None or at empty.
    made: dict[Any, list[Any]] = field(factory=dict[Any, list[Any]])

    def of(self, type_: Any) -> list[Any]:
        type_ = bare(type_)
        origin, arguments = get_origin(type_), get_args(type_)
        if type_ in _SCALARS:
            return _SCALARS[type_]
        if is_union(type_):
            return [value for each in members(type_) for value in self.of(each)]
        if origin is Literal:
            return list(arguments)
        if is_record(type_):
            below = descendants(type_) if isinstance(type_, type) else ()
            return [value for each in (type_, *below) for value in self._records(each)]
        return self._collections(origin, arguments) if arguments or origin else list(type_)

    def _collections(self, origin: Any, arguments: tuple[Any, ...]) -> list[Any]:
        if origin is dict:
            keys, items = self.of(arguments[0]), self.of(arguments[1])
            return [dict(zip(keys if items else (), itertools.cycle(items), strict=False))]
        if origin is tuple and ... not in arguments:
            return [tuple(row) for row in _rows([self.of(each) for each in arguments])]
        return [origin(self.of(arguments[0])), origin()]

    def _records(self, type_: Any) -> list[Any]:
        if type_ not in self.made:
            self.made[type_] = []
            entries = attributes(type_)
            rows = _rows([self.of(each.type) for each in entries])
            cls: type = get_origin(type_) or type_
            abstract = bool(getattr(cls, "__abstractmethods__", ()))
            names = [each.name for each in entries]
            self.made[type_] = [remade(cls, dict(zip(names, row, strict=True))) for row in rows if not abstract]
        return self.made[type_]


def _rows(columns: list[list[Any]]) -> list[list[Any]]:
    """Rows enough that each value stands in one, and no more."""
    if not all(columns):
        return []
    length = max(map(len, columns), default=1)
    return [[column[index % len(column)] for column in columns] for index in range(length)]
