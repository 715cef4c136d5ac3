"""Whether a client of the caller's sends a request as it is: without asking anybody.

A client of a `boto3.resource` takes Python values for items, and turns ours, which are DynamoDB's own, into
others.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from attrs import frozen

from aett.core.errors import UnsupportedServer
from aett.core.plan import Plan, Step, arun, run

_EVENTS: Final = ("provide-client-params", "before-parameter-build")
_ARGUMENTS: Final[dict[str, Any]] = {"TableName": "commits", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
_CHANGES: Final = (
    "this client changes what it is given, as that of a boto3.resource does: hand in session.client('dynamodb')"
)


@frozen
class _Emit(Step[list[tuple[Any, Any]]]):
    """An event of the client's; the reply is what its handlers answer."""

    name: str
    arguments: Mapping[str, Any]


def verify(client: Any) -> None:
    """`UnsupportedServer` if it does not."""

    def perform(step: Any) -> Any:
        return client.meta.events.emit(step.name, **step.arguments)

    run(_proof(client.meta.service_model), perform)


async def verify_awaiting(client: Any) -> None:
    """The same, of a client that is awaited."""

    async def perform(step: Any) -> Any:
        return await client.meta.events.emit(step.name, **step.arguments)

    await arun(_proof(client.meta.service_model), perform)


def _proof(service: Any) -> Plan[None]:
    if service.service_name != "dynamodb":
        return
    model, sent = service.operation_model("GetItem"), deepcopy(_ARGUMENTS)
    for event in _EVENTS:
        told = {"params": sent, "model": model, "context": {}}
        for _, changed in (yield from _Emit(f"{event}.dynamodb.GetItem", told)):
            sent = sent if changed is None else changed
    if sent != _ARGUMENTS:
        raise UnsupportedServer(_CHANGES)
