"""Performs requests on an aioboto3 client."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, nullcontext
from typing import Any, Final, TypeAlias, TypeVar

import aioboto3
import aiobotocore.session
import aiohttp
from botocore.exceptions import ClientError

from aett.adapters.aws.call import Call, Calls, Refused, Reply, bare
from aett.adapters.aws.errors import KINDS, refused, translated
from aett.adapters.aws.performing import at_once, is_client
from aett.adapters.aws.place import Configuration, client_settings, informed, prepared
from aett.adapters.aws.verifying import verify_awaiting
from aett.adapters.lending.awaiting import AsyncCallersPool, AsyncLender, OwnPools
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

A = TypeVar("A")

_KINDS: Final[tuple[type[Exception], ...]] = (*KINDS, aiohttp.ClientError)
"""aiohttp's own come when an answer breaks off."""

Opened: TypeAlias = "tuple[AsyncExitStack, Any]"


def lender_of(place: Any, service: str, pool_size: int, timeout: float) -> AsyncLender[Any]:
    """Lends a client of a configuration's or a session's, made at its first use; or the caller's client."""
    settings = client_settings(pool_size, timeout)
    if isinstance(place, (Configuration, aioboto3.Session)):
        endpoint = place.endpoint_url if isinstance(place, Configuration) else None

        async def opened() -> Opened:
            session: Any = _session(place) if isinstance(place, Configuration) else place
            stack = AsyncExitStack()
            client = session.client(service, config=settings, endpoint_url=endpoint, verify=_verify(endpoint))
            return stack, prepared(await stack.enter_async_context(client), timeout)

        name = f"{service} at {endpoint or 'Amazon'}"
        return OwnPools(name, timeout, opened, lambda pool: nullcontext(pool[1]), _close, _close)
    if not is_client(place, service, awaited=True):
        raise TypeError(
            f"a URL, a Configuration, an aioboto3.Session or a client of {service}'s, not {type(place).__name__}"
        )
    return AsyncCallersPool(lambda: nullcontext(place), verify_awaiting)


def _verify(endpoint: str | None) -> bool | None:
    """No without TLS: to load all certificates takes longer than many a request. Else as the session says."""
    return False if endpoint is not None and endpoint.startswith("http://") else None


def _session(place: Configuration) -> Any:
    own: Any = aiobotocore.session.AioSession(profile=place.profile)
    return aioboto3.Session(botocore_session=informed(own), **place.session)


async def _close(opened: Opened) -> None:
    await opened[0].aclose()


class AsyncAwsPerformer:
    """Performs requests until it is closed."""

    def __init__(self, lender: AsyncLender[Any]) -> None:
        self._lender = lender

    async def __call__(self, step: Step[A], /) -> A:
        """Perform it."""
        try:
            answer: A = await self._perform(step)
        except _KINDS as error:
            raise translated(error, self._lender.name) from error
        return answer

    async def close(self) -> None:
        """Close what was opened."""
        await self._lender.close()

    async def _perform(self, step: Step[Any]) -> Any:
        match step:
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Call():
                async with self._lender.lent(alone=False) as client:
                    return await self._asked(client, step)
            case Calls(calls):
                async with self._lender.lent(alone=False) as client:
                    return await self._all(client, calls)
            case _:
                raise TypeError(f"Amazon's services have no step {type(step).__name__}")

    async def _all(self, client: Any, calls: tuple[Call, ...]) -> list[Reply | Refused]:
        """The answers, in order, when all have come: nothing is under way afterwards, even if one fails."""
        turn = asyncio.Semaphore(at_once(client))

        async def asked(call: Call) -> Reply | Refused:
            async with turn:
                return await self._asked(client, call)

        answers = list[Reply | Refused]()
        for answer in await asyncio.gather(*map(asked, calls), return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
            answers.append(answer)
        return answers

    async def _asked(self, client: Any, call: Call) -> Reply | Refused:
        try:
            reply = bare(await getattr(client, call.method)(**call.arguments))
        except ClientError as error:
            answer = refused(error, call)
            if answer is None:
                raise
            return answer
        if "Body" in reply:
            reply["Body"] = await reply["Body"].read()
        return reply
