"""The steps of Amazon's services: a request, named by the client's method; and several at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from aett.core.plan import Step

Reply: TypeAlias = Mapping[str, Any]


@frozen
class Refused:
    """The request was understood and refused.

    code: of the error. reasons: of a cancelled transaction, a code for each of its items.
    """

    code: str
    reasons: tuple[str, ...] = ()


@frozen
class Call(Step["Reply | Refused"]):
    """A request: the client's method and its arguments.

    refusals: the codes of errors that the plan takes for an answer; any other error is raised.
    """

    method: str
    arguments: Mapping[str, Any]
    refusals: tuple[str, ...] = field(default=(), kw_only=True)


@frozen
class Calls(Step["list[Reply | Refused]"]):
    """Several requests that are made at once; the replies are in their order."""

    calls: tuple[Call, ...]


def bare(reply: Reply) -> dict[str, Any]:
    """The reply without what the client tells of how it came."""
    return {name: value for name, value in reply.items() if name != "ResponseMetadata"}


def done(reply: Reply | Refused) -> Reply:
    """The reply to a request that names no refusals."""
    if isinstance(reply, Refused):
        raise TypeError(f"an answer that nobody asked for: {reply}")
    return reply
