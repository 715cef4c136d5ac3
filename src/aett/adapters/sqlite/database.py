"""Where a SQLite database is: a path, a URL, or memory; and how connections to it are set up."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from attrs import frozen

from aett.core.errors import StoreClosed

Synchronous: TypeAlias = Literal["OFF", "NORMAL", "FULL", "EXTRA"]

BUSY_TIMEOUT: Final = 30.0
"""Seconds to wait for other writers, unless a store is told otherwise."""

_URL: Final = "sqlite://"
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_MEMORY: Final = ":memory:"
_ONE_WAIT: Final = 0.06


@frozen
class Database:
    """A place, and how connections to it are set up.

    path: of the file, absolute; None for memory, which ends with its one connection.
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
    def is_one(self) -> bool:
        """Whether there is one connection only: to memory, or the caller's."""
        return self.callers or self.path is None

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
        return f"{self.path.as_uri()}?mode={'rwc' if self.create else 'rw'}"

    @property
    def one_wait(self) -> float:
        """Seconds that SQLite itself waits. Its pauses grow, which is unfair to who waits long: we start anew."""
        return min(self.busy_timeout, _ONE_WAIT)

    def refuse_unless_in(self, process: int) -> None:
        """`StoreClosed` in a child of the process that alone can reach this database."""
        if os.getpid() != process:
            raise StoreClosed(
                f"{self.name}: this process was forked from the one that opened it: open a store of its own"
            )


def located(
    place: str | os.PathLike[str],
    create_tables: tuple[str, ...],
    busy_timeout: float,
    synchronous: Synchronous,
    *,
    create: bool,
) -> Database:
    """The database at a path, `sqlite:///relative`, `sqlite:////absolute` or `:memory:`.

    Memory is always new, and nobody else can reach it, so that its tables are made at once. A
    relative path is one from the directory that is current now.
    """
    text = os.fspath(place)
    scheme = _SCHEME.match(text)
    if scheme is not None and not re.match(r"sqlite://(/|$)", text):
        # The rest is not repeated: there may be a password in it.
        raise ValueError(f"SQLite takes a path, sqlite:///path, sqlite:// or :memory:, not {scheme[0]}...")
    if scheme is not None:
        text = text.removeprefix(_URL).removeprefix("/") or _MEMORY
    if not text or "\0" in text:
        raise ValueError(f"{text!r} cannot be the path of a SQLite database")
    if text == _MEMORY:
        return Database(None, busy_timeout, synchronous, create=True, setup=create_tables)
    return Database(Path(text).absolute(), busy_timeout, synchronous, create=create)


def callers(busy_timeout: float, synchronous: Synchronous) -> Database:
    """The database of a connection that is the caller's, who has set it up."""
    return Database(None, busy_timeout, synchronous, create=False, callers=True)
