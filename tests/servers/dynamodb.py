"""A server that speaks DynamoDB's protocol: DynamoDB Local, Amazon's own, where it was put beside us; or moto."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from tests.servers import amazon
from tests.servers.server import Server, as_user, folder_of, free_port

LOCAL: Final = Path(__file__).parents[2] / ".servers" / "dynamodb-local"
PLACE: Final = "dynamodb://us-east-1?endpoint_url={}"


def found() -> str:
    """What would be started; `Unavailable` if nothing could be."""
    return f"DynamoDB Local, {LOCAL}" if _is_here() else amazon.found()


def _is_here() -> bool:
    return (LOCAL / "DynamoDBLocal.jar").exists() and shutil.which("java") is not None


def dynamodb() -> Server:
    """A new server, not yet started; `Unavailable` if there is none."""
    return _local() if _is_here() else amazon.amazon("dynamodb", PLACE)


def _local() -> Server:
    folder, port = folder_of(None), free_port()
    command: list[str | Path] = [
        *(
            "java",
            "-Xmx2g",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            f"-Djava.library.path={LOCAL / 'DynamoDBLocal_lib'}",
            f"-Djava.io.tmpdir={folder}",
        ),
        *("-jar", LOCAL / "DynamoDBLocal.jar", "-port", str(port), "-inMemory", "-sharedDb"),
    ]
    endpoint = f"http://127.0.0.1:{port}"

    return Server(
        PLACE.format(endpoint), as_user(None, command, dies_with_us=True), folder, lambda: amazon.answers(endpoint)
    )
