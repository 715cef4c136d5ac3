"""A MariaDB server of our own, from Debian's package or whatever is installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pymysql
from tests.servers.server import Server, Unavailable, account, as_user, folder_of, free_port, ran

_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def found() -> str:
    """What would be started; `Unavailable` if nothing could be."""
    _found("mariadb-install-db")
    return f"MariaDB, {_found('mariadbd')}"


def mariadb(*options: str, fsync: bool = False) -> Server:
    """A new server, not yet started; `Unavailable` if there is none. Options are as on mariadbd's command line."""
    installing, serving = _found("mariadb-install-db"), _found("mariadbd")
    user = account("mysql")
    folder = folder_of(user)
    data, port = folder / "data", free_port()
    try:
        data.mkdir()
        if user is not None:
            os.chown(data, user.pw_uid, user.pw_gid)
        how = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        ran(as_user(user, [installing, "--no-defaults", f"--datadir={data}", f"--tmpdir={data}", *how]), folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    command: list[str | Path] = [
        serving,
        "--no-defaults",
        f"--datadir={data}",
        f"--tmpdir={data}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'pid'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-log-bin",
        "--skip-name-resolve",
        "--max-connections=300",
        "--innodb-buffer-pool-size=64M",
        f"--innodb-flush-log-at-trx-commit={1 if fsync else 0}",
        *options,
    ]

    def answers() -> None:
        connection = pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=5)
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE IF NOT EXISTS aett", ())

    return Server(
        f"mysql://root@127.0.0.1:{port}/aett", as_user(user, command, dies_with_us=True), folder, answers
    )


def _found(name: str) -> Path:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise Unavailable(f"no MariaDB: there is no {name} (Debian's package is mariadb-server)")
    return Path(found)
