"""What a driver's errors mean, as far as performing goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import frozen
from tenacity import wait_random_exponential

from aett.core.errors import AettError

ATTEMPTS: Final = 12
"""How often a transaction is tried that was chosen as the victim of a deadlock, or could not be serialized."""

PAUSE: Final = wait_random_exponential(multiplier=0.005, max=0.5)
"""Seconds between attempts."""


@frozen
class Failures:
    """A driver's errors.

    kinds: what it raises. victim: whether the server undid it for the sake of others, so that it may be
    tried again. undone: whether the server says that all of the transaction was undone, for whatever reason.
    translated: the error of ours that it means at a place of this name.
    """

    kinds: tuple[type[Exception], ...]
    victim: Callable[[BaseException], bool]
    undone: Callable[[BaseException], bool]
    translated: Callable[[Exception, str], AettError]

    def left_nothing(self, error: Exception) -> bool:
        """Whether nothing is left of a transaction that failed so: the server says it, or it was not sent at all.

        A driver that cannot send a value raises errors of other kinds; what raises ours may have sent something.
        """
        return not isinstance(error, AettError) and (not isinstance(error, self.kinds) or self.undone(error))
