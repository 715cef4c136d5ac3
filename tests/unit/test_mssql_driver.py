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


class Borrowed:
    """A connection of the caller's, on a server that gives back what it is sent, or what is put in its place."""

    def __init__(self, *, converted: int | None = None, reason: str | None = None, **instead: object) -> None:
        self._converted, self._reason, self._instead = converted, reason, instead
        self._row = list[object]()
        self.description = [(name,) for name in ("fingerprint", "", "bytes", "empty", "large", "small", "reason")]

    def get_output_converter(self, number: int) -> object:
        return str if number == self._converted else None

    def cursor(self) -> Borrowed:
        return self

    def execute(self, _: str, values: list[object]) -> None:
        sent = dict(zip(("fingerprint", "", "bytes", "empty", "large", "small"), values, strict=True))
        self._row = [*(sent | self._instead).values(), self._reason]

    def fetchall(self) -> list[list[object]]:
        return [self._row]

    def close(self) -> None:
        """Of the cursor."""


def test_a_connection_that_gives_back_what_it_is_sent_is_taken() -> None:
    connection: Any = Borrowed()
    verify(connection)


@pytest.mark.parametrize(("kind", "name"), [("SQL_VARBINARY", "VARBINARY"), ("SQL_BIGINT", "BIGINT")])
def test_a_connection_with_converters_of_its_own_is_refused(kind: str, name: str) -> None:
    connection: Any = Borrowed(converted=getattr(pyodbc, kind))
    with pytest.raises(UnsupportedServer, match=f"reads {name} by output converters"):
        verify(connection)


@pytest.mark.parametrize(
    ("instead", "told"),
    [
        ({"large": 2.0**63}, "large integers"),
        ({"bytes": b"cut"}, "bytes"),
        ({"reason": "READ UNCOMMITTED"}, "READ"),
    ],
)
def test_a_connection_that_changes_anything_is_refused(instead: dict[str, Any], told: str) -> None:
    connection: Any = Borrowed(**instead)
    with pytest.raises(UnsupportedServer, match=told):
        verify(connection)
