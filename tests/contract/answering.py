"""Answers in a service's stead: Amazon's clients are told what a test wants them to hear, so many times."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config


@contextmanager
def patient(service: str, arguments: Mapping[str, Any]) -> Generator[Any]:
    """A client of a test's own, which tries again what an emulator does not answer at once."""
    session: Any = boto3.Session()
    retries: Any = {"mode": "standard", "total_max_attempts": 8}
    client: Any = session.client(service, config=Config(retries=retries), **arguments)
    try:
        yield client
    finally:
        client.close()


class Answering:
    """Refuses the first requests of a client.

    event: botocore's name of those that are meant, as in `before-send.s3.PutObject`.
    left: how many are still refused; afterwards the service is asked.
    """

    def __init__(
        self,
        client: Any,
        event: str,
        status: int,
        body: bytes,
        times: int,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.left = times
        self._answer = status, dict(headers or {}), body
        client.meta.events.register(event, self)

    def __call__(self, request: Any, **_: Any) -> AWSResponse | None:
        """Answer, until it has been asked often enough."""
        if self.left <= 0:
            return None
        self.left -= 1
        status, headers, body = self._answer
        return AWSResponse(request.url, status, headers, Raw(body))


class Raw:
    """The body of an answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Generator[bytes]:
        """All of it."""
        yield self._body
