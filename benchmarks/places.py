"""Where the cases run: files in a folder, and servers of our own that write to the disk as in earnest."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from tests.servers.amazon import amazon
from tests.servers.dynamodb import dynamodb
from tests.servers.mariadb import mariadb
from tests.servers.mongodb import mongodb
from tests.servers.postgresql import postgresql


class Places:
    """Each is started when it is first asked for; `tests.servers.server.Unavailable` if it cannot be."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Nothing is there yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the servers, and remove the files."""
        self._stack.close()

    @cached_property
    def _folder(self) -> Path:
        # Beside the project: a folder for temporary files may be in memory.
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench")))

    def file(self) -> Path:
        """One that is not there yet."""
        return self._folder / f"{uuid4().hex}.db"

    def where(self, engine: str) -> str:
        """A file that is not there yet, or the URL of the engine's server."""
        url: str = str(self.file()) if engine == "sqlite" else getattr(self, engine)
        return url

    @cached_property
    def postgresql(self) -> str:
        """The URL of a PostgreSQL server."""
        return self._stack.enter_context(postgresql(fsync=True)).url

    @cached_property
    def mongodb(self) -> str:
        """The URL of a server that speaks MongoDB's protocol."""
        return self._stack.enter_context(mongodb()).url

    @cached_property
    def dynamodb(self) -> str:
        """The URL of a server that speaks DynamoDB's protocol."""
        self._may_sign()
        return self._stack.enter_context(dynamodb()).url

    @cached_property
    def s3(self) -> str:
        """The URL of a bucket on a server that speaks S3's protocol."""
        self._may_sign()
        return self._stack.enter_context(amazon("s3", "s3://aett?region=us-east-1&endpoint_url={}")).url

    @cached_property
    def umadb(self) -> str:
        """The URL of a server of UmaDB's."""
        from benchmarks.peers import umadb  # noqa: PLC0415  # which needs places

        return self._stack.enter_context(umadb(self._folder)).url

    @staticmethod
    def _may_sign() -> None:
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "benchmark")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "benchmark")

    @cached_property
    def mysql(self) -> str:
        """The URL of a MariaDB server."""
        return self._stack.enter_context(mariadb(fsync=True)).url
