"""What is inside of a store, for tests that look whether it lets go of everything."""

from __future__ import annotations

from typing import Any


def performer_of(store: Any) -> Any:
    """The driver's performer, whether or not appends are grouped before it."""
    performer = store._performer
    return getattr(performer, "_performer", performer)
