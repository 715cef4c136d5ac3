"""Where a PostgreSQL database is, and how connections to it are kept."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from attrs import field, frozen

POOL_SIZE: Final = 10
"""Connections that a store keeps at most, unless it is told otherwise."""

TIMEOUT: Final = 30.0
"""Seconds to wait for a connection, unless a store is told otherwise."""

_SCHEMES: Final = ("postgresql", "postgres")


@frozen(kw_only=True)
class Server:
    """A place, and how connections to it are made and kept.

    url: `postgresql://user:password@host:port/database`, with the driver's own options.
    pool_size: connections at most. timeout: seconds to wait for one.
    prepare: whether statements are prepared; not through a pooler in transaction mode.
    """

    url: str = field(repr=False)
    pool_size: int
    timeout: float
    prepare: bool

    def __attrs_post_init__(self) -> None:
        """Refuse what is no place, and what cannot be kept."""
        scheme, separator, _ = self.url.partition("://")
        if not separator or scheme not in _SCHEMES:
            raise ValueError("a PostgreSQL server is named by a URL, as in postgresql://user@host:5432/database")
        if type(self.pool_size) is not int or self.pool_size < 1:
            raise ValueError(f"pool_size must be an int of at least 1, not {self.pool_size!r}")
        if not self.timeout > 0:
            raise ValueError(f"timeout must be a number of seconds, not {self.timeout!r}")

    @property
    def name(self) -> str:
        """For messages: without user and password."""
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname or "localhost", parts.port or 5432
        except ValueError:
            return "PostgreSQL"
        return f"PostgreSQL at {host}:{port}{parts.path}"
