"""A case: two sides that do the same work, by turns, and how one compares with the other."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from attrs import frozen

from benchmarks.places import Places

ROUNDS = 5


@frozen
class Sides:
    """Each does its work once, and gives how much of it was done in a second; or what it cost."""

    aett: Callable[[], float]
    baseline: Callable[[], float]


@frozen(kw_only=True)
class Case:
    """Two sides, and what is to be reached.

    name: what is done, engine first. against: what the baseline is. begin: makes the sides, and removes them.
    target: the ratio that is to be reached, of aett to the baseline, throughput to throughput; or, where lower is
      better, not to be exceeded, of what it costs.
    """

    name: str
    against: str
    begin: Callable[[Places], AbstractContextManager[Sides]]
    lower_is_better: bool = False
    target: float | None = None


@frozen(kw_only=True)
class Result:
    """What came of it: the medians, in work a second, and the median of the ratios of each round."""

    case: str
    against: str
    aett: float
    baseline: float
    ratio: float
    target: float | None
    lower_is_better: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the target was; None if there is none."""
        if self.target is None:
            return None
        return self.ratio <= self.target if self.lower_is_better else self.ratio >= self.target


def rounds(case: Case, places: Places, count: int = ROUNDS) -> Iterator[tuple[float, float]]:
    """What each side has done in a second, round by round, after one round to warm up."""
    with case.begin(places) as sides:
        gc.collect()
        gc.freeze()  # what the process has besides is not looked through while one side or the other works
        sides.aett()
        sides.baseline()
        for number in range(count):
            if number % 2:  # neither is always the first
                baseline, aett = sides.baseline(), sides.aett()
            else:
                aett, baseline = sides.aett(), sides.baseline()
            yield aett, baseline


def result(case: Case, found: list[tuple[float, float]]) -> Result:
    """The medians."""
    return Result(
        case=case.name,
        against=case.against,
        aett=statistics.median(aett for aett, _ in found),
        baseline=statistics.median(baseline for _, baseline in found),
        ratio=statistics.median(aett / baseline for aett, baseline in found),
        target=case.target,
        lower_is_better=case.lower_is_better,
    )
