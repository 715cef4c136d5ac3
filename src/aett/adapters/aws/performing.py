"""Performs requests on a boto3 client."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar

import boto3
import botocore.session
from botocore.exceptions import ClientError

from aett.adapters.aws.call import Call, Calls, Refused, Reply, bare
from aett.adapters.aws.errors import KINDS, refused, translated
from aett.adapters.aws.place import Configuration, client_settings, informed, prepared
from aett.adapters.aws.verifying import verify
from aett.adapters.lending.blocking import CallersPool, Lender, OwnPool
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

A = TypeVar("A")

AT_ONCE: Final = 16
"""Requests of one step that are under way at the same time, if the client keeps so many connections."""


def lender_of(place: Any, service: str, pool_size: int, timeout: float) -> Lender[Any]:
    """Lends a client of a configuration's or a session's, made at its first use; or the caller's client."""
    settings = client_settings(pool_size, timeout)
    if isinstance(place, (Configuration, boto3.Session)):
        endpoint = place.endpoint_url if isinstance(place, Configuration) else None

        def opened() -> Any:
            session: Any = _session(place) if isinstance(place, Configuration) else place
            return prepared(session.client(service, config=settings, endpoint_url=endpoint), timeout)

        name = f"{service} at {endpoint or 'Amazon'}"
        return OwnPool(name, opened, nullcontext, lambda client: client.close())
    if not is_client(place, service, awaited=False):
        raise TypeError(
            f"a URL, a Configuration, a boto3.Session or a client of {service}'s, not {type(place).__name__}"
        )
    return CallersPool(lambda: nullcontext(place), verify)


def _session(place: Configuration) -> Any:
    own: Any = botocore.session.Session(profile=place.profile)
    return boto3.Session(botocore_session=informed(own), **place.session)


def is_client(place: Any, service: str, *, awaited: bool) -> bool:
    """Whether it is a client of this service, and one whose calls are awaited, or not."""
    model = getattr(getattr(place, "meta", None), "service_model", None)
    if getattr(model, "service_name", None) != service:
        return False
    return iscoroutinefunction(getattr(place, "_make_api_call", None)) == awaited


def at_once(client: Any) -> int:
    """How many requests of one step may be under way: each more than it keeps connections costs a new one."""
    return min(AT_ONCE, int(client.meta.config.max_pool_connections))


class AwsPerformer:
    """Performs requests until it is closed."""

    def __init__(self, lender: Lender[Any]) -> None:
        self._lender = lender
        self._threads = OwnPool("threads", self._opened, nullcontext, ThreadPoolExecutor.shutdown)

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
        self._threads.close()

    def _opened(self) -> ThreadPoolExecutor:
        with self._lender.lent(alone=False) as client:
            return ThreadPoolExecutor(at_once(client), "aett")

    def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Pause(seconds):
                return time.sleep(seconds)
            case Call():
                with self._lender.lent(alone=False) as client:
                    return self._asked(client, step)
            case Calls(calls):
                with self._lender.lent(alone=False) as client:
                    return self._all_asked(client, calls)
            case _:
                raise TypeError(f"Amazon's services have no step {type(step).__name__}")

    def _all_asked(self, client: Any, calls: Sequence[Call]) -> list[Reply | Refused]:
        """The answers, in order, when all have come: nothing is under way afterwards, even if one fails."""
        if len(calls) == 1:
            return [self._asked(client, calls[0])]
        with self._threads.lent(alone=False) as threads:
            under_way = [threads.submit(self._asked, client, call) for call in calls]
            wait(under_way)
        return [each.result() for each in under_way]

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
