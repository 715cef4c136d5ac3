"""The simulated DynamoDB answers as the server of the tests does, whatever it is asked, by both of its drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from tests.contract.alike import Performer, compare, performer_of
from tests.contract.test_dynamodb import harness
from tests.simulated.dynamodb import SimulatedDynamo

from aett.adapters.aws.call import Call, Refused
from aett.adapters.dynamodb.items import Key, number, text
from aett.adapters.dynamodb.requests import CONDITION, fetched, got, queried, written
from aett.core.plan import run
from aett.testing.clients import Clients

PARTITION = st.sampled_from(("p", "p", "p", "q"))
PLACES = ("1", "10", "2", "\u00e9", "\uffff", "\U0001f6a2")
PLACE = st.sampled_from(PLACES)
KEY = st.tuples(PARTITION, PLACE).map(lambda key: {"pk": text(key[0]), "sk": text(key[1])})
NUMBER = st.integers(1, 2).map(number)
ITEM = st.fixed_dictionaries(
    {"checkpoint": NUMBER},
    optional={
        "version": NUMBER,
        "purge_mark": NUMBER,
        "settled": NUMBER,
        "payload": st.sampled_from(({"B": b"\x00"}, {"B": bytes(range(256))}, {"S": "\u00e9\U0001f6a2"})),
    },
)


Condition: TypeAlias = Mapping[str, Any]


def conditional(expression: str, *names: str) -> st.SearchStrategy[Condition]:
    """A condition, and the numbers that it compares with."""
    condition = {"ConditionExpression": expression}
    values = st.fixed_dictionaries({f":{name}": NUMBER for name in names})
    return values.map(lambda values: {**condition, **({"ExpressionAttributeValues": values} if names else {})})


FREE = conditional("attribute_not_exists(sk)")
CONDITIONED = st.one_of(
    FREE,
    conditional("attribute_not_exists(version)"),
    conditional("version = :old", "old"),
    conditional("purge_mark = :purge", "purge"),
    conditional(
        "version = :old AND settled = :then AND checkpoint < :drawn AND attribute_not_exists(purge_mark)",
        *("old", "then", "drawn"),
    ),
)
UNCONDITIONAL: st.SearchStrategy[Condition] = st.just({})
CONDITION_OR_NONE = UNCONDITIONAL | CONDITIONED
CHANGE = st.one_of(
    st.tuples(st.just("ADD drawn :number"), conditional("attribute_not_exists(nothing)", "number")),
    st.tuples(
        st.just("SET settled = :number"),
        conditional("attribute_not_exists(settled) OR settled < :number", "number"),
    ),
    st.tuples(
        st.just("SET purge_mark = checkpoint"),
        conditional("attribute_exists(checkpoint) AND attribute_not_exists(purge_mark)"),
    ),
)
ACTION = st.one_of(
    st.tuples(st.just("Put"), KEY, FREE, ITEM),
    st.tuples(st.just("Put"), KEY, CONDITION_OR_NONE, ITEM),
    st.tuples(st.just("Delete"), KEY, CONDITION_OR_NONE, st.none()),
    st.tuples(st.just("ConditionCheck"), KEY, CONDITIONED, st.none()),
)
ACTIONS = st.lists(ACTION, min_size=1, max_size=3, unique_by=lambda action: str(action[1]))
BETWEEN = st.just((PLACES[0], PLACES[-1])) | st.tuples(PLACE, PLACE)
SIZE = st.none() | st.integers(1, 4)
REQUEST = st.one_of(
    st.tuples(st.just("put"), KEY, ITEM, CONDITION_OR_NONE),
    st.tuples(st.just("put"), KEY, ITEM, UNCONDITIONAL),
    st.tuples(st.just("get"), KEY),
    st.tuples(st.just("delete"), KEY, CONDITION_OR_NONE),
    st.tuples(st.just("changed"), KEY, CHANGE),
    st.tuples(st.just("queried"), PARTITION, BETWEEN, SIZE, st.booleans()),
    st.tuples(st.just("fetched"), st.lists(KEY, min_size=1, max_size=6, unique_by=str)),
    *(st.tuples(st.just("written"), ACTIONS, st.booleans(), st.just(times)) for times in (1, 2)),
)


class Side:
    """One of the two, with a table."""

    def __init__(self, perform: Performer, table: str) -> None:
        self.perform = perform
        self.table = table

    def put(self, key: Key, item: Mapping[str, Any], condition: Condition) -> object:
        """Whether it took place."""
        return self._asked("put_item", Item={**key, **item}, **condition)

    def get(self, key: Key) -> object:
        """What is there."""
        return run(got(self.table, key), self.perform)

    def delete(self, key: Key, condition: Condition) -> object:
        """Whether it took place."""
        return self._asked("delete_item", Key=key, **condition)

    def changed(self, key: Key, change: tuple[str, Condition]) -> object:
        """What it is then."""
        update, condition = change
        return self._asked("update_item", Key=key, UpdateExpression=update, ReturnValues="ALL_NEW", **condition)

    def filled(self) -> Side:
        """With some items to begin with."""
        for place in PLACES[1:]:
            key = {"pk": text("p"), "sk": text(place)}
            self.put(key, {"checkpoint": number(1), "version": number(1), "settled": number(1)}, {})
        return self

    def queried(self, partition: str, between: tuple[str, str], size: int | None, backwards: bool) -> object:  # noqa: FBT001
        """What is between two places."""
        low, high = map(text, between)
        asked = queried(self.table, text(partition), low, high, size, backwards=backwards)
        return run(asked, self.perform)

    def fetched(self, keys: list[Key]) -> object:
        """What is under these keys, which comes in no order."""
        return sorted(
            run(fetched(self.table, keys), self.perform), key=lambda item: (item["pk"]["S"], item["sk"]["S"])
        )

    def written(self, actions: list[tuple[Any, ...]], once: bool, times: int) -> object:  # noqa: FBT001
        """All of it, or what was in the way, as often as it is asked; with a token if it is to be done once."""
        asked = [
            {kind: {**({"Key": key} if item is None else {"Item": {**key, **item}}), **condition}}
            for kind, key, condition, item in actions
        ]
        token = str(uuid4()) if once else None
        return [run(written(self.table, asked, token), self.perform) for _ in range(times)]

    def _asked(self, method: str, **arguments: Any) -> object:
        reply = self.perform(Call(method, {"TableName": self.table, **arguments}, refusals=(CONDITION,)))
        return reply if isinstance(reply, Refused) else reply.get("Attributes")


@pytest.mark.parametrize("awaited", [False, True], ids=["sync", "async"])
def test_the_simulated_dynamodb_answers_as_the_server_does(dynamodb_url: str, *, awaited: bool) -> None:
    def sides(clients: Clients, most: int) -> tuple[Side, Side]:
        made: Any = clients.place.commit_store
        table = made.keywords["table"]
        simulated = SimulatedDynamo(listed=None, most=most, remembers=True)
        return Side(performer_of(clients.one.commits), table).filled(), Side(simulated, table).filled()

    compare(harness(dynamodb_url, awaited=awaited), REQUEST, sides)
