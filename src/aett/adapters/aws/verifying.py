"""Whether a client of the caller's sends a request as it is: without asking anybody.

A client of a `boto3.resource` takes Python values for items, and turns ours, which are DynamoDB's own, into
others.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from aett.core.errors import UnsupportedServer

_EVENTS: Final = ("provide-client-params", "before-parameter-build")
_ARGUMENTS: Final[dict[str, Any]] = {"TableName": "commits", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
_CHANGES: Final = (
    "this client changes what it is given, as that of a boto3.resource does: hand in session.client('dynamodb')"
)


def verify(client: Any) -> None:
    """`UnsupportedServer` if it does not."""
    if client.meta.service_model.service_name == "dynamodb":
        arguments = deepcopy(_ARGUMENTS)
        for event in _EVENTS:
            arguments = _after(
                client.meta.events.emit(f"{event}.dynamodb.GetItem", **_about(client, arguments)), arguments
            )
        _judge(arguments)


async def verify_awaiting(client: Any) -> None:
    """The same, of a client that is awaited."""
    if client.meta.service_model.service_name == "dynamodb":
        arguments = deepcopy(_ARGUMENTS)
        for event in _EVENTS:
            answers = await client.meta.events.emit(f"{event}.dynamodb.GetItem", **_about(client, arguments))
            arguments = _after(answers, arguments)
        _judge(arguments)


def _about(client: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    model = client.meta.service_model.operation_model("GetItem")
    return {"params": arguments, "model": model, "context": {}}


def _after(answers: list[tuple[Any, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    for _, answer in answers:
        if answer is not None:
            arguments = answer
    return arguments


def _judge(arguments: dict[str, Any]) -> None:
    if arguments != _ARGUMENTS:
        raise UnsupportedServer(_CHANGES)
