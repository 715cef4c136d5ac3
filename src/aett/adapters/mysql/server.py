"""Where a MySQL or MariaDB server is."""

from __future__ import annotations

import ssl
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from aett.adapters.sql.server import Server

ISOLATION: Final = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
"""At REPEATABLE READ the guard of an append would lock the gap beside its stream, and neighbours deadlock."""

SQL_MODE: Final = "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"
"""Whatever the server's own: nothing is cut silently, and a backslash escapes, as aiomysql takes for granted."""

_OPTIONS: Final = ("unix_socket", "ssl_ca", "ssl_cert", "ssl_key")


def server_of(url: str, pool_size: int, timeout: float) -> Server:
    """The server that a URL names; options are `unix_socket`, `ssl_ca`, `ssl_cert` and `ssl_key`."""
    server = Server(
        kind="MySQL",
        schemes=("mysql", "mariadb"),
        port=3306,
        url=url,
        pool_size=pool_size,
        timeout=timeout,
    )
    unknown = {name for name, _ in parse_qsl(server.parts.query)} - set(_OPTIONS)
    if unknown:
        known, given = ", ".join(_OPTIONS), ", ".join(sorted(unknown))
        raise ValueError(f"a URL for MySQL has the options {known}, not {given}")
    return server


def arguments(server: Server) -> dict[str, Any]:
    """What both drivers want to know to connect."""
    parts, options = server.parts, dict(parse_qsl(server.parts.query))
    wanted: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": parts.port or server.port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "autocommit": True,
        "charset": "utf8mb4",
        "connect_timeout": max(1, int(server.timeout)),
        "init_command": ISOLATION,
    }
    if database := parts.path.removeprefix("/"):
        wanted["db"] = unquote(database)
    if "unix_socket" in options:
        wanted["unix_socket"] = options["unix_socket"]
    if "ssl_ca" in options:
        context = ssl.create_default_context(cafile=options["ssl_ca"])
        if "ssl_cert" in options:
            context.load_cert_chain(options["ssl_cert"], options.get("ssl_key"))
        wanted["ssl"] = context
    return wanted
