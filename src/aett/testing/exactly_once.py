"""Whether a handler does everything once, although it dies wherever it can.

    check_exactly_once(
        SALES,
        Sold(3),
        Sold(2),
        store=store,
        registers=registers,
        begin=lambda: transaction(DATABASE),
        result=lambda: sorted(rows()),
        expected=[...],
    )

1. The events are committed, one by one, to a tenant that has had none.
2. The handler is run, but its runner dies at its first step; it begins anew, and dies after that step; then before
   the second, and so on: within the handler's transaction, before it was committed, and after that, but before
   anybody knew. When a turn ends without a death, it begins again with the first step of the next.
3. In the end what is there must be what is expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final, TypeVar
from uuid import uuid4

from attrs import define, field, frozen

from aett.application.following.followers import Handler, parts
from aett.application.following.memory import Holding, Memory, Watching
from aett.application.following.pace import Pace
from aett.application.following.performing import Begin, FollowersPerformer
from aett.application.following.steps import Append, Now, ReadHead
from aett.application.following.turns import Turns
from aett.core.commit import EventMessage
from aett.core.plan import Plan, Step, run
from aett.ports.commit_store import CommitStore
from aett.ports.register_store import RegisterStore
from aett.testing.projecting import placed

A = TypeVar("A")

PACE: Final = Pace(batch=1, seconds=1e-9, pause=1e-9)
TURNS: Final = 10_000


class Died(BaseException):  # nobody catches it
    """The runner did."""


@define
class Life:
    """How many moments it has left; there are two in each step."""

    left: int

    def passes(self) -> None:
        """A moment passes; it may be the last."""
        self.left -= 1
        if self.left == 0:
            raise Died


@frozen
class _Mortal(FollowersPerformer):
    life: Life = field(kw_only=True)

    def __call__(self, step: Step[A], /) -> A:
        self.life.passes()
        answer = super().__call__(step)
        self.life.passes()
        return answer


def committed(tenant_id: str, events: Iterable[Any]) -> Plan[int]:
    """Commit them one by one; the checkpoint of the last."""
    last = 0
    for each in map(placed, events):
        head = yield from ReadHead(tenant_id, each.stream_id)
        message = EventMessage(each.event, each.headers)
        commit = head.commit(message, commit_id=uuid4(), stamp=(yield from Now()))
        last = (yield from Append(commit)).unwrap().checkpoint or last
    return last


def compared(handler: Handler[Any, Any], came: Any, expected: Any) -> None:
    """Assert that what came is what is expected."""
    if came != expected:
        raise AssertionError(
            f"{handler.name}: killed wherever it can be, it did not do everything once:\n"
            f"  expected {expected!r}\n  but      {came!r}"
        )


def check_exactly_once(
    handler: Handler[Any, Any],
    *events: Any,
    store: CommitStore,
    registers: RegisterStore,
    begin: Begin,
    result: Callable[[], Any],
    expected: Any,
) -> None:
    """Assert that what the handler has made of the events is what is expected, wherever it died meanwhile.

    events: as they are, or with their place: `happened(event, stream_id=...)`.
    store, registers, begin: of a database for tests; what is given as `Runner`'s.
    result: reads what the handler has made.
    """
    tenant_id = f"check {uuid4().hex}"
    performer = FollowersPerformer(store, registers, begin)
    last = run(committed(tenant_id, events), performer)
    for part in parts(handler, tenant_id):
        _walk(Turns(part, "check", PACE), performer, last)
    compared(handler, result(), expected)


def _walk(turns: Turns, performer: FollowersPerformer, last: int) -> None:
    """Die at each moment of each turn, until everything is done."""
    memory = _turned(turns, performer)
    for _ in range(TURNS):
        if isinstance(memory, Holding) and memory.position.checkpoint >= last:
            return
        memory = _turned_at_last(turns, performer, memory)
    raise AssertionError(f"{turns.part.register}: it does not come to an end")


def _turned_at_last(turns: Turns, performer: FollowersPerformer, memory: Memory) -> Memory:
    """A turn, after one for each moment at which its runner can die."""
    for moment in count(1):
        mortal = _Mortal(performer.store, performer.registers, performer.begin, life=Life(moment))
        try:
            return run(turns.turn(memory), mortal).memory
        except Died:
            memory = _turned(turns, performer)
    raise AssertionError  # it counts for ever


def _turned(turns: Turns, performer: FollowersPerformer) -> Memory:
    """A turn of one that knows nothing, without a death: it takes the follower."""
    return run(turns.turn(Watching()), performer).memory
