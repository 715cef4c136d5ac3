"""Searching: the lowest number of which something holds, where it holds of all above it, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from aett.adapters.aws.call import Call, Calls, Refused, Reply
from aett.core.plan import Plan

AT_ONCE: Final = 16
"""Numbers that are asked for in one step: a million is searched through in five."""


def lowest(
    low: int,
    top: int,
    call: Callable[[int], Call],
    holds: Callable[[Reply | Refused], bool],
    first: Sequence[int] = (),
) -> Plan[int]:
    """The lowest number from `low` on of which it holds; `top` if it holds of none below that.

    first: numbers to ask for in the first step, in order, if the answer is likely to be near them.
    """
    probes = [each for each in first if low <= each < top]
    while low < top:
        probes = probes or _spaced(low, top)
        replies = yield from Calls(tuple(map(call, probes)))
        for probe, reply in zip(probes, replies, strict=True):
            if holds(reply):
                top = probe
                break
            low = probe + 1
        probes = []
    return top


def _spaced(low: int, top: int) -> list[int]:
    step = max((top - low) // AT_ONCE, 1)
    return sorted({*range(low, top, step), top - 1})
