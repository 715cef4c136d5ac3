"""Which engine a URL names, and what its stores are made with."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from attrs import frozen

from aett.connecting.settings import Settings
from aett.core.errors import UnsupportedServer

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://")
_ODBC: Final = re.compile(r"\s*(driver|dsn|filedsn)\s*=", re.IGNORECASE)

ENGINES: Final = {
    "memory": "memory",
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
    "dynamodb": "dynamodb",
    "s3": "s3",
}
"""The engine of a URL's scheme."""

_TABLES: Final = {
    **dict.fromkeys(("sqlite", "postgresql", "mysql", "mssql", "dynamodb"), "table"),
    "mongodb": "collection",
}
"""What the parameter is called that names the commits."""

STORES: Final = ("CommitStore", "SnapshotStore", "RegisterStore", "PersistenceManagement")


@frozen
class Engine:
    """An engine and a place: makes its stores, each with those of the settings that it has."""

    name: str
    place: object
    settings: Mapping[str, Any]

    @property
    def module(self) -> Any:
        """The engine's package."""
        return import_module(f"aett.adapters.{self.name}")

    def made(self, prefix: str) -> list[Any]:
        """The four stores of the face whose names begin so."""
        classes = [getattr(self.module, f"{prefix}{name}") for name in STORES]
        known = {name for each in classes for name in inspect.signature(each).parameters}
        if strange := sorted(set(self.settings) - known):
            raise TypeError(f"the stores of {self.name} have no setting {', '.join(strange)}")
        return [each(self.place, **self.of(each)) for each in classes]

    @property
    def shares_management(self) -> bool:
        """Whether what makes the place ready uses the same connections; in SQLite only its own make a file."""
        return self.name != "sqlite" or self.in_memory

    @property
    def in_memory(self) -> bool:
        """Whether it is a SQLite database that only its one connection reaches."""
        if self.name != "sqlite":
            return False
        located = import_module("aett.adapters.sqlite.database").located
        found: bool = located(self.place, (), 0.0, "FULL", create=False).is_one
        return found

    def place_of(self, store: Any) -> object:
        """Where a transaction begins: on a connection of the store's, or on one of its own."""
        if self.in_memory:
            raise UnsupportedServer(
                "SQLite in memory has one connection, and no transaction beside it: take memory://"
            )
        return store.borrowed() if hasattr(store, "borrowed") else self.place

    def of(self, what: Callable[..., Any]) -> dict[str, Any]:
        """Those settings that it takes."""
        taken = inspect.signature(what).parameters
        return {name: value for name, value in self.settings.items() if name in taken}


def engine_of(where: str | Settings, table: str | None, settings: Mapping[str, Any]) -> Engine:
    """The engine that a URL names. A ValueError says what may be named, and nothing that may be secret."""
    where = where if isinstance(where, Settings) else Settings(where)
    url, table = where.url, where.table if table is None else table
    name = _name(url)
    if table is not None:
        if name not in _TABLES:
            raise ValueError(f"{name} has no tables{'; a prefix in the URL tells stores apart' * (name == 's3')}")
        settings = {**settings, _TABLES[name]: table}
    place = import_module("aett.adapters.memory").Memory() if name == "memory" else url
    return Engine(name, place, settings)


def _name(url: str) -> str:
    if _ODBC.match(url):
        return "mssql"
    found = _SCHEME.match(url)
    scheme = found[1].lower() if found else ""
    if scheme not in ENGINES:
        raise ValueError(
            "a store is named by a URL, as in sqlite:///events.db; its scheme is one of"
            f" {', '.join(sorted(ENGINES))}. SQL Server is named by an ODBC connection string, as in"
            " DRIVER={...};SERVER=..."
        )
    if scheme == "memory" and url.rstrip("/") != "memory:":
        raise ValueError("memory has no name: memory:// is always new")
    return ENGINES[scheme]
