"""A server that speaks DynamoDB's and S3's protocols: moto, an emulator from a Python package."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

from tests.servers.server import Server, Unavailable, as_user, folder_of, free_port


def found() -> str:
    """What would be started; `Unavailable` if nothing could be."""
    if find_spec("moto") is None or find_spec("werkzeug") is None:
        raise Unavailable("no DynamoDB, no S3: there is no moto (the package is moto[server])")
    return "moto, an emulator"


def amazon(service: str, place: str) -> Server:
    """A new server, not yet started; `Unavailable` if there is none. Its URL is the place with `{}` filled in."""
    found()
    folder, port = folder_of(None), free_port()
    command: list[str | Path] = [sys.executable, Path(__file__).with_name("serving_moto.py"), str(port), service]
    endpoint = f"http://127.0.0.1:{port}"

    return Server(
        place.format(endpoint), as_user(None, command, dies_with_us=True), folder, lambda: answers(endpoint)
    )


def answers(endpoint: str) -> None:
    """Raises unless somebody answers there, whatever the answer is."""
    try:
        urllib.request.urlopen(endpoint, timeout=5).close()  # noqa: S310  # our own
    except urllib.error.HTTPError as refused:
        refused.close()
