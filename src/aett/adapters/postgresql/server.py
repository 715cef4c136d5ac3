"""Where a PostgreSQL server is."""

from __future__ import annotations

from aett.adapters.sql.server import Server


def server_of(url: str, pool_size: int, timeout: float) -> Server:
    """The server that a URL names."""
    return Server(
        kind="PostgreSQL",
        schemes=("postgresql", "postgres"),
        port=5432,
        url=url,
        pool_size=pool_size,
        timeout=timeout,
    )
