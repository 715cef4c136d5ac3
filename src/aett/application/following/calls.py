"""What both faces do alike with the user's functions, and with the clocks."""

from __future__ import annotations

import inspect
import time
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from aett.application.following.steps import Call, Clock, Now, ReadLog
from aett.core.outcome import Failure
from aett.core.topic_map import TopicMap

B = TypeVar("B")

OUTSIDE: Final = object()
"""Where no transaction is open."""

OWN: Final = TopicMap()
"""What is Aett's own, is in every map."""


def known(begin: B | None) -> B:
    """What begins a transaction; `ValueError` if nobody has said."""
    if begin is None:
        raise ValueError("a Handler is called in a transaction: say how one begins, begin=...")
    return begin


def next_of(store: Any, read: ReadLog) -> Any:
    """The iterator that a store gives: neither face waits for it."""
    return store.get_from(read.tenant_id, read.checkpoint, topics=read.topics, limit=read.limit)


def clock(step: Clock | Now) -> Any:
    """What the clock says."""
    return time.monotonic() if isinstance(step, Clock) else datetime.now(UTC)


def failed(outcome: Any) -> bool:
    """Whether a plan gave a failure."""
    return isinstance(outcome, Failure)


def called(call: Call, within: Any) -> Any:
    """What the function gives; something to be awaited, perhaps."""
    return call.function(call.argument) if within is OUTSIDE else call.function(call.argument, within)


def settled(answer: Any, call: Call) -> None:
    """Refuse what would have to be awaited: `TypeError`."""
    if not inspect.isawaitable(answer):
        return
    if inspect.iscoroutine(answer):
        answer.close()
    name = getattr(call.function, "__qualname__", type(call.function).__name__)
    raise TypeError(f"{name} is to be awaited: give it to an AsyncRunner")


async def async_settled(answer: Any, call: Call) -> None:
    """Await what is to be awaited."""
    del call
    if inspect.isawaitable(answer):
        await answer
