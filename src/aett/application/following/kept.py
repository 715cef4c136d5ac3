"""The state of a projection as its register keeps it."""

from __future__ import annotations

from typing import Any, TypeVar

from aett.core.errors import SchemaMismatch, UnsupportedType
from aett.core.projection import Projection
from aett.core.snapshot import fingerprint_of, state_codec

S = TypeVar("S")


def fingerprint(projection: Projection[Any, Any]) -> str:
    """Of its name, its version and the shape of its states."""
    return fingerprint_of(projection, state_codec(projection))


def encoded(projection: Projection[S, Any], state: S) -> bytes:
    """The bytes that are kept. Raises `UnsupportedType` if it cannot be kept and read equal."""
    try:
        return state_codec(projection).encode(state)
    except UnsupportedType as error:
        raise UnsupportedType(f"{projection.name}: its state cannot be kept: {error}") from error


def decoded(projection: Projection[S, Any], found: str, payload: bytes) -> S:
    """The state again. Raises `SchemaMismatch` if it was kept by a projection of another shape."""
    codec = state_codec(projection)
    if found == fingerprint_of(projection, codec):
        try:
            return codec.decode(payload)
        except ValueError as error:
            raise SchemaMismatch(f"{projection.name}: its state cannot be read: {error}") from error
    raise SchemaMismatch(
        f"{projection.name}: version {projection.version} was kept with states of another shape:"
        " raise its version, and it is folded anew"
    )
