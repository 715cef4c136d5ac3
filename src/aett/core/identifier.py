"""Identifiers of tenants, streams and registers: any text within bounds, compared byte for byte."""

from __future__ import annotations

from typing import Any, Final

from aett.core.errors import InvalidIdentifier

MAX_TENANT_BYTES: Final = 64
MAX_STREAM_BYTES: Final = 255
MAX_FOLLOWER_BYTES: Final = 100
_SHOWN: Final = 40


def tenant(identifier: str) -> str:
    """The identifier itself: 1 to 64 UTF-8 bytes, no NUL; otherwise `InvalidIdentifier`."""
    return _checked("tenant_id", identifier, MAX_TENANT_BYTES)


def stream(identifier: str) -> str:
    """The identifier itself: 1 to 255 UTF-8 bytes, no NUL; otherwise `InvalidIdentifier`."""
    return _checked("stream_id", identifier, MAX_STREAM_BYTES)


def register(identifier: str) -> str:
    """The identifier itself: 1 to 255 UTF-8 bytes, no NUL; otherwise `InvalidIdentifier`."""
    return _checked("name", identifier, MAX_STREAM_BYTES)


def follower(_instance: Any, _attribute: Any, name: str) -> None:
    """An attrs validator: 1 to 100 UTF-8 bytes, no NUL and no slash; otherwise `InvalidIdentifier`."""
    if "/" in _checked("name", name, MAX_FOLLOWER_BYTES):
        raise InvalidIdentifier(f"name {name!a} holds a slash, which stands in the names of registers")


def register_prefix(prefix: str) -> str:
    """What identifiers of registers begin with, perhaps nothing; otherwise `InvalidIdentifier`."""
    return prefix if prefix == "" else _checked("prefix", prefix, MAX_STREAM_BYTES)


def _shown(identifier: str) -> str:
    return ascii(identifier[:_SHOWN])


def _checked(what: str, identifier: str, limit: int) -> str:
    if not isinstance(identifier, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidIdentifier(f"{what} must be a str, not {type(identifier).__name__}")
    try:
        size = len(identifier) if identifier.isascii() else len(identifier.encode())
    except UnicodeEncodeError as error:
        wrong = "holds a lone surrogate, which is not Unicode text"
        raise InvalidIdentifier(f"{what} {_shown(identifier)} {wrong}") from error
    if not 1 <= size <= limit:
        raise InvalidIdentifier(f"{what} {_shown(identifier)} has {size} bytes in UTF-8; 1 to {limit} are allowed")
    if "\0" in identifier:
        raise InvalidIdentifier(f"{what} {_shown(identifier)} holds a NUL character")
    # A plain str: drivers write an Enum's member, which is a str too, in ways of their own.
    return str.__str__(identifier)
