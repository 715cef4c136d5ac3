"""Makes a keeper's calls, and tells its storage's errors as aett's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

from aett.adapters.keeping.keeper import Keeper
from aett.adapters.keeping.plans import Call
from aett.adapters.store.meaning import line
from aett.core.errors import AettError, StoreClosed
from aett.core.plan import Step

A = TypeVar("A")

Failures: TypeAlias = Sequence[tuple[type[Exception], type[AettError]]]


class KeeperPerformer:
    """Makes calls until it is closed.

    failures: the errors of the keeper's storage, and those of aett's that they mean; the first that fits.
    """

    def __init__(self, keeper: Keeper, failures: Failures) -> None:
        self._keeper = keeper
        self._failures = failures
        self._closed = False

    def __call__(self, step: Step[A], /) -> A:
        """Make the call."""
        if self._closed:
            raise StoreClosed("this store is closed")
        if not isinstance(step, Call):
            raise TypeError(f"a keeper is called, and does not perform {type(step).__name__}")
        try:
            answer: Any = getattr(self._keeper, step.method)(*step.arguments)
        except tuple(kind for kind, _ in self._failures) as error:
            if isinstance(error, AettError):
                raise
            raise self._meant(error) from error
        return answer  # type: ignore[no-any-return]  # the method says what it is

    def close(self) -> None:
        """Make no more, and let the keeper close what it has open, if it has a `close`."""
        if not self._closed:
            self._closed = True
            close: Any = getattr(self._keeper, "close", None)
            if close is not None:
                close()

    def _meant(self, error: Exception) -> AettError:
        meaning = next(meaning for kind, meaning in self._failures if isinstance(error, kind))
        return meaning(f"{type(self._keeper).__name__}: {line(error)}")


class AtOnce:
    """An awaited performer whose calls have nothing to wait for."""

    def __init__(self, perform: KeeperPerformer) -> None:
        self._perform = perform

    async def __call__(self, step: Step[A], /) -> A:
        """Make the call."""
        return self._perform(step)

    async def close(self) -> None:
        """Make no more."""
        self._perform.close()
