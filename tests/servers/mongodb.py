"""A server that speaks MongoDB's protocol: SecantusDB, an emulator on WiredTiger from a Python package."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from pymongo import MongoClient
from tests.servers.server import Server, Unavailable, as_user, folder_of, free_port


def mongodb() -> Server:
    """A new server, not yet started; `Unavailable` if there is none."""
    beside = Path(sys.executable).parent / "secantusd-py"
    binary = str(beside) if beside.exists() else shutil.which("secantusd-py")
    if binary is None:
        raise Unavailable("no MongoDB: there is no secantusd-py (the package is secantusdb)")
    folder, port = folder_of(None), free_port()
    command: list[str | Path] = [
        binary,
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
