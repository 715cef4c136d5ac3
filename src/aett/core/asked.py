"""Iterators that do something as they are asked, and what they are made of.

Dropped before it was asked, one warns, as a coroutine does that nobody awaits.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from typing import Self, TypeVar

T = TypeVar("T")


class _Warning:
    """What was never asked has done nothing, which nobody may have meant."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun = False

    def __del__(self) -> None:
        if not self._begun:
            warnings.warn(
                f"{self._name} was never iterated, so it has done nothing: write `for outcome in ...`",
                RuntimeWarning,
                stacklevel=2,
                source=self,
            )


class Asked(_Warning, Iterator[T]):
    """What a generator gives."""

    def __init__(self, items: Generator[T], name: str) -> None:
        super().__init__(name)
        self._items = items

    def __iter__(self) -> Self:
        """Itself."""
        return self

    def __next__(self) -> T:
        """The next one."""
        self._begun = True
        return next(self._items)

    def close(self) -> None:
        """Ask no more."""
        self._begun = True
        self._items.close()


class AsyncAsked(_Warning, AsyncIterator[T]):
    """The same, awaited."""

    def __init__(self, items: AsyncGenerator[T], name: str) -> None:
        super().__init__(name)
        self._items = items

    def __aiter__(self) -> Self:
        """Itself."""
        return self

    async def __anext__(self) -> T:
        """The next one."""
        self._begun = True
        return await anext(self._items)

    async def aclose(self) -> None:
        """Ask no more."""
        self._begun = True
        await self._items.aclose()


def each(items: Iterable[T]) -> Iterator[T]:
    """Each of them. Raises `TypeError` if they would have to be awaited."""
    if isinstance(items, AsyncIterable):
        raise TypeError(f"{type(items).__name__} is awaited, for a store whose name begins with Async")
    return iter(items)


async def async_each(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    """Each of them, awaited if need be."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
