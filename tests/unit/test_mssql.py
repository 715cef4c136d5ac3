"""SQL Server's statements and errors, without a server: those run where AETT_TEST_MSSQL names one."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pyodbc
import pytest
import sqlglot
from sqlglot.errors import ErrorLevel

from aett import CorruptStorage, SchemaMismatch, StorageUnavailable, UnsupportedServer
from aett.adapters.mssql.dialect import dialect
from aett.adapters.mssql.errors import FAILURES, duplicate
from aett.adapters.mssql.pyodbc_driver import lender_of, name_of
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
    yield from (getattr(words.barrier, "newest"), getattr(words.barrier, "passed"))  # noqa: B009  # of one kind


@pytest.mark.parametrize("text", list(statements(WORDS)))
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


def error(number: int, kind: type[pyodbc.Error] = pyodbc.ProgrammingError) -> pyodbc.Error:
    return kind("42000", f"[42000] [FreeTDS][SQL Server]what it says ({number}) (SQLExecDirectW)")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (208, SchemaMismatch),
        (207, SchemaMismatch),
        (229, UnsupportedServer),
        (3906, UnsupportedServer),
        (824, CorruptStorage),
        (51205, StorageUnavailable),
        (0, StorageUnavailable),
    ],
)
def test_errors_are_known_by_their_numbers(number: int, kind: type[Exception]) -> None:
    translated = FAILURES.translated(error(number), "SQL Server db.example")
    assert type(translated) is kind
    assert "SQL Server db.example" in str(translated)


def test_victims_of_deadlocks_are_tried_again_whatever_their_sqlstate() -> None:
    assert FAILURES.victim(error(1205))
    assert FAILURES.victim(
        pyodbc.Error("40001", "[40001] [Microsoft]Transaction was deadlocked (1205) (SQLFetch)")
    )
    assert not FAILURES.victim(error(208))


@pytest.mark.parametrize("number", [2627, 2601])
def test_a_duplicate_key_is_known(number: int) -> None:
    assert duplicate(error(number, pyodbc.IntegrityError))
    assert not duplicate(error(208))


def test_a_place_is_told_without_secrets() -> None:
    given = "DRIVER={FreeTDS};SERVER=db.example;PORT=1433;UID=ann;PWD=s3cret;DATABASE=app"
    assert name_of(given) == "SQL Server db.example app"
    with pytest.raises(ValueError, match="is named by an ODBC connection string") as refused:
        lender_of("mssql://ann:s3cret@db", 5, 1.0)
    assert "s3cret" not in str(refused.value)
