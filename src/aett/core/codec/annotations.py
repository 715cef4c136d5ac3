"""Annotations made plain: names resolved, type variables filled in, wrappers taken off."""

from __future__ import annotations

import sys
import types
from collections import abc
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from aett.core.errors import UnsupportedType

# What an abstract collection, or one without arguments, is restored as.
_CONCRETE: dict[Any, tuple[Any, int]] = {
    list: (list, 1),
    abc.MutableSequence: (list, 1),
    set: (set, 1),
    abc.MutableSet: (set, 1),
    frozenset: (frozenset, 1),
    abc.Set: (frozenset, 1),
    dict: (dict, 2),
    abc.Mapping: (dict, 2),
    abc.MutableMapping: (dict, 2),
}


_tuple: Any = tuple  # For the checkers: subscribed at run time, it is no annotation.


def name_of(type_: Any) -> str:
    """A type as a message names it."""
    return type_.__qualname__ if isinstance(type_, type) else repr(type_).replace("typing.", "")


def resolved(owner: type, name: str, annotation: Any) -> Any:
    """The type that an annotation of a class means."""
    module = sys.modules.get(owner.__module__)
    parameters = {each.__name__: each for each in getattr(owner, "__type_params__", ())}
    holder = type(owner.__name__, (), {"__annotations__": {name: annotation}})
    try:
        # The class's own attributes come last: one called `date` must not hide the type of that name.
        hints = get_type_hints(
            holder,
            {owner.__name__: owner, **vars(owner)},
            {**(vars(module) if module else {}), **parameters},
            include_extras=True,
        )
    except (NameError, SyntaxError, TypeError, AttributeError) as error:
        raise UnsupportedType(
            f"{owner.__qualname__}.{name}: {annotation!r} cannot be resolved: {error}"
        ) from error
    return hints[name]


def substituted(type_: Any, filled: dict[Any, Any]) -> Any:
    """A type with its type variables replaced."""
    if isinstance(type_, TypeVar):
        return filled.get(type_, type_)
    parameters: tuple[Any, ...] = getattr(type_, "__parameters__", ())
    if isinstance(type_, type) or not parameters:
        return type_
    return type_[tuple(filled.get(parameter, parameter) for parameter in parameters)]


def is_union(type_: Any) -> bool:
    """Whether a type is a union, however it is written."""
    return get_origin(type_) in {Union, types.UnionType}


def bare(type_: Any) -> Any:
    """A type without NewType, Annotated, Final and alias, with concrete collections that name their items."""
    while True:
        if (origin := get_origin(type_)) in {Annotated, Final}:
            type_ = get_args(type_)[0]
        elif _is_alias(type_):
            type_ = type_.__value__
        elif _is_alias(origin):
            type_ = substituted(origin.__value__, dict(zip(origin.__type_params__, get_args(type_), strict=True)))
        elif hasattr(type_, "__supertype__"):
            type_ = type_.__supertype__
        else:
            break
    if type_ is None:
        return type(None)
    if type_ is object or (is_union(type_) and any(bare(each) is Any for each in get_args(type_))):
        return Any
    return _concrete(type_, origin)


def _is_alias(type_: Any) -> bool:
    """Whether a type is what a `type` statement made."""
    return type(type_).__name__ == "TypeAliasType"


def _concrete(type_: Any, origin: Any) -> Any:
    arguments = get_args(type_)
    if (origin or type_) is abc.Sequence:
        return _tuple[(*(arguments or (Any,)), ...)]
    if (origin or type_) is tuple:
        # `tuple[()]` is the empty tuple, `tuple` any tuple; both are without arguments.
        anything = type_ is tuple or not hasattr(type_, "__args__")
        return _tuple[Any, ...] if anything else _tuple[arguments]
    if (found := _CONCRETE.get(origin or type_)) is None:
        return type_
    made, count = found
    return made[arguments or ((Any,) if count == 1 else (str, Any))]


def is_read_natively(type_: Any) -> bool:
    """Whether msgspec's reading of a wrapper is ours: no list for a Sequence, no constraint checked."""
    if get_origin(type_) is Annotated:
        inner, *notes = get_args(type_)
        return is_read_natively(inner) and not any(isinstance(note, msgspec.Meta) for note in notes)
    if hasattr(type_, "__supertype__"):
        return is_read_natively(type_.__supertype__)
    if _is_alias(type_):
        return is_read_natively(type_.__value__)
    if _is_alias(get_origin(type_)):
        return False
    return (get_origin(type_) or type_) is not abc.Sequence
