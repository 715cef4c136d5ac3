"""Groups of tasks (`gathering`): a task of its own writes for those that wait.

1. What came of a group is told to its writers, those that came first first; then, when each has gone on as far as
   it can, the lane is given on: what they ask for next is written together again.
2. Where two halves by turns are quicker (`halving`), so many are told as make half of all with those who wait.
   When the next group is on its way, the others are told, and go on while it is written.
3. Those who were not told when that group is done are told first.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from attrs import frozen

from aett.adapters.sql.gathering import LANES, MOMENT, Group, Lane, together, told_anew
from aett.adapters.sql.statement import Append
from aett.adapters.store.awaiting import AsyncPerformer
from aett.adapters.store.loop import of_closed, running_loop
from aett.core.number import positive
from aett.core.plan import Step

A = TypeVar("A")

_PASSES: Final = 3
"""Of the loop, until the next group is on its way: who waits is called, the task that writes begins, and asks."""


@frozen(eq=False)
class _Waiting:
    """A task that waits with an append; told: what came of it, or that it is to be performed by itself."""

    step: Append
    came: int
    told: asyncio.Future[_Told]


@frozen
class _Told:
    answer: int | None = None
    apart: bool = False
    error: BaseException | None = None


class _Here:
    """The group of one loop."""

    def __init__(self, lanes: int, most: int, moment: float) -> None:
        self.process = os.getpid()
        self.group = Group[_Waiting](lanes, most, moment)
        self.writing = set[asyncio.Task[None]]()
        self.came = 0
        self.untold = list[tuple[_Waiting, _Told]]()
        self.looks: asyncio.TimerHandle | None = None

    def tell_others(self) -> None:
        """Those who were written before, and not told then."""
        told, self.untold = self.untold, []
        _answer(told)


def grouped(performer: AsyncPerformer, *, joins: bool, size: int, lanes: int) -> AsyncPerformer:
    """The performer, whose appends are written together, unless it joins a transaction of the caller's."""
    positive("group_size", size)
    if joins or size == 1:
        return performer
    return AsyncGroupingPerformer(performer, lanes=min(LANES, lanes), most=size)


class AsyncGroupingPerformer:
    """A performer whose appends are written together with those of other tasks of the same loop."""

    def __init__(self, performer: AsyncPerformer, *, lanes: int, most: int, moment: float = MOMENT) -> None:
        self._performer = performer
        self._settings = lanes, most, moment
        self._loops: dict[asyncio.AbstractEventLoop, _Here] = {}

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        if type(step) is not Append:
            return await self._performer(step)
        answer: Any = await self._append(step)
        return answer  # type: ignore[no-any-return]  # what an append is answered

    @property
    def waiting(self) -> int:
        """How many appends wait in the running loop."""
        return len(self._here().group)

    async def close(self) -> None:
        """Close what was opened."""
        await self._performer.close()

    async def _append(self, step: Append) -> int | None:
        here = self._here()
        if (lane := here.group.enters(step, time.monotonic())) is not None:
            return await self._alone(here, step, lane)
        here.came += 1
        waiting = _Waiting(step, here.came, running_loop().create_future())
        here.group.wait(waiting)
        self._look_soon(here)
        try:
            told = await waiting.told
        except asyncio.CancelledError:
            here.group.give_up(waiting)
            raise
        if told.error is not None:
            raise told.error
        return await self._apart(here, step) if told.apart else told.answer

    def _here(self) -> _Here:
        loop = running_loop()
        here = self._loops.get(loop)
        if here is None or here.process != os.getpid():
            of_closed(self._loops)  # forgotten: what waits holds its loop
            here = self._loops[loop] = _Here(*self._settings)
        return here

    def _look_soon(self, here: _Here) -> None:
        """Look whether somebody has a lane for too long, as long as others wait."""
        if here.looks is None:
            here.looks = running_loop().call_later(here.group.moment, self._look, here)

    def _look(self, here: _Here) -> None:
        here.looks = None
        here.group.relieve(time.monotonic())
        self._call_first(here)
        if len(here.group):
            self._look_soon(here)

    def _call_first(self, here: _Here) -> None:
        """Let somebody write for who waits longest, and for others, as long as there is a lane."""
        while (called := here.group.first(time.monotonic())) is not None:
            task = running_loop().create_task(self._write(here, *called))
            here.writing.add(task)
            task.add_done_callback(here.writing.discard)

    async def _write(self, here: _Here, first: _Waiting, lane: Lane) -> None:
        batch, begin = here.group.together_with(first, lane), time.monotonic()
        told = list[_Told]()
        try:
            told = await self._written(batch)
        except BaseException as error:
            told = [_Told(error=told_anew(error)) for _ in batch]
            if not isinstance(error, Exception):
                raise
        finally:
            self._tell(here, lane, list(zip(batch, told, strict=True)), time.monotonic() - begin)

    async def _written(self, batch: list[_Waiting]) -> list[_Told]:
        if len(batch) == 1:
            return [_Told(await self._performer(batch[0].step))]
        answers = await self._performer(together(each.step for each in batch))
        return [_Told(apart=True) for _ in batch] if answers is None else list(map(_Told, answers))

    def _tell(self, here: _Here, lane: Lane, told: list[tuple[_Waiting, _Told]], seconds: float) -> None:
        """Tell so many now; give on the lane when they have gone on; and tell the others when that is done."""
        here.group.halving.wrote(len(told), seconds)
        now = here.group.told_at_once(len(told))
        here.tell_others()
        told.sort(key=lambda each: each[0].came)
        here.untold = told[now:]
        _answer(told[:now])
        running_loop().call_soon(self._give_on, here, lane, now, time.monotonic())

    def _give_on(self, here: _Here, lane: Lane, told: int, since: float) -> None:
        here.group.halving.went_on(told, time.monotonic() - since)
        self._leave(here, lane)
        if here.untold:
            _later(_PASSES, here.tell_others)

    async def _alone(self, here: _Here, step: Append, lane: Lane) -> int | None:
        try:
            return await self._performer(step)
        finally:
            self._leave(here, lane)

    async def _apart(self, here: _Here, step: Append) -> int | None:
        return await self._alone(here, step, here.group.begin_apart(step))

    def _leave(self, here: _Here, lane: Lane) -> None:
        here.group.leaves(lane)
        if len(here.group):
            # A little later: when a loop ends, all its tasks are cancelled, and those that wait are to give up.
            running_loop().call_soon(self._call_first, here)


def _answer(told: list[tuple[_Waiting, _Told]]) -> None:
    for waiting, what in told:
        if not waiting.told.done():
            waiting.told.set_result(what)


def _later(passes: int, call: Callable[[], object]) -> None:
    """Call it when the loop has gone round so many times."""
    if passes:
        running_loop().call_soon(_later, passes - 1, call)
    else:
        call()
