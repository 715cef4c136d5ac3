"""A server that speaks MongoDB's protocol: SecantusDB, an emulator on WiredTiger from a Python package."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from pymongo import MongoClient
from tests.servers.server import Server, Unavailable, as_user, folder_of, free_port


def found() -> str:
    """What would be started; `Unavailable` if nothing could be."""
    if find_spec("secantus") is None:
        raise Unavailable("no MongoDB: there is no SecantusDB (the package is secantusdb)")
    return "SecantusDB, an emulator"


def mongodb() -> Server:
    """A new server, not yet started; `Unavailable` if there is none."""
    found()
    folder, port = folder_of(None), free_port()
    command: list[str | Path] = [
        sys.executable,
        Path(__file__).with_name("serving_secantusdb.py"),
        "--host=127.0.0.1",
        f"--port={port}",
        f"--storage-path={folder / 'data'}",
        "--cache-size=256M",
        "--log-level=WARNING",
    ]

    def answers() -> None:
        with MongoClient[dict[str, object]]("127.0.0.1", port, serverSelectionTimeoutMS=200) as client:
            client.admin.command("ping")

    url = f"mongodb://127.0.0.1:{port}/aett"
    return Server(url, as_user(None, command, dies_with_us=True), folder, answers)
