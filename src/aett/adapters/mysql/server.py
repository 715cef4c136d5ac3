"""Where a MySQL or MariaDB server is.

Neither driver reads URLs, so their form is ours: `mysql://user:password@host:port/database?option=value`, with the
options of MySQL's own clients (https://dev.mysql.com/doc/refman/8.4/en/connection-options.html), written with `_`
or `-`, as far as both drivers can do what they say.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from attrs import evolve

from aett.adapters.sql.server import Server
from aett.adapters.store.url import hosts_of, options_of

ISOLATION: Final = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
"""At REPEATABLE READ the guard of an append would lock the gap beside its stream, and neighbours deadlock."""

SQL_MODE: Final = "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"
"""Whatever the server's own: nothing is cut silently, and a backslash escapes, as aiomysql takes for granted."""

_CHARSET: Final = "utf8mb4"
_SECONDS: Final = ("connect_timeout", "read_timeout", "write_timeout")
_FLAGS: Final = ("ssl", "ssl_disabled", "ssl_verify_cert", "ssl_verify_identity")
_FILES: Final = ("ssl_ca", "ssl_capath", "ssl_cert", "ssl_key")
_MODES: Final = ("DISABLED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
_OPTIONS: Final = ("unix_socket", "charset", *_SECONDS, *_FILES, "ssl_mode", *_FLAGS)


def server_of(url: str, pool_size: int, timeout: float) -> Server:
    """The server that a URL names. Its timeout is the least of those in the URL and this one."""
    server = Server(
        kind="MySQL",
        schemes=("mysql", "mariadb"),
        port=3306,
        url=url,
        pool_size=pool_size,
        timeout=timeout,
    )
    if "," in hosts_of(server.parts):
        raise ValueError(f"{server.name}: a URL for MySQL names one host")
    options = _options(server)
    if options.get("charset", _CHARSET).lower() != _CHARSET:
        raise ValueError(f"{server.name}: the charset must be {_CHARSET}, for events are UTF-8")
    _security(server, options)
    return evolve(server, timeout=min(timeout, *(_seconds(server, options, each) for each in _SECONDS[1:])))


def arguments(server: Server) -> dict[str, Any]:
    """What both drivers want to know to connect."""
    parts, options = server.parts, _options(server)
    wanted: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": parts.port or server.port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "autocommit": True,
        "charset": _CHARSET,
        "connect_timeout": max(1, int(min(server.timeout, _seconds(server, options, "connect_timeout")))),
        "init_command": ISOLATION,
    }
    if database := parts.path.removeprefix("/"):
        wanted["db"] = unquote(database)
    if "unix_socket" in options:
        wanted["unix_socket"] = options["unix_socket"]
    mode = _security(server, options)
    if mode != "DISABLED":
        wanted["ssl"] = _context(options, mode)
    return wanted


def _options(server: Server) -> Mapping[str, str]:
    dashed = server.parts._replace(
        query="&".join(
            f"{name.replace('-', '_')}{found}{value}"
            for name, found, value in (each.partition("=") for each in server.parts.query.split("&"))
        )
    )
    return options_of(dashed, _OPTIONS, "MySQL")


def _seconds(server: Server, options: Mapping[str, str], name: str) -> float:
    try:
        seconds = float(options.get(name, "inf"))
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise ValueError(f"{server.name}: the option {name} is a number of seconds")
    return seconds


def _security(server: Server, options: Mapping[str, str]) -> str:
    """How TLS is used, as `--ssl-mode` of MySQL's clients has it; if nothing is said, only where a CA is named."""
    said = {name: _flag(server, name, options[name]) for name in _FLAGS if name in options}
    if mode := options.get("ssl_mode"):
        if mode.upper() not in _MODES:
            raise ValueError(f"{server.name}: ssl_mode is one of {', '.join(_MODES)}")
        if said:
            raise ValueError(f"{server.name}: the option ssl_mode says what {', '.join(said)} would say")
        return mode.upper()
    if said.get("ssl_disabled") or said.get("ssl") is False:
        return "DISABLED"
    if said.get("ssl_verify_identity"):
        return "VERIFY_IDENTITY"
    if said.get("ssl_verify_cert"):
        return "VERIFY_CA" if said.get("ssl_verify_identity") is False else "VERIFY_IDENTITY"
    if said.get("ssl_verify_cert") is False:
        return "REQUIRED"
    return "VERIFY_IDENTITY" if said.get("ssl") or any(each in options for each in _FILES) else "DISABLED"


def _flag(server: Server, name: str, value: str) -> bool:
    try:
        return {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}[value.lower()]
    except KeyError:
        raise ValueError(f"{server.name}: the option {name} is true or false") from None


def _context(options: Mapping[str, str], mode: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.get("ssl_ca"), capath=options.get("ssl_capath"))
    context.check_hostname = mode == "VERIFY_IDENTITY"
    if mode == "REQUIRED":
        context.verify_mode = ssl.CERT_NONE
    if "ssl_cert" in options:
        context.load_cert_chain(options["ssl_cert"], options.get("ssl_key"))
    return context


def is_mariadb(version: str) -> bool:
    """Whether this is how a MariaDB names its version: only that gives back what an INSERT has inserted."""
    return "MariaDB" in version
