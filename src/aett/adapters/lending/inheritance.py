"""What a forked child inherits of its parent's connections: it keeps all of it, and never lets it end.

1. After a fork, parent and child have one and the same socket, and one and the same epoll. Whoever ends such a
   connection in the child (says goodbye to the server, takes the socket out of the epoll) ends it in the parent.
2. Drivers end connections in their finalizers. So it does not suffice that the child forgets them: they would be
   collected, at the latest when the interpreter ends.
3. Whoever opens connections registers here. Right after a fork the child asks each what it has open, and adds a
   reference to that, which is never given back: what is referred to is not finalized, not even by an interpreter
   that ends. The memory and the descriptors go with the process.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Protocol
from weakref import WeakSet


class Opener(Protocol):
    """What opens connections."""

    def inherited(self) -> Iterable[Any]:
        """What it has open, asked in a child right after the fork."""
        ...


def spared_by_children(opener: Opener) -> None:
    """Let nothing that it has open end in this process's children."""
    _openers.add(opener)


_openers: WeakSet[Opener] = WeakSet()
_kept: list[Any] = []


def _never_finalized(what: Any) -> None:
    _kept.append(what)
    try:
        import ctypes  # noqa: PLC0415  # in a child that inherited something, and nowhere else

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(what))
    except (ImportError, AttributeError):  # not CPython: what is kept here lives as long as the modules do
        pass


def _after_fork() -> None:
    for opener in list(_openers):
        for each in opener.inherited():
            _never_finalized(each)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
