"""The bell: by it those who write tell those who follow, in the same process, that there is something to read.

A ring says no more than that; it costs no I/O. It comes when a commit has been appended, so within a transaction
it comes too early; and writers of other processes ring no bell here. Whoever listens also looks from time to time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

_listeners: Final[dict[object, Callable[[str], object]]] = {}


def ring(tenant_id: str, *, but: object = None) -> None:
    """Something was appended to this tenant's log. but: a listener that knows, by the key that it was given."""
    if _listeners:
        for key, listener in tuple(_listeners.items()):
            if key is not but:
                listener(tenant_id)


@contextmanager
def listening(listener: Callable[[str], object]) -> Generator[object]:
    """While it is entered, the listener is called with the tenant, in the thread that writes; it must not fail.

    Gives the listener's key.
    """
    key = object()
    _listeners[key] = listener
    try:
        yield key
    finally:
        del _listeners[key]
