"""The attributes of a class: name, type, and what stands for one that is missing."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from typing import TYPE_CHECKING, Any, Generic, Protocol, get_args, get_origin

import attrs
from attrs import frozen

from aett.core.codec.annotations import name_of, resolved, substituted
from aett.core.errors import UnsupportedType

if TYPE_CHECKING:
    from collections.abc import Iterator

HASH_CACHE = "_attrs_cached_hash"
"""Where attrs keeps the hash of a class made with `cache_hash=True`; an instance must have it."""


@frozen
class Attribute:
    """One attribute of a class; `native` says whether msgspec reads and writes it as we do."""

    name: str
    type: Any
    default: Any = attrs.NOTHING
    converter: Any = None
    native: bool = True
    source: Any = None


def is_record(type_: Any) -> bool:
    """Whether a type is a class with attributes: attrs, dataclass or NamedTuple, parametrized or not."""
    origin: Any = get_origin(type_) or type_
    return isinstance(origin, type) and (
        attrs.has(origin) or dataclasses.is_dataclass(origin) or is_named_tuple(origin)
    )


def is_named_tuple(cls: Any) -> bool:
    """Whether a class is a NamedTuple."""
    return hasattr(cls, "_field_defaults") and issubclass(cls, tuple)


def keeps_hash(cls: type) -> bool:
    """Whether an attrs class keeps its hash in the instance."""
    return HASH_CACHE in getattr(getattr(cls.__hash__, "__code__", None), "co_names", ())


@functools.cache
@functools.cache
def names(cls: Any) -> tuple[str, ...] | None:
    """The names of a class's attributes; None for what is no class with attributes."""
    if attrs.has(cls):
        return tuple(each.name for each in attrs.fields(cls))
    if dataclasses.is_dataclass(cls):
        return tuple(each.name for each in dataclasses.fields(cls))
    return cls._fields if is_named_tuple(cls) else None


def attributes(type_: Any) -> tuple[Attribute, ...]:
    """The attributes of a class, or of a generic class with its arguments."""
    cls: type = get_origin(type_) or type_
    arguments = _arguments(cls, get_args(type_))
    return tuple(attrs.evolve(each, type=_type(cls, each, arguments)) for each in _declared(cls))


def descendants(cls: type) -> tuple[type, ...]:
    """The attrs classes below a class that can stand in its place."""
    found: dict[type, None] = {}
    child: type
    for child in cls.__subclasses__():
        # A slotted class is made twice; the one without attributes of its own is the discarded draft.
        if "__attrs_attrs__" in vars(child) and not getattr(child, "__parameters__", ()):
            found[child] = None
        found |= dict.fromkeys(descendants(child))
    return tuple(found)


def is_plain(cls: type) -> bool:
    """Whether a class is no more than its attributes, so that msgspec reads and writes it as we do."""
    return (
        not is_named_tuple(cls)
        and "__new__" not in {name for base in cls.__mro__[:-1] for name in vars(base)}
        and not any(hasattr(cls, hook) for hook in ("__attrs_pre_init__", "__attrs_post_init__", "__post_init__"))
        # attrs makes `__attrs_init__` where the class has an `__init__` of its own.
        and not hasattr(cls, "__attrs_init__")
        and getattr(getattr(cls, "__dataclass_params__", None), "init", True)
        and not keeps_hash(cls)
        and not _caches(cls)
    )


def _caches(cls: type) -> bool:
    """Whether instances hold more than their attributes: msgspec would write a cached property too."""
    slots = {name for base in cls.__mro__ for name in vars(base).get("__slots__", ())}
    return bool(slots - {*(names(cls) or ()), "__weakref__"}) or any(
        isinstance(content, functools.cached_property) for base in cls.__mro__ for content in vars(base).values()
    )


def _declared(cls: Any) -> Iterator[Attribute]:
    if attrs.has(cls):
        for each in attrs.fields(cls):
            native = each.init and each.alias == each.name and not each.name.startswith("_")
            native = native and each.converter is None and each.validator is None
            yield Attribute(each.name, each.type, each.default, each.converter, native, each)
    elif dataclasses.is_dataclass(cls):
        for entry in dataclasses.fields(cls):
            default = attrs.NOTHING if entry.default is dataclasses.MISSING else entry.default
            if entry.default_factory is not dataclasses.MISSING:
                default = attrs.Factory(entry.default_factory)
            native = entry.init and not entry.name.startswith("_")
            yield Attribute(entry.name, entry.type, default, native=native)
    else:
        defaults: dict[str, Any] = cls._field_defaults
        for name in names(cls) or ():
            yield Attribute(name, None, defaults.get(name, attrs.NOTHING), native=False)


def _arguments(cls: type, given: tuple[Any, ...]) -> dict[type, dict[Any, Any]]:
    """What the type variables of a class, and of each class above it, stand for."""
    filled = dict(zip(getattr(cls, "__parameters__", ()), given, strict=False))
    found = {cls: filled}
    for base in vars(cls).get("__orig_bases__", cls.__bases__):
        origin = get_origin(base) or base
        if isinstance(origin, type) and origin not in {Generic, Protocol, object}:
            found |= _arguments(origin, tuple(substituted(each, filled) for each in get_args(base)))
    return found


def _type(cls: type, attribute: Attribute, arguments: dict[type, dict[Any, Any]]) -> Any:
    for owner in cls.__mro__:
        annotations = inspect.get_annotations(owner)
        if attribute.name in annotations:
            type_ = resolved(owner, attribute.name, annotations[attribute.name])
            return substituted(type_, arguments.get(owner, {}))
    if attribute.type is None:
        raise UnsupportedType(f"{name_of(cls)}.{attribute.name}: has no type")
    return resolved(cls, attribute.name, attribute.type)
