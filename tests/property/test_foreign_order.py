"""Histories of stores that keep no order between streams get one: by stamps, and each stream's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aett.operating.foreign import Placed, in_order

PLACED = st.lists(
    st.builds(Placed[str], st.sampled_from("abc"), st.integers(1, 9), st.integers(0, 9), st.text(max_size=2))
)


@given(PLACED)
def test_each_stream_keeps_its_order_whatever_its_clocks_said(placed: list[Placed[str]]) -> None:
    ordered = in_order(placed)
    assert sorted(map(repr, ordered)) == sorted(map(repr, placed))
    for stream in "abc":
        sequences = [each.sequence for each in ordered if each.stream == stream]
        assert sequences == sorted(sequences)


@given(PLACED)
def test_streams_whose_clocks_went_forward_are_ordered_by_stamp(placed: list[Placed[str]]) -> None:
    forward = [Placed(each.stream, each.stamp, each.stamp, each.found) for each in placed]
    stamps = [each.stamp for each in in_order(forward)]
    assert stamps == sorted(stamps)


def test_a_clock_that_went_back_holds_its_stream_where_it_was() -> None:
    early, late, back = Placed("a", 1, 5, ""), Placed("b", 1, 7, ""), Placed("a", 2, 3, "")
    assert in_order([back, late, early]) == [early, back, late]
