"""Identifiers: what a tenant or stream may be called."""

from __future__ import annotations

import pytest

from aett import Head, InvalidIdentifier
from aett.core import identifier


@pytest.mark.parametrize(
    "text", ["a", " ", "a ", "ä" * 32, "x" * 64, "😀" * 16, "a\tb\n", "../..", "%", "'; DROP TABLE"]
)
def test_any_text_within_bounds_names_a_tenant(text: str) -> None:
    assert identifier.tenant(text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 bytes"),
        ("x" * 65, "65 bytes"),
        ("ä" * 33, "66 bytes"),
        ("a\0b", "NUL"),
        ("\ud800", "surrogate"),
        (None, "not NoneType"),
        (b"a", "not bytes"),
        (7, "not int"),
    ],
)
def test_what_is_out_of_bounds_is_refused_and_says_why(text: str, message: str) -> None:
    with pytest.raises(InvalidIdentifier, match=f"tenant_id.*{message}"):
        Head(text, "stream")


def test_a_stream_s_bound_is_wider() -> None:
    assert Head("t", "s" * 255).stream_id == "s" * 255
    with pytest.raises(InvalidIdentifier, match=r"stream_id.*256 bytes in UTF-8; 1 to 255"):
        Head("t", "s" * 256)


def test_a_long_identifier_is_not_repeated_whole_in_the_message() -> None:
    with pytest.raises(InvalidIdentifier) as error:
        Head("t" * 10_000, "s")
    assert len(str(error.value)) < 200
