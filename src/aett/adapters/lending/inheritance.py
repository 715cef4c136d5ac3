"""What a forked child inherits of its parent's connections: it keeps all of it, and never lets it end.

1. After a fork, parent and child have one and the same socket, and one and the same epoll. Whoever ends such a
   connection in the child (says goodbye to the server, takes the socket out of the epoll) ends it in the parent.
2. Drivers end connections in their finalizers. So it does not suffice that the child forgets them: they would be
   collected, at the latest when the interpreter ends.
3. Pools register here when they are opened. Right after a fork the child adds a reference to each, which is never
   given back: what is referred to is not finalized, not even by an interpreter that ends. The memory and the
   descriptors go with the process.
"""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakSet


class Inherited:
    """What was opened in this process, and must not end in its children."""

    def __init__(self) -> None:
        self._what: list[Any] = []
        _all.add(self)

    def add(self, what: Any) -> None:
        """It was opened."""
        self._what.append(what)

    def remove(self, what: Any) -> None:
        """It was closed."""
        self._what = [each for each in self._what if each is not what]

    def keep(self) -> None:
        """In the child: let nothing of it end."""
        for each in self._what:
            _never_finalized(each)
        self._what = []


_all: WeakSet[Inherited] = WeakSet()
_kept: list[Any] = []


def _never_finalized(what: Any) -> None:
    _kept.append(what)
    try:
        import ctypes  # noqa: PLC0415  # in a child that inherited something, and nowhere else

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(what))
    except (ImportError, AttributeError):  # not CPython: what is kept here lives as long as the modules do
        pass


def _after_fork() -> None:
    for each in list(_all):
        each.keep()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
