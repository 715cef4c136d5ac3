"""Whether half of the writers should be written while the other half goes on.

1. A write of n commits takes f + s n: f for the transaction and the disk, s for each commit. Each writer then
   needs p until it waits with its next commit. What all N of them need, written at once, is f + s N + p N: while
   the server works, the client does nothing, and the other way round.
2. In two halves, by turns, one is written while the other goes on: 2 f + s N, or p N if that is more. So halves
   are better where f < p N: with a quick disk and many writers, not with a slow disk.
3. f and s are those of a straight line through the sizes and durations of the last writes (least squares, older
   ones weighing less and less). As long as all were of the same size, f is taken for half of the duration: if that
   makes halves look better they are tried, and then there are two sizes.
"""

from __future__ import annotations

from typing import Final

_KEPT: Final = 7 / 8
"""What an observation weighs when the next one is there."""

_ALIKE: Final = 0.01
"""The variance of sizes, to their mean's square, up to which they tell no line."""


class Halving:
    """How quickly groups are written, and how quickly their writers come back."""

    def __init__(self) -> None:
        self._weight = self._size = self._seconds = self._squares = self._products = 0.0
        self._going_on = 0.0

    def wrote(self, count: int, seconds: float) -> None:
        """So many were written together in this time."""
        self._weight = self._weight * _KEPT + 1
        self._size = self._size * _KEPT + count
        self._seconds = self._seconds * _KEPT + seconds
        self._squares = self._squares * _KEPT + count * count
        self._products = self._products * _KEPT + count * seconds

    def went_on(self, count: int, seconds: float) -> None:
        """So many, who were told, have gone on in this time: each waits again, or does something else."""
        if count:
            self._going_on += (seconds / count - self._going_on) * (1 - _KEPT)

    def prefers_halves(self, count: int) -> bool:
        """Whether so many writers are written more quickly in two halves."""
        return count > 1 and self._fixed() < self._going_on * count

    def _fixed(self) -> float:
        """What a write takes, however few are written."""
        if not self._weight:
            return 0.0
        size, seconds = self._size / self._weight, self._seconds / self._weight
        variance = self._squares / self._weight - size * size
        if variance <= _ALIKE * size * size:
            return seconds / 2
        slope = (self._products / self._weight - size * seconds) / variance
        return max(0.0, seconds - max(0.0, slope) * size)
