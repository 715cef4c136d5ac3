"""The habits that hold for every file of the library."""

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
FILES = sorted(SOURCES.rglob("*.py"))
LONGEST = 300
VAGUE = {"utils", "util", "helpers", "helper", "base", "common", "misc", "manager"}


def named(path: Path) -> str:
    return str(path.relative_to(SOURCES))


def test_there_are_files_to_look_at() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_opens_with_one_sentence_on_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring is not None
    first = docstring.splitlines()[0]
    assert first.endswith(".")


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_is_named_after_a_noun_of_the_field(path: Path) -> None:
    assert path.stem not in VAGUE


def test_no_public_name_says_nothing() -> None:
    directories = {path.parent.name for path in FILES}
    assert not directories & VAGUE
