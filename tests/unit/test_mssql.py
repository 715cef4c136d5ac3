"""SQL Server's statements, without a server: they are run where AETT_TEST_MSSQL names one."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
import sqlglot
from sqlglot.errors import ErrorLevel

from aett.adapters.mssql.dialect import PROBE, dialect
from aett.adapters.sql.dialect import Dialect
from aett.adapters.sql.rendering import positional

WORDS = dialect("app.commits")
COMPUTED = ("find", "stream_page", "log_page", "log_page_to", "find_snapshot", "purge", "purge_stream")


def statements(words: Dialect) -> Iterator[str]:
    """All that a dialect says."""
    for each in attrs.fields(Dialect):
        value = getattr(words, each.name)
        if each.name in ("append", "add_snapshot"):
            yield value
        elif each.name in ("prepare", "refuse", "proof", "create", "describe", "drop", "alone"):
            yield from value
    for name in COMPUTED:
        value = getattr(words, name)
        yield from (value,) if isinstance(value, str) else value
    yield from (getattr(words.barrier, each) for each in ("look", "passed", "glimpsed", "note", "rest"))


@pytest.mark.parametrize("text", [*statements(WORDS), PROBE.text])
def test_every_statement_is_t_sql(text: str) -> None:
    rendered, names = positional(text)
    assert rendered.count("?") == len(names)
    parsed = sqlglot.parse(rendered, read="tsql", error_level=ErrorLevel.RAISE)
    assert any(parsed)


def test_the_lock_comes_before_the_insert_and_its_code_is_looked_at() -> None:
    text = WORDS.append
    order = [
        "BEGIN TRANSACTION",
        "sp_getapplock",
        "IF @code < 0",
        "INSERT INTO",
        "COMMIT TRANSACTION",
        "SCOPE_IDENTITY",
    ]
    found = [text.index(each) for each in order]
    assert found == sorted(found)


def test_no_statement_rests_on_a_table_hint() -> None:
    assert not [text for text in statements(WORDS) if "WITH (" in text.upper() and "WITHIN GROUP (" not in text]
