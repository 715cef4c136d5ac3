"""What another lends, for a while: whoever closes it closes nothing of the other's."""

from __future__ import annotations

from typing import Generic, TypeVar

from aett.adapters.lending.awaiting import AsyncLender
from aett.adapters.lending.blocking import Lender

K = TypeVar("K")


class Borrowed(Generic[K]):
    """A lender that is another's."""

    def __init__(self, lender: Lender[K]) -> None:
        self.name, self.joins, self.lent = lender.name, lender.joins, lender.lent

    def close(self) -> None:
        """Nothing is its own."""


class AsyncBorrowed(Generic[K]):
    """A `Borrowed` that is awaited."""

    def __init__(self, lender: AsyncLender[K]) -> None:
        self.name, self.joins, self.lent = lender.name, lender.joins, lender.lent

    async def close(self) -> None:
        """Nothing is its own."""
