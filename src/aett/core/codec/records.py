"""Classes and unions, read and written attribute by attribute under cattrs' dispatch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, get_origin

import attrs

from aett.core.codec.annotations import name_of
from aett.core.codec.attributes import Attribute, attributes, descendants, is_record
from aett.core.codec.choice import TAG, choices, classes, is_tagged, kinds, members
from aett.core.codec.sample import remade
from aett.core.codec.undecodable import LACKING, Undecodable, reason, shown

if TYPE_CHECKING:
    import cattrs

Reader = Callable[[Any, Any], Any]
Writer = Callable[[Any], Any]

WRONG = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What reading or writing a wrong value raises."""

_WIDE_CONVERTER: Any = attrs.Converter
_FACTORY: Any = attrs.Factory  # Typed as a function, but a class.


def expect(json_type: type, raw: Any) -> None:
    """Refuse a JSON value of another kind: nothing is coerced."""
    if type(raw) is not json_type:
        raise Undecodable(f"expected {json_type.__name__}, got {type(raw).__name__}")


def read_union(type_: Any, converter: cattrs.Converter) -> Reader:
    """Read a union by the kind of the JSON value, or by its tag."""
    types = members(type_)
    if is_tagged(types):
        return _read_tagged(types, name_of(type_), converter)
    readers = {kind: (converter.get_structure_hook(each), each) for each in types for kind in kinds(each)}
    if float in readers:  # An int may stand for a float.
        readers.setdefault(int, readers[float])

    def read(raw: Any, _: Any) -> Any:
        if type(raw) not in readers:
            raise Undecodable(f"expected {name_of(type_)}, got {type(raw).__name__}")
        reader, member = readers[type(raw)]
        return reader(raw, member)

    return read


def write_union(type_: Any, converter: cattrs.Converter) -> Writer:
    """Write a union by the class of the value; what is no member is refused when it is read again."""
    types = members(type_)
    if is_tagged(types):
        return _write_tagged(types, name_of(type_), converter)
    writers = {cls: converter.get_unstructure_hook(each) for each in types for cls in classes(each)}
    return lambda value: writers[type(value)](value) if type(value) in writers else value


def _read_tagged(types: tuple[Any, ...], name: str, converter: cattrs.Converter) -> Reader:
    found = choices(types, name)
    readers = {
        tag: _read_record(each.type, converter) if is_record(each.type) else _read_content(each.type, converter)
        for each in found
        for tag in (each.tag, *each.formerly)
    }
    members = [(each, converter.get_structure_hook(each)) for each in dict.fromkeys(each.type for each in found)]

    def read_without_tag(raw: Any) -> Any:
        # Stored when the union had fewer members, and needed no tags.
        values: list[Any] = []
        for member, hook in members:
            with suppress(*WRONG):
                values.append(hook(raw, member))
        if len(values) != 1:
            taken = "none" if not values else "more than one"
            raise Undecodable(
                f"has no {TAG}, and {taken} of {name} could be meant: raise the topic's version and give an upcast"
            )
        return values[0]

    def read(raw: Any, _: Any) -> Any:
        if raw is None and type(None) in types:
            return None
        if type(raw) is not dict or TAG not in raw:
            return read_without_tag(raw)
        tag, rest = _untagged(raw)
        if tag not in readers:
            raise Undecodable(f"{shown(tag)} is no {TAG} of {name}")
        return readers[tag](rest, None)

    return read


def _write_tagged(types: tuple[Any, ...], name: str, converter: cattrs.Converter) -> Writer:
    writers = {
        each.cls: (
            each.tag,
            _write_record(each.type, converter) if is_record(each.type) else _write_content(each.type, converter),
        )
        for each in choices(types, name)
    }

    def write(value: Any) -> Any:
        if value is None and type(None) in types:
            return None
        if type(value) not in writers:
            raise Undecodable(f"{type(value).__name__} is none of {name}")
        tag, writer = writers[type(value)]
        return {TAG: tag, **writer(value)}

    return write


def _read_content(type_: Any, converter: cattrs.Converter) -> Reader:
    read = converter.get_structure_hook(type_)

    def content(raw: Any, _: Any) -> Any:
        if raw.keys() != {"value"}:
            raise Undecodable("a tagged value has no other key than 'value'")
        return read(raw["value"], type_)

    return content


