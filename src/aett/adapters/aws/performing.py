"""Performs requests on a boto3 client."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from inspect import iscoroutinefunction
from typing import Any, TypeVar

import boto3
import botocore.session
from botocore.exceptions import ClientError

from aett.adapters.aws.call import Call, Calls, Refused, Reply, bare
from aett.adapters.aws.errors import KINDS, refused, translated
from aett.adapters.aws.place import Configuration, client_settings, informed, unhesitating
from aett.adapters.lending.blocking import CallersPool, Lender, OwnPool
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

A = TypeVar("A")

AT_ONCE = 16
"""Requests of one step that are under way at the same time."""


def lender_of(place: Any, service: str, pool_size: int, timeout: float) -> Lender[Any]:
    """Lends a client of a configuration's or a session's, made at its first use; or the caller's client."""
    settings = client_settings(pool_size, timeout)
    if isinstance(place, (Configuration, boto3.Session)):
        endpoint = place.endpoint_url if isinstance(place, Configuration) else None

        def opened() -> Any:
            session: Any = _session(place) if isinstance(place, Configuration) else place
            return unhesitating(session.client(service, config=settings, endpoint_url=endpoint))

        name = f"{service} at {endpoint or 'Amazon'}"
        return OwnPool(name, opened, nullcontext, lambda client: client.close())
    if not is_client(place, service, awaited=False):
        raise TypeError(
            f"a URL, a Configuration, a boto3.Session or a client of {service}'s, not {type(place).__name__}"
        )
    return CallersPool(lambda: nullcontext(place))


def _session(place: Configuration) -> Any:
    own: Any = botocore.session.Session(profile=place.profile)
    return boto3.Session(botocore_session=informed(own), **place.session)


def is_client(place: Any, service: str, *, awaited: bool) -> bool:
    """Whether it is a client of this service, and one whose calls are awaited, or not."""
    model = getattr(getattr(place, "meta", None), "service_model", None)
    if getattr(model, "service_name", None) != service:
        return False
    return iscoroutinefunction(getattr(place, "_make_api_call", None)) == awaited


class AwsPerformer:
    """Performs requests until it is closed."""

    def __init__(self, lender: Lender[Any]) -> None:
        self._lender = lender

    def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        try:
            answer: A = self._perform(step)
        except KINDS as error:
            raise translated(error, self._lender.name) from error
        return answer

    def close(self) -> None:
        """Close what was opened."""
        self._lender.close()

    def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Pause(seconds):
                return time.sleep(seconds)
            case Call():
                with self._lender.lent(alone=False) as client:
                    return self._asked(client, step)
            case Calls((call,)):
                with self._lender.lent(alone=False) as client:
                    return [self._asked(client, call)]
            case Calls(calls):
                with self._lender.lent(alone=False) as client, ThreadPoolExecutor(AT_ONCE) as pool:
                    return list(pool.map(self._asked, [client] * len(calls), calls))
            case _:
                raise TypeError(f"Amazon's services have no step {type(step).__name__}")

    def _asked(self, client: Any, call: Call) -> Reply | Refused:
        try:
            reply = bare(getattr(client, call.method)(**call.arguments))
        except ClientError as error:
            answer = refused(error, call)
            if answer is None:
                raise
            return answer
        if "Body" in reply:
            reply["Body"] = reply["Body"].read()
        return reply
