"""The shape of a type: what its JSON looks like, and whether msgspec can read it unaided."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import uuid
from typing import Any, Literal, NoReturn, cast, get_args, get_origin

from attrs import field, frozen

from aett.core.codec.annotations import bare, is_read_natively, is_union, name_of
from aett.core.codec.attributes import Attribute, attributes, descendants, is_plain, is_record
from aett.core.codec.choice import LEAVES, choices, classes, is_tagged, kinds, members, readable_enum, stored_enum
from aett.core.errors import UnsupportedType

_KEYS: frozenset[Any] = frozenset({int, str, dt.datetime, dt.date, uuid.UUID})
_COLLECTIONS = {dict, list, tuple, set, frozenset}


@frozen
class Shape:
    """A canonical description of a type's structure, and whether one native decoder reads it."""

    text: str
    native: bool


def fingerprint(text: str) -> str:
    """Sixteen hexadecimal characters that stand for a shape's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def shape_of(type_: Any) -> Shape:
    """The shape of a type; raises `UnsupportedType`, naming class and attribute, if it cannot be stored."""
    try:
        return _Walk().walk(type_, name_of(type_))
    except RecursionError as error:
        raise UnsupportedType(f"{name_of(type_)}: the type has no end") from error


@frozen
class _Walk:
    # A class is described where it is first met, and after that by its number: recursion has an end.
    met: dict[Any, int] = field(factory=dict[Any, int])

    def walk(self, type_: Any, where: str) -> Shape:
        shape = self._of(bare(type_), where)
        return shape if is_read_natively(type_) else Shape(shape.text, native=False)

    def _of(self, type_: Any, where: str) -> Shape:
        origin = get_origin(type_)
        if type_ is Any:
            return Shape("any", native=True)
        if is_union(type_):
            return self._union(members(type_), where)
        if origin is Literal:
            return self._literal(type_, where)
        if origin in _COLLECTIONS:
            return (self._mapping if origin is dict else self._array)(type_, where)
        if is_record(type_):
            return self._record(type_)
        return _scalar(type_, where)

    def _union(self, types: tuple[Any, ...], where: str) -> Shape:
        if is_tagged(types):
            # What is no class has its tag from the choice, and may still be refused by the walk.
            tags = sorted(choices(types, where), key=lambda choice: choice.tag)
            texts = [f"{each.tag}:{self._exact(each.type, where).text}" for each in tags]
            texts += ["NoneType"] if type(None) in types else []
            return Shape(f"tagged({'|'.join(texts)})", native=False)
        ordered = sorted(types, key=lambda each: sorted(kind.__name__ for kind in kinds(each)))
        shapes = [self._of(each, where) for each in ordered]
        return Shape(f"({'|'.join(each.text for each in shapes)})", all(each.native for each in shapes))

    def _literal(self, type_: Any, where: str) -> Shape:
        shapes = {_scalar(cls, where) for cls in classes(type_)}
        values = sorted(f"{type(each).__name__}:{_literal_text(each)}" for each in get_args(type_))
        # msgspec knows Literals of str and int only.
        return Shape(f"literal({','.join(values)})", {shape.text for shape in shapes} <= {"int", "str"})

    def _mapping(self, type_: Any, where: str) -> Shape:
        key, item = get_args(type_)
        key = bare(key)
        if not (key is Any or key in _KEYS or (isinstance(key, type) and issubclass(key, enum.Enum))):
            _refuse(key, where, "as the key of a mapping ")
        shapes = [Shape("str", native=True) if key is Any else _scalar(key, where), self.walk(item, where)]
        return Shape(f"dict({','.join(shape.text for shape in shapes)})", all(shape.native for shape in shapes))

    def _array(self, type_: Any, where: str) -> Shape:
        origin, items = get_origin(type_), get_args(type_)
        shapes = [self.walk(each, where) for each in items if each is not ...]
        texts = [shape.text for shape in shapes] + (["..."] if ... in items else [])
        # A set is written in no fixed order, so the native reader's comparison with it would mostly fail.
        native = origin in {list, tuple} and all(shape.native for shape in shapes)
        return Shape(f"{origin.__name__ if origin else origin}({','.join(texts)})", native)

    def _record(self, type_: Any) -> Shape:
        below = descendants(type_) if isinstance(type_, type) else ()
        if not below:
            return self._exact(type_, "")
        choices((type_,), name_of(type_))
        family = sorted(below, key=lambda cls: cls.__name__)
        texts = [f"{cls.__name__}:{self._exact(cls, '').text}" for cls in family]
        return Shape(f"{self._exact(type_, '').text}<{'|'.join(texts)}>", native=False)

    def _exact(self, type_: Any, where: str) -> Shape:
        if not is_record(type_):
            return self._of(type_, where)
        if type_ in self.met:
            return Shape(f"#{self.met[type_]}", native=True)
        self.met[type_] = len(self.met)
        cls: type = get_origin(type_) or type_
        native, texts = is_plain(cls), list[str]()
        for each in sorted(attributes(type_), key=lambda attribute: attribute.name):
            shape = self._attribute(cls, each)
            native = native and each.native and shape.native
            texts.append(f"{each.name}:{shape.text}")
        return Shape(f"{{{','.join(texts)}}}", native)

    def _attribute(self, cls: type, attribute: Attribute) -> Shape:
        return self.walk(attribute.type, f"{cls.__qualname__}.{attribute.name}")


def _scalar(type_: Any, where: str) -> Shape:
    if type_ in LEAVES:
        return Shape(type_.__name__, native=True)
    if not (isinstance(type_, type) and issubclass(type_, enum.Enum) and type_.__members__):
        _refuse(type_, where)
    if issubclass(type_, enum.Flag):
        return Shape(f"flag({','.join(f'{each.name}={each.value}' for each in type_)})", native=False)
    readable_enum(type_)
    table = stored_enum(type_)
    by_value = all(type(each.value) in {int, str} for each in type_) and set(table) == {
        each.value for each in type_
    }
    texts = sorted(f"{each.name}={key!r}" for key, each in table.items())
    return Shape(f"enum({','.join(texts)})", native=by_value)


def _literal_text(value: Any) -> str:
    return value.name if isinstance(value, enum.Enum) else repr(value)


def _refuse(type_: Any, where: str, role: str = "") -> NoReturn:
    if isinstance(type_, type) and bool(cast("Any", type_).__dict__.get("__parameters__")):
        raise UnsupportedType(f"{where}: {name_of(type_)} lacks its type arguments")
    hint = (
        ": use attrs.frozen or dataclass(frozen=True)"
        if isinstance(type_, type) and getattr(type_, "__annotations__", None)
        else ""
    )
    raise UnsupportedType(f"{where}: {name_of(type_)} {role}cannot be stored as JSON and given back equal{hint}")
