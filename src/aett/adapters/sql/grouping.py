"""Groups of threads (`gathering`): the first of those that wait writes for all of its group."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, TypeVar

from aett.adapters.sql.gathering import LANES, MOMENT, Group, Lane, together, told_anew
from aett.adapters.sql.statement import Append
from aett.adapters.store.blocking import Performer
from aett.core.number import positive
from aett.core.plan import Step

A = TypeVar("A")


class _Waiting:
    """A thread that waits with an append: to be told what came of it, or to write for its group."""

    __slots__ = ("answer", "apart", "error", "lane", "step", "told")

    def __init__(self, step: Append) -> None:
        self.step = step
        self.told = threading.Lock()
        self.told.acquire()
        self.lane: Lane | None = None
        self.apart = False
        self.answer: int | None = None
        self.error: BaseException | None = None


class _Here:
    """The group of one process: a lock that was held at a fork would never be let go in the child."""

    def __init__(self, lanes: int, most: int, moment: float) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.group = Group[_Waiting](lanes, most, moment)


def grouped(performer: Performer, *, joins: bool, size: int, lanes: int) -> Performer:
    """The performer, whose appends are written together, unless it joins a transaction of the caller's."""
    positive("group_size", size)
    return performer if joins or size == 1 else GroupingPerformer(performer, lanes=min(LANES, lanes), most=size)


class GroupingPerformer:
    """A performer whose appends are written together with those of other threads."""

    def __init__(self, performer: Performer, *, lanes: int, most: int, moment: float = MOMENT) -> None:
        self._performer = performer
        self._settings = lanes, most, moment
        self._here = _Here(*self._settings)

    def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        if type(step) is not Append:
            return self._performer(step)
        answer: Any = self._append(step)
        return answer  # type: ignore[no-any-return]  # what an append is answered

    @property
    def waiting(self) -> int:
        """How many appends wait."""
        return len(self._here.group)

    def close(self) -> None:
        """Close what was opened."""
        self._performer.close()

    def _append(self, step: Append) -> int | None:
        here = self._here
        if here.process != os.getpid():
            here = self._here = _Here(*self._settings)
        match _entered(here, step):
            case Lane() as lane:
                return self._alone(here, step, lane)
            case waiting:
                return self._wait(here, waiting)

    def _alone(self, here: _Here, step: Append, lane: Lane) -> int | None:
        try:
            return self._performer(step)
        finally:
            self._leave(here, lane)

    def _wait(self, here: _Here, waiting: _Waiting) -> int | None:
        try:
            while not waiting.told.acquire(timeout=here.group.moment):
                with here.lock:
                    here.group.relieve(time.monotonic())
                    _call_first(here.group)
        except BaseException:  # of a signal's handler
            with here.lock:
                here.group.give_up(waiting)
                lane = waiting.lane
            if lane is not None:
                self._leave(here, lane)
            raise
        if waiting.lane is not None:
            return self._lead(here, waiting, waiting.lane)
        if waiting.apart:
            return self._apart(here, waiting.step)
        if waiting.error is not None:
            raise waiting.error
        return waiting.answer

    def _lead(self, here: _Here, mine: _Waiting, lane: Lane) -> int | None:
        batch = [mine]
        try:
            with here.lock:
                batch = here.group.together_with(mine, lane)
            if len(batch) == 1:
                return self._performer(mine.step)
            answers = self._performer(together(each.step for each in batch))
            for each, answer in zip(batch, answers or [None] * len(batch), strict=True):
                each.apart, each.answer = answers is None, answer
        except BaseException as error:
            for each in batch:
                each.error = told_anew(error)
            raise
        finally:
            self._leave(here, lane)
            for each in batch:
                if each is not mine:
                    each.told.release()
        return self._apart(here, mine.step) if mine.apart else mine.answer

    def _apart(self, here: _Here, step: Append) -> int | None:
        with here.lock:
            lane = here.group.begin_apart(step)
        return self._alone(here, step, lane)

    def _leave(self, here: _Here, lane: Lane) -> None:
        with here.lock:
            here.group.leaves(lane)
            _call_first(here.group)


def _entered(here: _Here, step: Append) -> Lane | _Waiting:
    """The lane that it gets, or its place among those who wait for one."""
    group = here.group
    with here.lock:
        if (lane := group.enters(step, time.monotonic())) is not None:
            return lane
        waiting = _Waiting(step)
        group.wait(waiting)
        return waiting


def _call_first(group: Group[_Waiting]) -> None:
    """Let who waits longest write, as long as there is a lane for him."""
    while (called := group.first(time.monotonic())) is not None:
        first, lane = called
        first.lane = lane
        first.told.release()