def _write_content(type_: Any, converter: cattrs.Converter) -> Writer:
    write = converter.get_unstructure_hook(type_)
    return lambda value: {"value": write(value)}


def _untagged(raw: Any) -> tuple[str, dict[str, Any]]:
    expect(dict, raw)
    if type(raw.get(TAG)) is not str:
        raise Undecodable(f"expected a text under {TAG!r}")
    rest = dict(raw)
    return rest.pop(TAG), rest


def read_family(type_: Any, converter: cattrs.Converter) -> Reader:
    """Read a class, or one of its subclasses if the JSON object carries a tag."""
    own = _read_record(type_, converter)
    below = descendants(type_) if isinstance(type_, type) else ()
    if not below:
        return own
    readers = {cls.__name__: _read_record(cls, converter) for cls in below}

    def read(raw: Any, _: Any) -> Any:
        if type(raw) is not dict or TAG not in raw:
            return own(raw, type_)
        tag, rest = _untagged(raw)
        if tag not in readers:
            raise Undecodable(f"{shown(tag)} is no subclass of {name_of(type_)}")
        return readers[tag](rest, None)

    return read


def write_family(type_: Any, converter: cattrs.Converter) -> Writer:
    """Write a class without a tag, a subclass with one: a first subclass leaves old events readable."""
    cls: type = get_origin(type_) or type_
    own = _write_record(type_, converter)
    below = descendants(type_) if isinstance(type_, type) else ()
    writers = {each: _write_record(each, converter) for each in below}

    def write(value: Any) -> Any:
        if type(value) is cls:
            return own(value)
        if type(value) not in writers:
            raise Undecodable(f"expected {name_of(cls)}, got {type(value).__name__}, which was not foreseen")
        return {TAG: type(value).__name__, **writers[type(value)](value)}

    return write


def _read_record(type_: Any, converter: cattrs.Converter) -> Reader:
    cls: type = get_origin(type_) or type_
    entries = attributes(type_)
    known = {each.name for each in entries}
    hooks: list[tuple[Attribute, Reader]] = []

    def read(raw: Any, _: Any) -> Any:
        expect(dict, raw)
        if not hooks:  # Asked for late: a class may hold itself.
            hooks.extend((each, converter.get_structure_hook(each.type)) for each in entries)
        fields: dict[str, Any] = {}
        for each, hook in hooks:
            if each.name not in raw:
                fields[each.name] = _default(cls, each, fields)
                continue
            try:
                fields[each.name] = hook(raw[each.name], each.type)
            except Undecodable as error:
                raise error.under(each.name) from error
            except WRONG as error:
                raise Undecodable(reason(error), each.name) from error
        if unknown := raw.keys() - known:
            raise Undecodable(
                f"{name_of(cls)} has no attribute {shown(min(unknown))}:"
                " raise the topic's version and give an upcast"
            )
        return remade(cls, fields)

    return read


def _default(cls: type, attribute: Attribute, fields: dict[str, Any]) -> Any:
    default = attribute.default
    if default is attrs.NOTHING:
        raise Undecodable(f"{name_of(cls)} lacks it, and it has no default: {LACKING}", attribute.name)
    if isinstance(default, _FACTORY):
        default = default.factory(remade(cls, fields)) if default.takes_self else default.factory()
    # A default is no history: it is today's, and today's converter makes of it what the class promises.
    if (converter := attribute.converter) is None:
        return default
    if isinstance(converter, _WIDE_CONVERTER):
        more = ([remade(cls, fields)] if converter.takes_self else []) + (
            [attribute.source] if converter.takes_field else []
        )
        return converter.converter(default, *more)
    return converter(default)


def _write_record(type_: Any, converter: cattrs.Converter) -> Writer:
    entries = attributes(type_)
    hooks: list[tuple[str, Writer]] = []

    def write(value: Any) -> dict[str, Any]:
        if not hooks:
            hooks.extend((each.name, converter.get_unstructure_hook(each.type)) for each in entries)
        body: dict[str, Any] = {}
        for name, hook in hooks:
            try:
                body[name] = hook(getattr(value, name))
            except Undecodable as error:
                raise error.under(name) from error
            except WRONG as error:
                raise Undecodable(reason(error), name) from error
        return body

    return write
