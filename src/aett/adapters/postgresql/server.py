"""Where a PostgreSQL server is.

1. The URL goes to the driver as it is, for libpq and asyncpg decode it by rules of their own. Only `prepare`,
   which is an option of ours, is taken out.
2. libpq's options are the standard (https://www.postgresql.org/docs/current/libpq-connect.html). asyncpg takes
   what it does not know for a setting of the server, so for it, what has another name there is translated, and
   what it cannot do is refused by name.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from attrs import evolve, frozen

from aett.adapters.sql.server import Server

_OPTION: Final = "prepare"


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
    options = _options(server)
    prepare = options.pop(_OPTION, "on")
    if prepare not in ("on", "off"):
        raise ValueError(f"{server.name}: prepare must be on or off")
    if "client_encoding" in options and not _is_utf8(unquote(options["client_encoding"])):
        raise ValueError(f"{server.name}: client_encoding must be UTF8, for events are")
    return _with(server, options), prepare == "on"


@frozen
class Awaited:
    """How asyncpg connects to a server.

    arguments: of its `connect`. socket_options: level, name and value, for sockets that asyncpg opens.
    """

    server: Server
    arguments: Mapping[str, Any]
    socket_options: tuple[tuple[int, int, int], ...]


def awaited(server: Server) -> Awaited:
    """The same for asyncpg."""
    options, sockets = dict[str, str](), list[tuple[int, int, int]]()
    arguments: dict[str, Any] = {"timeout": server.timeout}
    for name, raw in _options(server).items():
        value = unquote(raw)
        if name in _SOCKET:
            level, option, to = _SOCKET[name]
            sockets.append((level, option, to(_number(server, name, value))))
        elif name == "connect_timeout":
            if (seconds := _number(server, name, value)) > 0:
                arguments["timeout"] = float(max(2, seconds))  # as libpq rounds it up
        elif name == "fallback_application_name":
            options.setdefault("application_name", raw)
        elif name in _NOT_ASYNCPG:
            if value not in _NOT_ASYNCPG[name]:
                raise ValueError(f"{server.name}: asyncpg cannot do what the option {name} asks for")
        else:
            options[name] = raw
    written = {name: raw.replace("+", "%2B") for name, raw in options.items()}  # to asyncpg, a + would be a space
    return Awaited(_with(server, written), arguments, tuple(sockets))


def _options(server: Server) -> dict[str, str]:
    """Its options, as they stand in the URL; the last of a name counts."""
    options = dict[str, str]()
    for each in filter(None, server.parts.query.split("&")):
        name, found, raw = each.partition("=")
        if not found:
            raise ValueError(f"{server.name}: an option of the URL has no value: write name=value")
        options[unquote(name)] = raw
    return options


def _with(server: Server, options: Mapping[str, str]) -> Server:
    query = "&".join(f"{name}={raw}" for name, raw in options.items())
    return evolve(server, url=server.url.partition("?")[0] + (query and f"?{query}"))


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "") in ("utf8", "auto", "unicode")


def _number(server: Server, name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{server.name}: the option {name} is a whole number") from None


def _of_tcp(name: str, to: Callable[[int], int] = int) -> tuple[int, int, Callable[[int], int]] | None:
    option: int | None = getattr(socket, name, None)  # not on every system
    return None if option is None else (socket.IPPROTO_TCP, option, to)


_SOCKET: Final[Mapping[str, tuple[int, int, Callable[[int], int]]]] = {
    name: option
    for name, option in {
        "keepalives": (socket.SOL_SOCKET, socket.SO_KEEPALIVE, int),
        "keepalives_idle": _of_tcp("TCP_KEEPIDLE"),
        "keepalives_interval": _of_tcp("TCP_KEEPINTVL"),
        "keepalives_count": _of_tcp("TCP_KEEPCNT"),
        "tcp_user_timeout": _of_tcp("TCP_USER_TIMEOUT"),
    }.items()
    if option is not None
}

_NOT_ASYNCPG: Final[Mapping[str, tuple[str, ...]]] = {
    "channel_binding": ("disable", "prefer"),
    "client_encoding": ("utf8", "UTF8", "utf-8", "UTF-8", "auto"),
    "gssdelegation": ("0",),
    "gssencmode": ("disable", "prefer"),
    "hostaddr": (),
    "keepalives_count": (),
    "keepalives_idle": (),
    "keepalives_interval": (),
    "load_balance_hosts": ("disable",),
    "max_protocol_version": ("3.0",),
    "min_protocol_version": ("3.0",),
    "replication": ("false", "off", "no", "0"),
    "require_auth": (),
    "requirepeer": (),
    "scram_client_key": (),
    "scram_server_key": (),
    "sslcertmode": ("allow",),
    "sslcompression": ("0",),
    "sslcrldir": (),
    "sslsni": ("1",),
    "tcp_user_timeout": (),
}
"""libpq's options that asyncpg has not, and the values at which it does what they ask for all the same."""
