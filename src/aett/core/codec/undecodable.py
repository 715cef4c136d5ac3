"""What is stored and is no value of its type."""

from __future__ import annotations

from typing import Final

import msgspec

CHANGED: Final = "if the class was changed: raise the topic's version and give an upcast"
"""What helps where what was stored is no value of today's class."""

LACKING: Final = "give it a default, or raise the topic's version and give an upcast"
"""What helps where an attribute is missing from what was stored."""

_LONGEST: Final = 60


class Undecodable(ValueError):
    """Stored JSON is not a value of the type; the reason names the place."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason = reason
        self.path = path

    def hinting(self, hint: str) -> Undecodable:
        """The same, with what helps, unless that is told already."""
        return self if "upcast" in self.reason else Undecodable(f"{self.reason} ({hint})", self.path)

    def under(self, name: str) -> Undecodable:
        """The same, seen from one attribute further out."""
        return Undecodable(self.reason, f"{name}.{self.path}" if self.path else name)


def reason(error: Exception) -> str:
    """Why a value is wrong, without the value: what msgspec tells of types and places, else the error's class."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, msgspec.MsgspecError) or (type(error) is TypeError and _is_of_types(str(error))):
        told, at, place = str(error).partition(" - at `$")
        return (_ENUM if told.startswith(_ENUM) else told) + at + place
    return type(error).__name__


_ENUM: Final = "Invalid enum value"


def _is_of_types(told: str) -> bool:
    return told.startswith(("Encoding objects of type ", "Only dicts with "))


def shown(name: object) -> str:
    """A name that is stored, cut to what a line holds."""
    text = repr(name)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
