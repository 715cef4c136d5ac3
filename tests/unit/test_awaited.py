"""Async stores behind a loop: what is abandoned ends quietly, whenever that is."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

from aett.testing.awaited import Loop


class Numbers:
    """Numbers without end, that know whether they were closed."""

    def __init__(self) -> None:
        self.closed = False

    async def __call__(self) -> AsyncIterator[int]:
        try:
            for number in range(1_000_000):
                yield number
        finally:
            self.closed = True


def begun(loop: Loop, numbers: Numbers) -> Iterator[int]:
    iterator = loop.iterate(numbers())
    assert next(iterator) == 0
    return iterator


def test_an_abandoned_iterator_is_closed_at_once() -> None:
    numbers = Numbers()
    with closing(Loop()) as loop:
        iterator = begun(loop, numbers)
        assert not numbers.closed
        del iterator
        gc.collect()
        assert numbers.closed


def test_an_iterator_that_outlives_its_loop_was_closed_with_it_and_ends_quietly() -> None:
    numbers = Numbers()
    with closing(Loop()) as loop:
        iterator = begun(loop, numbers)
    assert numbers.closed
    del iterator
    gc.collect()  # A warning would be an error.


def test_an_iterator_that_ends_while_another_loop_runs_ends_quietly() -> None:
    numbers = Numbers()
    with closing(Loop()) as loop:
        iterators = [begun(loop, numbers)]

        async def forget() -> None:
            iterators.clear()
            gc.collect()

        asyncio.run(forget())
    assert numbers.closed
