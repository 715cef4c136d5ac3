"""Where a PostgreSQL server is."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from attrs import evolve

from aett.adapters.sql.server import Server

_OPTION = "prepare"


def server_of(url: str, pool_size: int, timeout: float) -> tuple[Server, bool]:
    """The server that a URL names, and whether statements are prepared: the URL's own option `prepare`."""
    server = Server(
        kind="PostgreSQL",
        schemes=("postgresql", "postgres"),
        port=5432,
        url=url,
        pool_size=pool_size,
        timeout=timeout,
    )
    options = parse_qsl(server.parts.query)
    prepare = dict(options).get(_OPTION, "on")
    if prepare not in ("on", "off"):
        raise ValueError(f"{server.name}: prepare must be on or off, not {prepare!r}")
    drivers = urlencode([option for option in options if option[0] != _OPTION])
    return evolve(server, url=server.parts._replace(query=drivers).geturl()), prepare == "on"
