"""Where connections come from: a pool of the store's, one of the caller's, or the one that the caller gave.

1. A store by URL or settings has an `OwnPool`, opened at the first use and closed with the store. A forked child
   leaves the parent's pool alone (`inheritance`), and opens its own at its first use: both would read from one
   socket. It makes a new lock as well, since the old one may have been held by another thread at the fork.
2. A store on the caller's pool (`CallersPool`) borrows for each step, and closes nothing.
3. A store on the caller's connection (`CallersConnection`) joins the transaction that is open there, if any.
   Threads take turns at it. What must see only committed rows (`alone`: the log) is refused within a transaction.
4. What is the caller's is verified when it is first lent, each connection once: how it is set may change what is
   written and read.
5. A closed store lends no more: `StoreClosed`, whatever the caller's pool could still do.

`awaiting` is the same for tasks.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet

from attrs import frozen

from aett.adapters.lending.inheritance import spared_by_children
from aett.core.errors import StoreClosed, UnsupportedServer

K = TypeVar("K")
P = TypeVar("P")
K_co = TypeVar("K_co", covariant=True)

IN_A_TRANSACTION = (
    "the log cannot be read within a transaction: it would skip what others commit meanwhile;"
    " read it through a store of its own, or a connection in autocommit mode"
)


@frozen
class Joined:
    """A connection on which a transaction of aett's is open; stores that are given it join that."""

    connection: Any


class Lender(Protocol[K_co]):
    """Lends connections."""

    @property
    def name(self) -> str:
        """Of the place, for messages."""
        ...

    @property
    def joins(self) -> bool:
        """Whether what is done may become part of a transaction of the caller's."""
        ...

    def lent(self, *, alone: bool) -> AbstractContextManager[K_co]:
        """A connection for a while; `alone`: outside of any transaction."""
        ...

    def close(self) -> None:
        """Close what was opened, and lend no more: `StoreClosed`."""
        ...


class OwnPool(Generic[P, K]):
    """A pool of the store's, opened at its first use; a forked process opens its own."""

    joins = False

    def __init__(
        self,
        name: str,
        opened: Callable[[], P],
        lend: Callable[[P], AbstractContextManager[K]],
        close: Callable[[P], None],
    ) -> None:
        self.name = name
        self._open, self._lend, self._close = opened, lend, close
        self._opening = threading.Lock()
        self._pool: P | None = None
        self._process = os.getpid()
        self._closed = False
        spared_by_children(self)

    @contextmanager
    def lent(self, *, alone: bool) -> Generator[K]:
        """A connection of the pool, in autocommit mode."""
        del alone
        with self._lend(self._opened()) as connection:
            yield connection

    def close(self) -> None:
        """Close the pool."""
        with self._opening:
            self._closed = True
            pool, self._pool = self._pool, None
            if pool is not None and self._process == os.getpid():
                self._close(pool)

    def inherited(self) -> Iterable[P]:
        """The pool, if there is one."""
        return () if self._pool is None else (self._pool,)

    def _opened(self) -> P:
        if self._process != os.getpid():  # The lock may have been taken when the process was forked.
            self._opening, self._pool, self._process = threading.Lock(), None, os.getpid()
        if (pool := self._pool) is not None:
            return pool
        with self._opening:
            if self._closed:
                raise StoreClosed(f"{self.name}: this store is closed")
            if self._pool is None:
                self._pool = self._open()
            return self._pool


class CallersPool(Generic[K]):
    """A pool of the caller's, who closes it; verify: each connection, when it is first lent."""

    name = "the caller's pool"
    joins = False

    def __init__(
        self, lend: Callable[[], AbstractContextManager[K]], verify: Callable[[K], None] | None = None
    ) -> None:
        self._lend, self._verify = lend, verify
        self._verified: WeakSet[K] = WeakSet()
        self._closed = False

    @contextmanager
    def lent(self, *, alone: bool) -> Generator[K]:
        """A connection of the pool; whatever is done is committed before it goes back."""
        del alone
        if self._closed:
            raise StoreClosed(f"{self.name}: this store is closed")
        with self._lend() as connection:
            if self._verify is not None and connection not in self._verified:
                self._verify(connection)
                self._verified.add(connection)
            yield connection

    def close(self) -> None:
        """Lend no more."""
        self._closed = True


class CallersConnection(Generic[K]):
    """The connection that the caller gave: what is done becomes part of its transaction, if it has one open.

    verify: the connection, when it is first lent.
    """

    name = "the caller's connection"
    joins = True

    def __init__(
        self, connection: K, is_alone: Callable[[K], bool], verify: Callable[[K], None] | None = None
    ) -> None:
        self._connection = connection
        self._is_alone = is_alone
        self._verify = verify
        self._turn = threading.RLock()
        self._closed = False

    @contextmanager
    def lent(self, *, alone: bool) -> Generator[K]:
        """The connection itself, to one thread at a time."""
        with self._turn:
            if self._closed:
                raise StoreClosed(f"{self.name}: this store is closed")
            if alone and not self._is_alone(self._connection):
                raise UnsupportedServer(IN_A_TRANSACTION)
            if self._verify is not None:
                self._verify(self._connection)
                self._verify = None
            yield self._connection

    def close(self) -> None:
        """Lend no more."""
        self._closed = True
