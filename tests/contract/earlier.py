"""What earlier versions of the schema were: their statements as they were, to be run beside today's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen

from aett import Commit
from aett.adapters.store.record import Recorder
from aett.testing.samples import TOPICS


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


def parameters(commit: Commit) -> dict[str, Any]:
    """Of its `append`, for this commit."""
    before = {"previous_sequence": commit.commit_sequence - 1, "previous_revision": commit.first_revision - 1}
    return {**Recorder(TOPICS).record(commit)._asdict(), **before}
