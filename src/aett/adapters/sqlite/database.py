"""Where a SQLite database is: a path, a URL, or memory; and how connections to it are set up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from attrs import frozen

Synchronous: TypeAlias = Literal["OFF", "NORMAL", "FULL", "EXTRA"]

BUSY_TIMEOUT: Final = 30.0
"""Seconds to wait for other writers, unless a store is told otherwise."""

_URL: Final = "sqlite://"
_MEMORY: Final = ":memory:"
_ONE_WAIT: Final = 0.06


@frozen
class Database:
    """A place, and how connections to it are set up.

    path: of the file; None for memory, which ends with its one connection.
    busy_timeout: seconds to wait for other writers, in all.
    synchronous: FULL keeps what was acknowledged through a loss of power; NORMAL through the death
      of the process.
    create: whether a file that is not there is created; otherwise it is an error.
    setup: statements that every connection runs first.
    callers: whether the connection is the caller's, who has set it up.
    """

    path: Path | None
    busy_timeout: float
    synchronous: Synchronous
    create: bool
    setup: tuple[str, ...] = ()
    callers: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse settings that SQLite does not have."""
        if self.synchronous not in get_args(Synchronous):
            raise ValueError(f"synchronous must be one of {get_args(Synchronous)}, not {self.synchronous!r}")
        if not self.busy_timeout >= 0:
            raise ValueError(f"busy_timeout must be a number of seconds, not {self.busy_timeout!r}")

    @property
    def name(self) -> str:
        """For messages."""
        if self.callers:
            return "the caller's connection"
        return _MEMORY if self.path is None else str(self.path)

    @property
    def statements(self) -> tuple[str, ...]:
        """What every connection runs first."""
        return (f"PRAGMA synchronous = {self.synchronous}", *self.setup)

    @property
    def uri(self) -> str:
        """As SQLite wants it."""
        if self.path is None:
            return "file::memory:"
        return f"{self.path.absolute().as_uri()}?mode={'rwc' if self.create else 'rw'}"

    @property
    def one_wait(self) -> float:
        """Seconds that SQLite itself waits. Its pauses grow, which is unfair to who waits long: we start anew."""
        return min(self.busy_timeout, _ONE_WAIT)


def located(
    place: str | os.PathLike[str],
    create_tables: tuple[str, ...],
    busy_timeout: float,
    synchronous: Synchronous,
    *,
    create: bool,
) -> Database:
    """The database at a path, `sqlite:///relative`, `sqlite:////absolute` or `:memory:`.

    Memory is always new, and nobody else can reach it, so that its tables are made at once.
    """
    text = os.fspath(place)
    if text.startswith(_URL):
        text = text.removeprefix(_URL).removeprefix("/") or _MEMORY
    if not text or "\0" in text:
        raise ValueError(f"{text!r} cannot be the path of a SQLite database")
    if text == _MEMORY:
        return Database(None, busy_timeout, synchronous, create=True, setup=create_tables)
    return Database(Path(text), busy_timeout, synchronous, create=create)


def callers(busy_timeout: float, synchronous: Synchronous) -> Database:
    """The database of a connection that is the caller's, who has set it up."""
    return Database(None, busy_timeout, synchronous, create=False, callers=True)
