"""How the documentation becomes a site: `make docs`."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from typing import Any

project = "Aett"
author = "The Aett developers"
copyright = "2026, The Aett developers"  # noqa: A001  # Sphinx's name
release = version_of("aett")
version = release.partition(".dev")[0]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.intersphinx"]
exclude_patterns: list[str] = []
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

html_theme = "furo"
html_title = "Aett"
html_copy_source = False
html_extra_path = ["llms.txt"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "show-inheritance": False}
# It needs a library of the system's.
autodoc_mock_imports = ["pyodbc"]
nitpicky = False

_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_PARAMETERS = re.compile(r"^((?:\w+)(?:, \w+)*): (?=\S)")


def _as_rst(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Docstrings are plain text; a line of one may tell of a parameter: `name: what it means`."""
    told: list[str] = []
    for line in _literals("\n".join(lines)).split("\n"):
        found = _PARAMETERS.match(line)
        if found:
            told += ["", f"- **{found[1]}**: {line[found.end() :]}"]
        elif line.startswith("    ") and told and not told[-1]:
            told += [*(["::", ""] if not any(each.startswith("    ") for each in told[-2:]) else []), line]
        elif line[:1].strip() and told and told[-1].startswith(("- ", "  ")):
            told += ["", line]
        else:
            told.append(line)
    lines[:] = told


def _literals(text: str) -> str:
    parts = _CODE.split(text.replace("*", r"\*"))
    literal = "".join(f"``{_one_line(each)}``" if number % 2 else each for number, each in enumerate(parts))
    return re.sub(r"``(?=[A-Za-z(])(?<=[^ (\n]``)", r"``\\ ", literal)


def _one_line(code: str) -> str:
    return code.replace(r"\*", "*").replace("\n", " ")


def setup(app: Any) -> None:
    """Connect what is ours."""
    app.connect("autodoc-process-docstring", _as_rst)
