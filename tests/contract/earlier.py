"""What earlier versions of the schema were: their statements as they were, to be run beside today's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen


@frozen
class Earlier:
    """Statements of an engine, for one table; parameters are named, as `:name`."""

    create: list[str]
    append: str
    newest: str = ""
    passed: str = ""


def version_1(engine: str, table: str) -> Earlier:
    """Of schema version 1."""
    text = (Path(__file__).parent / "version_1.json").read_text(encoding="utf-8").replace("TABLE_NAME", table)
    kept: dict[str, Any] = json.loads(text)[engine]
    return Earlier(**kept)
