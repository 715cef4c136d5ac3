"""SQL Server's errors and places, as pyodbc tells them, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from aett import AccessRefused, CorruptStorage, SchemaMismatch, StorageUnavailable, UnsupportedServer

pyodbc: Any = pytest.importorskip("pyodbc", reason="pyodbc needs unixODBC", exc_type=ImportError)

from aett.adapters.mssql.errors import FAILURES, duplicate  # noqa: E402  # they import it
from aett.adapters.mssql.pyodbc_driver import lender_of, name_of, verify  # noqa: E402


def error(number: int, kind: str = "ProgrammingError") -> Exception:
    made: Exception = getattr(pyodbc, kind)(
        "42000", f"[42000] [FreeTDS][SQL Server]what it says ({number}) (SQLExecDirectW)"
    )
    return made


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (208, SchemaMismatch),
        (207, SchemaMismatch),
        (229, AccessRefused),
        (18456, AccessRefused),
        (4060, AccessRefused),
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
    assert duplicate(error(number, "IntegrityError"))
    assert not duplicate(error(208))


def test_a_place_is_told_without_secrets() -> None:
    given = "DRIVER={FreeTDS};SERVER=db.example;PORT=1433;UID=ann;PWD=s3cret;DATABASE=app"
    assert name_of(given) == "SQL Server db.example app"
    with pytest.raises(ValueError, match="is named by an ODBC connection string") as refused:
        lender_of("mssql://ann:s3cret@db", 5, 1.0)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(("kind", "name"), [("SQL_VARBINARY", "VARBINARY"), ("SQL_BIGINT", "BIGINT")])
def test_a_connection_with_converters_of_its_own_is_refused(kind: str, name: str) -> None:
    class Converting:
        def get_output_converter(self, number: int) -> object:
            return str if number == getattr(pyodbc, kind) else None

    class Plain:
        def get_output_converter(self, _: int) -> object:
            return None

    plain: Any = Plain()
    verify(plain)
    converting: Any = Converting()
    with pytest.raises(UnsupportedServer, match=f"reads {name} by output converters"):
        verify(converting)
