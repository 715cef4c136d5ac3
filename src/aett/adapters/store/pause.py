"""A step of every engine's: to wait."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from aett.core.errors import StorageUnavailable
from aett.core.plan import Plan, Step


@frozen
class Pause(Step[None]):
    """Let some seconds pass."""

    seconds: float


def paused(waits: Iterator[float], why: str) -> Plan[None]:
    """The next of these pauses, in seconds; after the last `StorageUnavailable`, with the reason."""
    for seconds in waits:
        yield from Pause(seconds)
        return
    raise StorageUnavailable(why)
