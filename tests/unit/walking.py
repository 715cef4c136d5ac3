"""Walking the repositories' plans: scripted answers to the steps of a till, and no store at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from till import PaidIn, Till

from aett import Commit, Folded, Head, Page
from aett.application.aggregate_plans import AggregatePlans
from aett.application.saga_plans import SagaPlans
from aett.application.steps import NextPage, OpenPages
from aett.core.plan import Plan, Step

NOW = datetime(2026, 1, 2, tzinfo=UTC)
MINE, GIVEN, THEIRS, LATER = (UUID(int=n) for n in range(1, 5))
FULL: Folded[Till, Any] = Folded(Till(10), Head("t", "s", 2, 2))


def plans(**options: Any) -> AggregatePlans:
    return AggregatePlans(tenant_id="t", clock=lambda: NOW, new_id=lambda: MINE, **options)


SAGAS = SagaPlans(tenant_id="t", clock=lambda: NOW, new_id=lambda: MINE)


def walk(plan: Plan[Any], *script: tuple[Step[Any], Any]) -> Any:
    """The plan's value, if it asks for just these steps and is given these answers (or errors)."""
    left = list(script)
    try:
        step = next(plan)
        while left:
            expected, answer = left.pop(0)
            assert step == expected
            step = plan.throw(answer) if isinstance(answer, Exception) else plan.send(answer)
    except StopIteration as end:
        assert not left, f"the plan never asks for {left}"
        return end.value
    raise AssertionError(f"the plan asks for more: {step}")


def answered(plan: Plan[Any], *answers: Any) -> Any:
    """The plan's value, if it asks for just so much, whatever it is."""
    try:
        next(plan)
        for answer in answers:
            plan.send(answer)
    except StopIteration as end:
        return end.value
    raise AssertionError("the plan asks for more")


def committed(head: Head, *events: object, commit_id: UUID = MINE, commands: tuple[object, ...] = ()) -> Commit:
    return head.commit(*events, commit_id=commit_id, stamp=NOW, commands=commands)


def loading(*pages: Page, low: int = 1, high: int | None = None) -> list[tuple[Step[Any], Any]]:
    bounds: dict[str, Any] = {} if high is None else {"max_revision": high}
    opened: tuple[Step[Any], Any] = (OpenPages("t", "s", low, **bounds), "pages")
    return [opened, *((NextPage("pages"), page) for page in (*pages, None))]


TEN = loading(Page(FULL.head, (PaidIn(4), PaidIn(6))))
