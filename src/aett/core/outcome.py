"""Outcomes: what can be expected to happen, as values."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from returns.result import Failure, Result, Success

T = TypeVar("T")
X = TypeVar("X")
E = TypeVar("E")

Outcome: TypeAlias = Success[T] | Failure[X]
"""What the library returns: on this union a `match` is exact and exhaustive for type checkers."""


def accept(*events: E) -> Success[tuple[E, ...]]:
    """A decision: these events happen. `accept()` decides that nothing does."""
    return Success(events)


__all__ = ["Failure", "Outcome", "Result", "Success", "accept"]
