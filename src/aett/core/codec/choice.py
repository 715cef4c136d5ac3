"""Which of several types a piece of JSON is: by its kind where that tells, else by a tag."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from typing import Any, Literal, get_args, get_origin

from attrs import frozen

from aett.core.codec.annotations import bare, is_union, name_of
from aett.core.codec.attributes import descendants, is_record
from aett.core.errors import UnsupportedType
from aett.core.topic import Topic

TAG = "$type"
"""The key of a tag; no attribute can have this name."""

LEAVES: frozenset[Any] = frozenset(
    {bool, int, float, str, bytes, type(None)}
    | {dt.datetime, dt.date, dt.time, dt.timedelta, decimal.Decimal, uuid.UUID}
)
"""Types whose values JSON holds as one scalar."""

_ARRAYS = (list, tuple, set, frozenset)


@frozen
class Choice:
    """One member of a tagged union: the class of its values, the tag, its type, and tags that it had before."""

    cls: type
    tag: str
    type: Any
    formerly: tuple[str, ...] = ()


def members(union: Any) -> tuple[Any, ...]:
    """The types of a union, plain and each once; a union within it counts as its own members."""
    found: dict[Any, None] = {}
    for each in map(bare, get_args(union)):
        found |= dict.fromkeys(members(each) if is_union(each) else (each,))
    return tuple(found)


def stored_enum(cls: type[enum.Enum]) -> dict[str | int, enum.Enum]:
    """The members of an Enum by what is stored: the value, if all are str or all are int, else the name."""
    for kind in (str, int):
        if all(type(member.value) is kind for member in cls):
            return {member.value: member for member in cls}
    return {member.name: member for member in cls}


def readable_enum(cls: type[enum.Enum]) -> dict[str | int, enum.Enum]:
    """The members of an Enum by all that they may have been stored as: value or name.

    Which of them is stored depends on all members, so one that was added may have changed it. Raises
    `UnsupportedType` if one member's name is another's value.
    """
    found = stored_enum(cls)
    for name, member in cls.__members__.items():
        for key in (name, member.value):
            if type(key) in {str, int} and found.setdefault(key, member) is not member:
                raise UnsupportedType(
                    f"{name_of(cls)}: {key!r} is one member's name and another's value, and what is stored"
                    " could mean both: rename one"
                )
    return found


def kinds(type_: Any) -> frozenset[Any]:
    """The kinds of JSON value that a plain type is stored as."""
    origin = get_origin(type_) or type_
    if origin is Literal:
        return frozenset(kind for cls in classes(type_) for kind in kinds(cls))
    if is_record(type_) or origin is dict:
        return frozenset({dict})
    if origin in _ARRAYS:
        return frozenset({list})
    if isinstance(type_, type) and issubclass(type_, enum.Flag):
        return frozenset({int})
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return frozenset(map(type, stored_enum(type_)))
    return frozenset({type_ if type_ in {bool, int, float, type(None)} else str})


def is_tagged(types: tuple[Any, ...]) -> bool:
    """Whether JSON alone does not tell these types apart."""
    found = [kind for each in types for kind in kinds(each)]
    return len(found) != len(set(found))


def classes(type_: Any) -> tuple[type, ...]:
    """The classes that a value of a plain type can have."""
    if get_origin(type_) is Literal:
        found: dict[type, None] = dict.fromkeys(map(type, get_args(type_)))
        return tuple(found)
    cls = get_origin(type_) or type_
    return (cls, *descendants(cls)) if cls is type_ and is_record(cls) else (cls,)


def choices(types: tuple[Any, ...], where: str) -> tuple[Choice, ...]:
    """The tag of each member of a union; None needs none."""
    found: dict[str, Choice] = {}
    for each in types:
        for cls in classes(each):
            type_ = cls if is_record(each) and cls is not get_origin(each) else each
            choice = Choice(cls, cls.__name__, type_, _formerly(cls))
            for tag in (choice.tag, *choice.formerly):
                if found.setdefault(tag, choice) != choice:
                    raise UnsupportedType(
                        f"{where}: {name_of(found[tag].type)} and {name_of(choice.type)}"
                        f" in one union would both be stored under the tag {tag!r}"
                    )
    return tuple(choice for choice in dict.fromkeys(found.values()) if choice.cls is not type(None))


def _formerly(cls: type) -> tuple[str, ...]:
    """The tags that a class had before it was renamed: what its topic says, if it has one."""
    return Topic.of(cls).formerly if Topic.among([cls]) else ()
