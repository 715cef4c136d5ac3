"""Commands about followers, by what their registers and streams hold: lag, dead-letters, rebuild."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import typer

from aett.application.following.letters import unsettled
from aett.application.following.position import Position, read
from aett.cli import answering
from aett.cli.answering import AsJson
from aett.cli.asking import FOUND_WRONG, Table, Tenant, Url, fail, opened, tenant_of, told
from aett.connecting import Stores
from aett.core.dead_letter import DeadLetter, DeadLetterSettled
from aett.core.errors import SchemaMismatch
from aett.core.outcome import Success
from aett.core.topic import Topic
from aett.core.topic_map import TopicMap

_OWN: Final = tuple(Topic.of(each).name for each in (DeadLetter, DeadLetterSettled))


def lag(url: Url, table: Table = None, tenant: Tenant = None, as_json: AsJson = None) -> None:
    """List the followers of a log: how far each has come, who works for it, and why one has stopped."""
    with opened(url, table) as stores:
        name = tenant_of(stores, tenant)
        settled = stores.commits.tail(name).settled
        found = (
            {
                "register": register,
                "checkpoint": position.checkpoint,
                "behind": max(0, settled - position.checkpoint),
                "holder": position.holder,
                "stopped": None if position.stop is None else f"{position.stop.error}: {position.stop.told}",
            }
            for register, position in _positions(stores, name, "")
        )
        answering.rows(found, as_json)


def dead_letters(url: Url, table: Table = None, tenant: Tenant = None, as_json: AsJson = None) -> None:
    """List the events that followers have set aside, and that nobody has settled."""
    with opened(url, table, TopicMap()) as stores:
        found = unsettled(stores.commits.get_from(tenant_of(stores, tenant), topics=_OWN))
        answering.rows(
            (
                {
                    "register": each.register,
                    "stream_id": each.stream_id,
                    "revision": each.revision,
                    "checkpoint": each.checkpoint,
                    "error": each.error,
                    "told": each.told,
                }
                for each in found
            ),
            as_json,
        )


def rebuild(
    url: Url,
    follower: Annotated[str, typer.Argument(help="Its register, or how it begins, as `aett lag` lists them.")],
    table: Table = None,
    tenant: Tenant = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let a follower begin anew: what is remembered of it is removed, its position and a projection's state.

    A handler's or reactor's own tables are yours: empty them first, or it does everything again.
    """
    with opened(url, table) as stores:
        name = tenant_of(stores, tenant)
        found = [register for register, _ in _positions(stores, name, follower)]
        if not found:
            raise fail(f"no follower's register begins with {follower!r}", FOUND_WRONG)
        if not yes:
            typer.confirm(f"Let {', '.join(found)} begin anew?", abort=True, err=True)
        for register in found:
            while not isinstance(stores.registers.remove(stores.registers.get(name, register)), Success):
                pass  # whoever works for it has put something meanwhile
            told.print(f"{register} begins anew", markup=False)


def _positions(stores: Stores, tenant: str, prefix: str) -> Iterator[tuple[str, Position]]:
    for name in stores.registers.names(tenant, prefix):
        register = stores.registers.get(tenant, name)
        try:
            position, _ = read(register)
        except SchemaMismatch:
            continue  # somebody else's
        yield name, position
