"""The codec of a type: JSON that is read without coercing, and never written unless it comes back equal."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from aett.core.codec.annotations import name_of
from aett.core.codec.difference import blamed, difference
from aett.core.codec.sample import samples
from aett.core.codec.shape import Shape, shape_of
from aett.core.codec.undecodable import LACKING, Undecodable, reason
from aett.core.errors import UnsupportedType

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_FAILURES = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    NotImplementedError,
)
"""What msgspec, cattrs and a value's own `__hash__` or `__eq__` raise for a wrong value."""

_write = msgspec.json.Encoder().encode
_read_plain = msgspec.json.Decoder().decode


class Codec(Generic[T]):
    """Writes and reads the values of one type."""

    __slots__ = ("_native", "_strict", "shape", "type")

    def __init__(self, type_: Any, shape: Shape) -> None:
        self.type = type_
        self.shape = shape
        self._native: msgspec.json.Decoder[T] | None = msgspec.json.Decoder(type_) if shape.native else None
        self._strict: tuple[Callable[[Any], T], Callable[[T], Any]] | None = None

    def __repr__(self) -> str:
        return f"Codec({name_of(self.type)})"

    def encode(self, value: T) -> bytes:
        """The JSON of a value, proved to give an equal one back; raises `UnsupportedType` if it would not."""
        plain: Any = value
        try:
            if self._native is None:
                plain = self._hooks()[1](value)
            raw = _write(plain)
        except Undecodable as error:
            raise self._unsupported(f".{error}" if error.path else f": {error}") from error
        except _FAILURES as error:
            raise self._unsupported(f"{_blamed(plain)}: {reason(error)}") from error
        try:
            found = difference(value, self.decode(raw))
        except _FAILURES as error:
            failure = error if isinstance(error, Undecodable) else _undecodable(error)
            path = f".{failure.path}" if failure.path else ""
            raise self._unsupported(f"{path}: it could not be read again: {failure.reason}") from error
        if found is not None:
            raise self._unsupported(found)
        return raw

    def _unsupported(self, why: str) -> UnsupportedType:
        return UnsupportedType(f"{name_of(self.type)}{why}")

    def decode(self, raw: bytes | memoryview | msgspec.Raw) -> T:
        """The value of stored JSON; raises `Undecodable` if it is not exactly one of the type."""
        try:
            if self._native is None:
                return self._hooks()[0](_read_plain(raw))
            try:
                value = self._native.decode(raw)
            except msgspec.ValidationError:
                # An Enum's member may have been stored by its name; all else is told as msgspec does.
                with suppress(*_FAILURES):
                    return self._hooks()[0](_read_plain(raw))
                raise
            # msgspec passes over keys it does not know. What is written again alike has lost nothing;
            # anything else, were it only a blank, is read a second time by the strict reader.
            return value if _write(value) == bytes(raw) else self._hooks()[0](_read_plain(raw))
        except Undecodable:
            raise
        except _FAILURES as error:
            raise _undecodable(error) from error

    def from_builtins(self, body: object) -> T:
        """The value of plain JSON values, as an upcast gives them; raises `Undecodable` like `decode`."""
        try:
            return self._hooks()[0](body)
        except Undecodable:
            raise
        except _FAILURES as error:
            raise _undecodable(error) from error

    def _hooks(self) -> tuple[Callable[[Any], T], Callable[[T], Any]]:
        if self._strict is None:
            # cattrs takes 40 ms to import; a domain of plain classes never needs it.
            from aett.core.codec.strict import strict_for  # noqa: PLC0415

            strict = strict_for(self.type)
            self._strict = (strict.read, strict.write)
        return self._strict


_codecs: dict[Any, Codec[Any]] = {}


def codec_for(type_: Any) -> Codec[Any]:
    """The codec of a type, proved on samples; raises `UnsupportedType`, naming class, attribute and type."""
    try:
        found = _codecs.get(type_)
    except TypeError:  # An Annotated with an unhashable note.
        return _proved(type_)
    if found is None:
        # Two threads may both make it: the codecs are alike.
        found = _codecs[type_] = _proved(type_)
    return found


def _proved(type_: Any) -> Codec[Any]:
    shape = shape_of(type_)
    try:
        values = samples(type_)
    except _FAILURES as error:
        raise UnsupportedType(f"{name_of(type_)}: no value of it can be made: {reason(error)}") from error
    if not values:
        raise UnsupportedType(f"{name_of(type_)}: no value of it has an end")
    if shape.native:
        try:
            return _prove(Codec(type_, shape), values)
        except _FAILURES:
            shape = Shape(shape.text, native=False)
    return _prove(Codec(type_, shape), values)


def _prove(codec: Codec[Any], values: list[Any]) -> Codec[Any]:
    for value in values:
        codec.encode(value)
    return codec


def _blamed(plain: Any) -> str:
    try:
        return blamed(plain, _write, _FAILURES)
    except RecursionError:
        return ""


def _undecodable(error: Exception) -> Undecodable:
    # msgspec tells the place at the end, as "... - at `$.lines[0].price`".
    told, _, place = reason(error).partition(" - at `$")
    if told.startswith("Object missing required field"):
        told += f"; {LACKING}"
    return Undecodable(told, place.strip(".`"))
