"""Types that msgspec cannot read unaided, read and written by cattrs without coercing or losing anything."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args, get_origin

import attrs
import cattrs
import msgspec
from cattrs.cols import (
    homogenous_tuple_structure_factory,
    iterable_unstructure_factory,
    list_structure_factory,
    mapping_structure_factory,  # pyright: ignore[reportUnknownVariableType] - two of its parameters have no type
    mapping_unstructure_factory,
)

from aett.core.codec.annotations import bare, is_union, name_of
from aett.core.codec.attributes import is_record
from aett.core.codec.choice import LEAVES, classes, kinds, readable_enum, stored_enum
from aett.core.codec.records import Reader, Writer, expect, read_family, read_union, write_family, write_union
from aett.core.codec.undecodable import Undecodable

if TYPE_CHECKING:
    from collections.abc import Callable

_KEY = "the key of a mapping"  # Annotates a type whose values JSON can only hold as text.
_annotated: Any = Annotated  # For the checkers: subscribed at run time, it is no annotation.


@attrs.frozen
class Strict:
    """Both ways between one type and plain JSON values."""

    read: Callable[[Any], Any]
    write: Writer


class _Converter(cattrs.Converter):
    # cattrs finds scalars by class, before it asks any predicate: an IntEnum would be read as an int.

    def get_structure_hook(self, type: Any, cache_result: bool = True) -> Reader:  # noqa: A002, FBT001, FBT002 - cattrs' names.
        if _is_scalar(type):
            return _read_scalar(type)
        return _read_enum(type) if _is_enum(type) else super().get_structure_hook(type, cache_result)

    def get_unstructure_hook(self, type: Any, cache_result: bool = True) -> Writer:  # noqa: A002, FBT001, FBT002 - cattrs' names.
        if _is_scalar(type):
            return _write_as_is
        return _write_enum(type) if _is_enum(type) else super().get_unstructure_hook(type, cache_result)


def strict_for(type_: Any) -> Strict:
    """The strict reader and writer of a type; its converter is its own, for subclasses come and go."""
    converter = _Converter(detailed_validation=False)
    for predicate, reader, writer in (
        (_is_wrapped, _read_bare, _write_bare),
        (_has_origin(Literal), _read_literal, _write_literal),
        (_has_origin(list, set, frozenset, tuple), _read_array, _write_array),
        (_has_origin(dict), _read_mapping, _write_mapping),
        (is_union, read_union, write_union),
        (is_record, read_family, write_family),
        (_is_key, _read_key, _write_key),
    ):
        converter.register_structure_hook_factory(predicate, reader)
        converter.register_unstructure_hook_factory(predicate, writer)
    read = converter.get_structure_hook(type_)
    return Strict(lambda body: read(body, type_), converter.get_unstructure_hook(type_))


def _is_wrapped(type_: Any) -> bool:
    return not _is_key(type_) and bare(type_) != type_


def _is_scalar(type_: Any) -> bool:
    return type_ is Any or (isinstance(type_, type) and type_ in LEAVES)


def _is_enum(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, enum.Enum)


def _is_key(type_: Any) -> bool:
    return get_origin(type_) is Annotated and get_args(type_)[-1] is _KEY


def _has_origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda type_: get_origin(type_) in origins


def _read_bare(type_: Any, converter: cattrs.Converter) -> Reader:
    return converter.get_structure_hook(bare(type_))


def _write_bare(type_: Any, converter: cattrs.Converter) -> Writer:
    return converter.get_unstructure_hook(bare(type_))


def _read_scalar(type_: Any) -> Reader:
    def as_is(raw: Any, _: Any) -> Any:
        return raw

    def exactly(raw: Any, _: Any) -> Any:
        expect(type_, raw)
        return raw

    def floating(raw: Any, _: Any) -> float:
        if type(raw) is int and float(raw) == raw:
            return float(raw)
        expect(float, raw)
        return cast("float", raw)

    def from_text(raw: Any, _: Any) -> Any:
        expect(str, raw)
        return msgspec.convert(raw, type_, strict=True)

    if type_ is Any:
        return as_is
    if type_ is float:
        return floating
    return exactly if type_ in {bool, int, str, type(None)} else from_text


def _write_as_is(value: Any) -> Any:
    return value


def _read_enum(type_: Any) -> Reader:
    def flag(raw: Any, _: Any) -> Any:
        expect(int, raw)
        member = type_(raw)
        if member.value != raw:
            raise Undecodable(f"this {type(raw).__name__} is no {name_of(type_)}")
        return member

    def member(raw: Any, _: Any) -> Any:
        if type(raw) not in {int, str} or raw not in table:
            raise Undecodable(f"this {type(raw).__name__} is no {name_of(type_)}")
        return table[raw]

    if issubclass(type_, enum.Flag):
        return flag
    table = readable_enum(type_)
    return member


def _write_enum(type_: Any) -> Writer:
    if issubclass(type_, enum.Flag):
        return lambda value: value.value
    stored = {member: key for key, member in stored_enum(type_).items()}
    return lambda value: stored[value] if type(value) is type_ else value


def _read_literal(type_: Any, converter: cattrs.Converter) -> Reader:
    write = _write_literal(type_, converter)
    table: dict[Any, Any] = {(type(stored := write(each)), stored): each for each in get_args(type_)}

    def read(raw: Any, _: Any) -> Any:
        if not isinstance(raw, int | str | None) or (type(raw), raw) not in table:
            raise Undecodable(f"this {type(raw).__name__} is none of {name_of(type_)}")
        return table[type(raw), raw]

    return read


def _write_literal(type_: Any, converter: cattrs.Converter) -> Writer:
    writers = {cls: converter.get_unstructure_hook(cls) for cls in classes(type_)}
    return lambda value: writers[type(value)](value) if type(value) in writers else value


def _read_array(type_: Any, converter: cattrs.Converter) -> Reader:
    origin: Any = get_origin(type_)
    items = get_args(type_)

    def fixed(raw: Any, _: Any) -> Any:
        return tuple(read(part, item) for read, part, item in zip(readers, raw, items, strict=True))

    def collected(raw: Any, type_: Any) -> Any:
        return origin(read_all(raw, type_))

    if origin is tuple and ... not in items:
        readers = [converter.get_structure_hook(item) for item in items]
        return _guarded(list, fixed)
    if origin is tuple:
        return _guarded(list, homogenous_tuple_structure_factory(type_, converter))
    read_all: Reader = list_structure_factory(type_, converter)
    return _guarded(list, collected)


def _guarded(json_type: type, read: Reader) -> Reader:
    """Read only the right kind of JSON: cattrs takes any iterable; and lose none of its items."""

    def guarded(raw: Any, type_: Any) -> Any:
        expect(json_type, raw)
        value = read(raw, type_)
        if len(value) != len(raw):
            raise Undecodable("holds one item or key twice")
        return value

    return guarded


def _write_array(type_: Any, converter: cattrs.Converter) -> Writer:
    items = get_args(type_)
    if get_origin(type_) is not tuple or ... in items:
        return iterable_unstructure_factory(type_, converter, unstructure_to=list)
    writers = [converter.get_unstructure_hook(item) for item in items]
    # What has another length is written as it is, and refused when it is read again.
    return lambda value: (
        [write(part) for write, part in zip(writers, value, strict=True)] if len(value) == len(items) else value
    )


def _read_mapping(type_: Any, converter: cattrs.Converter) -> Reader:
    key = _annotated[get_args(type_)[0], _KEY]
    return _guarded(dict, mapping_structure_factory(type_, converter, key_type=key))


def _write_mapping(type_: Any, converter: cattrs.Converter) -> Writer:
    key: Any = converter.get_unstructure_hook(_annotated[get_args(type_)[0], _KEY])
    return mapping_unstructure_factory(type_, converter, key_handler=key)


def _read_key(type_: Any, converter: cattrs.Converter) -> Reader:
    plain = bare(type_)
    plain = str if plain is Any else plain
    read = converter.get_structure_hook(plain)
    if str in kinds(plain):
        return lambda raw, _: read(raw, plain)

    def from_digits(raw: Any, _: Any) -> Any:
        expect(str, raw)
        number = int(raw)
        if str(number) != raw:
            raise Undecodable("a key is no whole number in plain digits")
        return read(number, plain)

    return from_digits


def _write_key(type_: Any, converter: cattrs.Converter) -> Writer:
    return converter.get_unstructure_hook(bare(type_))
