"""What the transactions of all engines share: a connection, stores that end with it, and whether it is undone."""

from __future__ import annotations

from contextlib import AsyncExitStack, ExitStack
from typing import Generic, TypeVar

from aett.adapters.store.awaiting import AsyncFace
from aett.adapters.store.blocking import Face

K = TypeVar("K")
F = TypeVar("F", bound=Face)
A = TypeVar("A", bound=AsyncFace)


class _Begun(Generic[K]):
    """A transaction that is open."""

    def __init__(self, connection: K) -> None:
        self.connection = connection
        self.undone = False

    def rollback(self) -> None:
        """Undo everything when the block ends, without an error."""
        self.undone = True


class Block(_Begun[K]):
    """One whose stores are closed with the stack."""

    def __init__(self, connection: K, stack: ExitStack) -> None:
        super().__init__(connection)
        self._stack = stack

    def _ending_with_it(self, store: F) -> F:
        self._stack.callback(store.close)
        return store


class AsyncBlock(_Begun[K]):
    """One whose awaited stores are closed with the stack."""

    def __init__(self, connection: K, stack: AsyncExitStack) -> None:
        super().__init__(connection)
        self._stack = stack

    def _ending_with_it(self, store: A) -> A:
        self._stack.push_async_callback(store.close)
        return store
