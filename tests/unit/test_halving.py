"""Whether half of the writers are written while the other half goes on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aett.adapters.sql.halving import Halving

SIZES = st.lists(st.integers(1, 128), min_size=20, max_size=60).filter(lambda sizes: len(set(sizes[-8:])) > 3)
SECONDS = st.floats(1e-6, 1e-2)


def seen(sizes: list[int], fixed: float, each: float, going_on: float) -> Halving:
    """What it has seen of a server and of writers that take just this long."""
    halving = Halving()
    for size in sizes:
        halving.wrote(size, fixed + each * size)
        halving.went_on(size, going_on * size)
    return halving


@given(SIZES, SECONDS, SECONDS, SECONDS, st.integers(2, 256))
def test_halves_are_preferred_where_they_are_quicker(
    sizes: list[int], fixed: float, each: float, going_on: float, count: int
) -> None:
    # After twenty observations (7/8)^20 of what was expected at first is left.
    whole, halves = fixed + (each + going_on) * count, max(2 * fixed + each * count, going_on * count)
    prefers = seen(sizes, fixed, each, going_on).prefers_halves(count)
    if halves < whole * 0.9:
        assert prefers
    if halves > whole * 1.1:
        assert not prefers


def test_a_quick_disk_and_many_writers_go_in_halves_and_a_slow_disk_or_few_writers_do_not() -> None:
    assert seen([64] * 50, 0.0002, 20e-6, 40e-6).prefers_halves(64)
    assert not seen([64] * 50, 0.01, 20e-6, 40e-6).prefers_halves(64)
    assert not seen([2, 3] * 25, 0.0002, 20e-6, 40e-6).prefers_halves(3)


def test_one_writer_is_never_halved() -> None:
    assert not seen([1] * 50, 0.0, 0.0, 1.0).prefers_halves(1)


def test_nothing_is_halved_before_anything_was_seen() -> None:
    assert not Halving().prefers_halves(100)


def test_what_was_seen_long_ago_does_not_count() -> None:
    halving = seen([10, 100] * 20, 0.0001, 0.0, 40e-6)
    assert halving.prefers_halves(64)
    for size in [10, 100] * 20:
        halving.wrote(size, 0.05)
    assert not halving.prefers_halves(64)
