"""PgBouncer before a PostgreSQL server, in transaction mode: the next statement may meet another session."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from tests.servers.server import Server, Unavailable, account, as_user, folder_of, free_port

# With `auth_type = any` the pooler forgets who its client is: it is told who to be behind.
_CONFIGURATION = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
"""


def found() -> str:
    """What would be started; `Unavailable` if nothing could be."""
    return f"PgBouncer, {_binary()}"


def _binary() -> str:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    binary = shutil.which("pgbouncer", path=path)
    if binary is None:
        raise Unavailable("there is no pgbouncer (Debian's package has this name)")
    return binary


def pgbouncer(postgresql_url: str) -> Server:
    """A new pooler, not yet started; `Unavailable` if there is none."""
    binary = _binary()
    user = account("postgres")
    folder = folder_of(user)
    behind, port = urlsplit(postgresql_url), free_port()
    configuration = folder / "pgbouncer.ini"
    name, place = behind.username or "postgres", behind.port or 5432
    configuration.write_text(_CONFIGURATION.format(host=behind.hostname, port=place, user=name, own_port=port))
    configuration.chmod(0o644)
    url = f"postgresql://{name}@127.0.0.1:{port}{behind.path}"

    def answers() -> None:
        psycopg.connect(url, connect_timeout=5).close()

    command: list[str | Path] = [binary, configuration]
    return Server(url, as_user(user, command, dies_with_us=True), folder, answers)
