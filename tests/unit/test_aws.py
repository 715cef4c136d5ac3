"""Requests to Amazon's services that are made at once."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import define, field

from aett import StoreClosed
from aett.adapters.aws.awaiting import AsyncAwsPerformer
from aett.adapters.aws.call import Call, Calls
from aett.adapters.aws.performing import AwsPerformer
from aett.adapters.lending.awaiting import AsyncCallersPool
from aett.adapters.lending.blocking import CallersPool

LASTING = 0.05


class Fault(Exception):
    """Of a request."""


@define
class Client:
    """Answers after a moment, or fails at once; keeps so many connections."""

    connections: int
    under_way: int = 0
    most: int = 0
    answered: int = 0
    lock: Lock = field(factory=Lock)

    @property
    def meta(self) -> Any:
        return SimpleNamespace(config=SimpleNamespace(max_pool_connections=self.connections))

    def began(self) -> None:
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)

    def ended(self) -> None:
        with self.lock:
            self.under_way -= 1
            self.answered += 1

    def answer(self, **_: Any) -> dict[str, Any]:
        self.began()
        time.sleep(LASTING)
        self.ended()
        return {}

    def fail(self, **_: Any) -> dict[str, Any]:
        raise Fault


class AsyncClient(Client):
    """The same, awaited."""

    async def answer(self, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        self.began()
        await asyncio.sleep(LASTING)
        self.ended()
        return {}

    async def fail(self, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        raise Fault


def answers(count: int) -> tuple[Call, ...]:
    return (Call("answer", {}),) * count


def perform(client: Client, step: Calls) -> Any:
    performer = AwsPerformer(CallersPool(lambda: nullcontext(client)))
    try:
        return performer(step)
    finally:
        performer.close()


def perform_awaited(client: Client, step: Calls) -> Any:
    return asyncio.run(AsyncAwsPerformer(AsyncCallersPool(lambda: nullcontext(client)))(step))


FACES = pytest.mark.parametrize(
    ("client_of", "performed"), [(Client, perform), (AsyncClient, perform_awaited)], ids=("sync", "async")
)


@FACES
@pytest.mark.parametrize(("connections", "most"), [(2, 2), (100, 16)])
def test_no_more_requests_are_under_way_than_the_client_keeps_connections(
    client_of: Any, performed: Any, connections: int, most: int
) -> None:
    client = client_of(connections)
    assert performed(client, Calls(answers(20))) == [{}] * 20
    assert 1 < client.most <= most


@FACES
def test_no_request_is_under_way_after_another_has_failed(client_of: Any, performed: Any) -> None:
    client = client_of(10)
    with pytest.raises(Fault):
        performed(client, Calls((Call("fail", {}), *answers(3))))
    assert (client.answered, client.under_way) == (3, 0)


@FACES
def test_no_request_has_no_answers(client_of: Any, performed: Any) -> None:
    assert performed(client_of(10), Calls(())) == []


def test_a_closed_store_makes_no_requests() -> None:
    performer = AwsPerformer(CallersPool(lambda: nullcontext(Client(2))))
    performer.close()
    with pytest.raises(StoreClosed):
        performer(Calls(answers(2)))
