"""Where a service is, and how clients of it are made."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, Final, TypeVar

from attrs import field, frozen
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.loaders import create_loader  # pyright: ignore[reportUnknownVariableType]

from aett.adapters.store.url import options_of, parts_of
from aett.core.number import positive

POOL_SIZE: Final = 10
"""Connections that a client keeps at most, unless a store is told otherwise."""

TIMEOUT: Final = 30.0
"""Seconds to wait for a connection, or an answer, unless a store is told otherwise."""

_END: Final = "aett: when to give up"
_OPTIONS: Final = ("endpoint_url", "profile")


@frozen(kw_only=True)
class Configuration:
    """How a client is made. What is None comes from the usual chain: environment, `~/.aws`, the machine's role.

    region: as in `eu-west-1`. endpoint_url: of another server than Amazon's. profile: of `~/.aws/config`.
    access_key, secret_key, session_token: credentials, if they are not to be found by the usual chain.
    """

    region: str | None = None
    endpoint_url: str | None = None
    profile: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)

    @property
    def session(self) -> Mapping[str, Any]:
        """Arguments of a session."""
        return {
            "region_name": self.region,
            "profile_name": self.profile,
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "aws_session_token": self.session_token,
        }


S = TypeVar("S")


def informed(session: S) -> S:
    """The botocore session, with the descriptions of services that this process has read before.

    A session reads them anew, which takes a tenth of a second, and every store has a session of its own.
    """
    changed: Any = session
    changed.register_component("data_loader", _loader(changed.get_config_variable("data_path")))
    return session


@cache
def _loader(data_path: str | None) -> Any:
    return create_loader(data_path)


def prepared(client: Any, timeout: float) -> Any:
    """The client, which sends an object at once, and gives up in time.

    botocore would first ask whether it may (`Expect: 100-continue`): one more round trip for each small object.
    And it waits so long for each of its attempts, with pauses between them: here none begins after the timeout.
    """
    client.meta.events.register("before-send.s3.PutObject", _send_at_once)
    client.meta.events.register("request-created", partial(_give_up_in_time, timeout))
    return client


def _send_at_once(request: Any, **_: Any) -> None:
    request.headers.pop("Expect", None)


def _give_up_in_time(timeout: float, request: Any, **_: Any) -> None:
    now = time.monotonic()
    if now >= request.context.setdefault(_END, now + timeout):
        raise ReadTimeoutError(endpoint_url=request.url, error=f"no attempt succeeded within {timeout:g} s")


def client_settings(pool_size: int, timeout: float) -> Config:
    """How a client keeps connections, waits, and tries again what was throttled."""
    positive("pool_size", pool_size)
    if not timeout > 0:
        raise ValueError(f"timeout must be a number of seconds, not {timeout!r}")
    return Config(
        max_pool_connections=pool_size,
        connect_timeout=timeout,
        read_timeout=timeout,
        retries={"mode": "standard", "total_max_attempts": 8},
    )


def parsed(url: str, scheme: str, example: str, more: tuple[str, ...] = ()) -> tuple[str, str, Mapping[str, str]]:
    """A URL's host, path and options; a ValueError if it is none of this scheme, or has another option.

    more: options besides those that every URL may have.
    """
    parts = parts_of(url, (scheme,), "the place", example)
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"the place is named by a URL without credentials, as in {example}")
    return parts.netloc, parts.path.strip("/"), options_of(parts, (*_OPTIONS, *more), scheme)
