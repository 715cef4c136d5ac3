"""DynamoDB's plans, walked: what is done in part is asked for again, what meets another waits."""

from __future__ import annotations

from typing import Any

import pytest

from aett import StorageUnavailable
from aett.adapters.aws.call import Call, Refused
from aett.adapters.dynamodb.requests import PAUSES, fetched, queried, written
from aett.adapters.store.pause import Pause
from aett.core.plan import Plan

KEYS: list[dict[str, Any]] = [{"pk": {"S": f"{number}"}, "sk": {"S": "0"}} for number in range(3)]


def asked(plan: Plan[Any], *answers: Any) -> tuple[list[Any], Any]:
    """What the plan asks for, given these answers; and its value."""
    steps: list[Any] = []
    left = iter(answers)
    try:
        steps.append(next(plan))
        while True:
            steps.append(plan.send(next(left)))
    except StopIteration as end:
        return steps, end.value


def unprocessed(*keys: Any) -> dict[str, Any]:
    return {"t": {"Keys": list(keys), "ConsistentRead": True}}


def test_keys_that_were_not_processed_are_asked_for_again_and_after_a_pause_if_none_was() -> None:
    steps, value = asked(
        fetched("t", KEYS),
        {"Responses": {"t": [KEYS[0]]}, "UnprocessedKeys": unprocessed(*KEYS[1:])},
        {"Responses": {"t": []}, "UnprocessedKeys": unprocessed(*KEYS[1:])},
        None,
        {"Responses": {"t": KEYS[1:]}, "UnprocessedKeys": {}},
    )
    assert value == KEYS
    assert [type(each) for each in steps] == [Call, Call, Pause, Call]
    assert steps[3].arguments["RequestItems"] == unprocessed(*KEYS[1:])


def test_more_keys_than_a_request_takes_are_asked_for_in_several() -> None:
    keys = [{"pk": {"S": f"{number}"}, "sk": {"S": "0"}} for number in range(250)]
    steps, _ = asked(fetched("t", keys), *({"Responses": {"t": []}} for _ in range(3)))
    assert [len(each.arguments["RequestItems"]["t"]["Keys"]) for each in steps] == [100, 100, 50]


def test_a_query_goes_on_where_its_page_ended() -> None:
    low, high, partition = {"S": "0"}, {"S": "9"}, {"S": "p"}
    steps, value = asked(
        queried("t", partition, low, high, 5),
        {"Items": [1, 2], "LastEvaluatedKey": {"pk": partition, "sk": {"S": "2"}}},
        {"Items": [], "LastEvaluatedKey": {"pk": partition, "sk": {"S": "3"}}},
        {"Items": [3]},
    )
    assert value == [1, 2, 3]
    assert [each.arguments["Limit"] for each in steps] == [5, 3, 3]
    assert steps[2].arguments["ExclusiveStartKey"]["sk"] == {"S": "3"}


CONFLICTED = Refused("TransactionCanceledException", ("TransactionConflict", "None"))


def test_a_transaction_that_met_another_is_tried_again() -> None:
    refused = Refused("TransactionCanceledException", ("ConditionalCheckFailed", "TransactionConflict"))
    steps, value = asked(written("t", []), CONFLICTED, None, refused)
    assert [type(each) for each in steps] == [Call, Pause, Call]
    assert value == refused  # a condition that does not hold decides, whatever else was in the way


def test_a_transaction_that_meets_others_for_too_long_is_unavailable() -> None:
    with pytest.raises(StorageUnavailable, match="in the way"):
        asked(written("t", []), *[CONFLICTED, None] * (len(PAUSES) + 1))
