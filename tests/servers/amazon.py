"""A server that speaks DynamoDB's and S3's protocols: moto, an emulator from a Python package."""

from __future__ import annotations

import sys
import urllib.request
from importlib.util import find_spec
from pathlib import Path

from tests.servers.server import Server, Unavailable, as_user, folder_of, free_port


def amazon() -> Server:
    """A new server, not yet started; `Unavailable` if there is none."""
    if find_spec("moto") is None or find_spec("werkzeug") is None:
        raise Unavailable("no DynamoDB, no S3: there is no moto (the package is moto[server])")
    folder, port = folder_of(None), free_port()
    command: list[str | Path] = [sys.executable, Path(__file__).with_name("serving_moto.py"), str(port)]
    url = f"http://127.0.0.1:{port}"

    def answers() -> None:
        urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()  # noqa: S310  # our own

    return Server(url, as_user(None, command, dies_with_us=True), folder, answers)
