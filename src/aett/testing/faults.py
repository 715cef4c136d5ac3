"""Faults: what can happen to a place of storage, brought about by whoever knows it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from attrs import frozen

from aett.core.commit import Commit


def _not_told(*_: object) -> AbstractContextManager[object]:
    raise NotImplementedError("the harness's Place must say how this comes about: Place(..., faults=Faults(...))")


@frozen(kw_only=True)
class Faults:
    """How the storage of a place fails; for the laws of `aett.testing.Failing`.

    unreachable: while it is entered, the storage cannot be reached.
    spoil: damage what is stored of the newest commit of a tenant's stream.
    alienate: make the place one of another make, such as another version's.
    leave_half: leave what is left of an append of this commit whose process dies in the midst of it.
    """

    unreachable: Callable[[], AbstractContextManager[object]] = _not_told
    spoil: Callable[[str, str], object] = _not_told
    alienate: Callable[[], object] = _not_told
    leave_half: Callable[[Commit], object] = _not_told
