"""A store that fails on demand, so that one can try one's own ways of trying again.

store, trouble = unreliable(CommitStore(...))
trouble.lose_replies()                # the next call is done, and nobody is told
...
trouble.overtake(Deposited(5))        # before the next commit, somebody else has committed this to the stream
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import uuid4

from attrs import define, field, frozen

from aett.core.commit import Commit
from aett.core.errors import StorageUnavailable
from aett.core.head import Head

T = TypeVar("T")


@frozen
class _Mishap:
    """What happens to a call: it stalls; it is not done, or nobody hears that it was."""

    seconds: float = 0.0
    fails: bool = False
    is_lost: bool = False


@define
class Trouble:
    """What is to happen to the calls of a store, in the order in which it was asked for; one mishap to a call."""

    _mishaps: deque[_Mishap] = field(factory=deque[_Mishap])
    _others: deque[tuple[object, ...]] = field(factory=deque[tuple[object, ...]])

    def fail(self, times: int = 1) -> None:
        """So many calls are not done, and raise `StorageUnavailable`."""
        self._mishaps.extend([_Mishap(fails=True)] * times)

    def lose_replies(self, times: int = 1) -> None:
        """So many calls are done, and raise `StorageUnavailable` all the same."""
        self._mishaps.extend([_Mishap(is_lost=True)] * times)

    def stall(self, seconds: float, times: int = 1) -> None:
        """So many calls take so many seconds longer."""
        self._mishaps.extend([_Mishap(seconds=seconds)] * times)

    def overtake(self, *events: object) -> None:
        """Before the next commit somebody else commits these events to its stream."""
        self._others.append(events)

    def mishap(self) -> _Mishap:
        """Of this call."""
        return self._mishaps.popleft() if self._mishaps else _Mishap()

    def others(self) -> tuple[object, ...]:
        """What somebody else commits first."""
        return self._others.popleft() if self._others else ()


def unreliable(store: T) -> tuple[T, Trouble]:
    """The store, sync or async, commit, snapshot or register store, and what makes trouble for it."""
    trouble: Any = Trouble()
    proxy: Any = _Unreliable(store, trouble)
    return proxy, trouble


class _Unreliable:
    def __init__(self, store: Any, trouble: Trouble) -> None:
        self._store, self._trouble = store, trouble

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name.startswith("_") or name == "close" or not callable(found):
            return found
        return self._awaited(found) if inspect.iscoroutinefunction(found) else self._plain(found)

    def _plain(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def called(*arguments: Any, **settings: Any) -> Any:
            mishap = self._trouble.mishap()
            if mishap.seconds:
                time.sleep(mishap.seconds)
            _unless(mishap.fails)
            if _is_overtaken(call, arguments) and (events := self._trouble.others()):
                mine: Commit = arguments[0]
                head: Head = self._store.head(mine.tenant_id, mine.stream_id)
                theirs = head.commit(*events, commit_id=uuid4(), stamp=mine.commit_stamp)
                (self._store.commit(theirs)).unwrap()
            answer = call(*arguments, **settings)
            _unless(mishap.is_lost)
            return answer

        return called

    def _awaited(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        async def called(*arguments: Any, **settings: Any) -> Any:
            mishap = self._trouble.mishap()
            if mishap.seconds:
                await asyncio.sleep(mishap.seconds)
            _unless(mishap.fails)
            if _is_overtaken(call, arguments) and (events := self._trouble.others()):
                mine: Commit = arguments[0]
                head: Head = await self._store.head(mine.tenant_id, mine.stream_id)
                theirs = head.commit(*events, commit_id=uuid4(), stamp=mine.commit_stamp)
                (await self._store.commit(theirs)).unwrap()
            answer = await call(*arguments, **settings)
            _unless(mishap.is_lost)
            return answer

        return called


def _unless(fails: bool) -> None:  # noqa: FBT001  # whether it is so
    if fails:
        raise StorageUnavailable("it was told to fail")


def _is_overtaken(call: Callable[..., Any], arguments: tuple[Any, ...]) -> bool:
    return call.__name__ == "commit" and bool(arguments) and isinstance(arguments[0], Commit)
