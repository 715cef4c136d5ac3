"""Where a database server is, and how connections to it are kept."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from attrs import field, frozen

from aett.adapters.store.url import hosts_of, parts_of
from aett.core.number import positive

POOL_SIZE: Final = 10
"""Connections that a store keeps at most, unless it is told otherwise."""

TIMEOUT: Final = 30.0
"""Seconds to wait for a connection, and for what is then asked of it, unless a store is told otherwise."""


@frozen(kw_only=True)
class Server:
    """A place, and how connections to it are made and kept.

    kind: of the server, for messages. schemes: that its URLs may have. port: if the URL names none.
    url: `scheme://user:password@host:port/database`, with the driver's own options.
    pool_size: connections at most. timeout: seconds to wait for one, and for what is then asked of it.
    """

    kind: str
    schemes: tuple[str, ...]
    port: int
    url: str = field(repr=False)
    pool_size: int
    timeout: float

    def __attrs_post_init__(self) -> None:
        """Refuse what is no place, and what cannot be kept; without a word of what may be secret."""
        parts_of(self.url, self.schemes, self.kind, f"{self.schemes[0]}://user@host:{self.port}/database")
        positive("pool_size", self.pool_size)
        if not self.timeout > 0:
            raise ValueError(f"timeout must be a number of seconds, not {self.timeout!r}")

    @property
    def parts(self) -> SplitResult:
        """The URL's parts."""
        return urlsplit(self.url)

    @property
    def name(self) -> str:
        """For messages: without user and password."""
        hosts = hosts_of(self.parts) or "localhost"
        port = "" if re.search(r":\d+\Z", hosts) else f":{self.port}"
        return f"{self.kind} at {hosts}{port}{self.parts.path}"
