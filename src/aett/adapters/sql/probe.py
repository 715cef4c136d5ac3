"""Whether a connection gives back what it is given: proved once for each that is not of the store's own making.

1. Character sets, converters, codecs, modes: what a connection is set to may change what is written, or what is
   read, without a word. Nobody can list all that callers may have set, so it is tried.
2. One round trip, which writes nothing, sends the hardest text, bytes and integers the way that commits are sent,
   and looks at what comes back, and at its type: as text, and as the bytes that would be stored of it.
3. The last column is a reason of the server's why this connection will not do, or nothing.
4. What differs is `UnsupportedServer`, before anything is written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from attrs import frozen

from aett.adapters.sql.statement import Parameters, Rows, Statement
from aett.core.errors import UnsupportedServer
from aett.core.number import MAX_REVISION
from aett.core.plan import Plan, arun, run

TEXT: Final = "re\u0301ne\u0301e \u6f22 \U0001f600 ' \" \\ % %s %(a)s :b $1 ? {c} \N{NO-BREAK SPACE}\u200b "
BYTES: Final = bytes(range(256))

PARAMETERS: Final[Parameters] = {
    "text": TEXT,
    "bytes": BYTES,
    "empty": b"",
    "large": MAX_REVISION,
    "small": -MAX_REVISION - 1,
}

EXPECTED: Final[tuple[tuple[str, Any], ...]] = (
    ("text", TEXT),
    ("what is stored of text", TEXT.encode()),
    ("bytes", BYTES),
    ("no bytes", b""),
    ("large integers", PARAMETERS["large"]),
    ("small integers", PARAMETERS["small"]),
)


UNCOMMITTED: Final = "at READ UNCOMMITTED it would show what is never committed"
"""A reason of several servers'."""


@frozen
class Probe:
    """How it is asked.

    text: of a statement with `PARAMETERS`, whose columns are those of `EXPECTED`, and a reason. settings: the
    names of those that usually change one of these, for the message.
    """

    text: str
    settings: str


def prove(connection: Any, rows: Callable[[Any, str, Parameters], Rows], probe: Probe) -> None:
    """Ask the connection; `rows` are those of a statement."""

    def perform(step: Any) -> Any:
        return rows(connection, step.text, step.parameters)

    run(_proof(probe), perform)


async def prove_awaiting(
    connection: Any, rows: Callable[[Any, str, Parameters], Awaitable[Rows]], probe: Probe
) -> None:
    """The same, awaited."""

    async def perform(step: Any) -> Any:
        return await rows(connection, step.text, step.parameters)

    await arun(_proof(probe), perform)


def _proof(probe: Probe) -> Plan[None]:
    try:
        answer = yield from Statement(probe.text, PARAMETERS)
    except (ValueError, TypeError, LookupError) as error:  # no driver's own: of encoding and converting
        raise UnsupportedServer(
            f"the connection takes not all text ({type(error).__name__}): look at its {probe.settings}"
        ) from error
    ((*columns, reason),) = answer
    if reason is not None:
        raise UnsupportedServer(f"the connection cannot be used: {reason}")
    for (name, expected), column in zip(EXPECTED, columns, strict=True):
        if type(column) is not type(expected) or column != expected:
            raise UnsupportedServer(
                f"the connection does not give {name} back as they are: look at its {probe.settings}"
            )
