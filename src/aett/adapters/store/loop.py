"""The event loop in which awaited stores work, and those that are closed."""

from __future__ import annotations

import asyncio
from typing import TypeVar

V = TypeVar("V")


def running_loop() -> asyncio.AbstractEventLoop:
    """It; a RuntimeError that says what to do where there is none, as under trio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "aett's awaited stores work on asyncio, and no event loop of asyncio is running: under another"
            " library, such as trio, use the sync stores on its threads (trio.to_thread.run_sync)"
        ) from None


def of_closed(by_loop: dict[asyncio.AbstractEventLoop, V]) -> list[V]:
    """What belongs to loops that are closed, taken out: what is kept there mostly holds its loop, too."""
    closed = [loop for loop in list(by_loop) if loop.is_closed()]
    taken = (by_loop.pop(loop, None) for loop in closed)  # another thread may have been here first
    return [each for each in taken if each is not None]
