"""The event loop in which awaited stores work."""

from __future__ import annotations

import asyncio


def running_loop() -> asyncio.AbstractEventLoop:
    """It; a RuntimeError that says what to do where there is none, as under trio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "aett's awaited stores work on asyncio, and no event loop of asyncio is running: under another"
            " library, such as trio, use the sync stores on its threads (trio.to_thread.run_sync)"
        ) from None
