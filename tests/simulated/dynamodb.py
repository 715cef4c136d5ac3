"""A simulated DynamoDB: a dict of items with its conditional writes, and the expressions that the plans use."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any, Self

from aett.adapters.aws.call import Call, Refused
from aett.adapters.dynamodb.items import counter_key, listed_key
from aett.adapters.store.pause import Pause
from aett.core.plan import Step

_CANCELLED = "TransactionCanceledException"
_FAILED = "ConditionalCheckFailedException"


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    return int(value) if kind == "N" else value


def _holds(condition: str | None, item: Mapping[str, Any] | None, values: Mapping[str, Any]) -> bool:
    if not condition:
        return True
    return any(_all_hold(each, item or {}, values) for each in condition.split(" OR "))


def _all_hold(condition: str, there: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    for clause in condition.split(" AND "):
        if match := re.fullmatch(r"attribute_(not_)?exists\((\w+)\)", clause):
            if (match[2] in there) == bool(match[1]):
                return False
            continue
        name, operator, variable = clause.split()
        if name not in there:
            return False
        one, other = _value(there[name]), _value(values[variable])
        if not {"=": one == other, "<": one < other}[operator]:
            return False
    return True


class SimulatedDynamo:
    """What the engine's requests do, at once and one after another.

    listed: a tenant that has written before. most: items in an answer, as the service's bytes are limited; the
      next answer goes on where it ended. remembers: which transactions with a token were done, as the service does
      for ten minutes; who does without keeps the laws after those, too.
    """

    def __init__(self, listed: str | None = "t", most: int = 1000, *, remembers: bool = False) -> None:
        self._most = most
        self._remembers = remembers
        self._table: Mapping[str, Any] | None = None
        self._items: dict[tuple[str, str], Mapping[str, Any]] = {}
        if listed is not None:
            for key in (listed_key(listed), counter_key(listed)):
                self._items[_place(key)] = {**key, "listed": {"N": "1"}}
        self._tokens: frozenset[str] = frozenset()

    def copy(self) -> Self:
        other = type(self)(most=self._most, remembers=self._remembers)
        other._items, other._tokens, other._table = dict(self._items), self._tokens, self._table
        return other

    def key(self) -> Hashable:
        return repr((sorted(self._items.items()), sorted(self._tokens)))

    def __call__(self, step: Step[Any], /) -> Any:
        return self.perform(step)

    def perform(self, step: Step[Any]) -> Any:
        if isinstance(step, Pause):
            return None
        assert isinstance(step, Call)
        answer = getattr(self, f"_{step.method}")(step.arguments)
        assert not isinstance(answer, Refused) or answer.code in step.refusals, answer
        return answer

    def _get_item(self, arguments: Mapping[str, Any]) -> Any:
        assert arguments["ConsistentRead"]
        found = self._items.get(_place(arguments["Key"]))
        return {} if found is None else {"Item": found}

    def _put_item(self, arguments: Mapping[str, Any]) -> Any:
        return {} if self._put(arguments) else Refused(_FAILED)

    def _delete_item(self, arguments: Mapping[str, Any]) -> Any:
        return {} if self._delete(arguments) else Refused(_FAILED)

    def _update_item(self, arguments: Mapping[str, Any]) -> Any:
        place = _place(arguments["Key"])
        item = self._items.get(place)
        if not _holds(arguments.get("ConditionExpression"), item, arguments.get("ExpressionAttributeValues", {})):
            return Refused(_FAILED)
        changed = dict(item or arguments["Key"])
        match arguments["UpdateExpression"].split():
            case ["ADD", name, variable]:
                before = _value(changed.get(name, {"N": "0"}))
                changed[name] = {"N": str(before + _value(arguments["ExpressionAttributeValues"][variable]))}
            case ["SET", name, "=", other]:
                changed[name] = arguments.get("ExpressionAttributeValues", {}).get(other) or changed[other]
            case other:
                raise ValueError(other)
        self._items[place] = changed
        return {"Attributes": changed}

    def _query(self, arguments: Mapping[str, Any]) -> Any:
        assert arguments["ConsistentRead"]
        partition, low, high = (
            _value(arguments["ExpressionAttributeValues"][f":{name}"]) for name in ("pk", "low", "high")
        )
        forward = arguments["ScanIndexForward"]
        within = (place for place in self._items if place[0] == partition and low <= place[1] <= high)
        places = sorted(within, reverse=not forward)
        if begin := arguments.get("ExclusiveStartKey"):
            start = _place(begin)  # in the order, whether anything is there any more
            places = [each for each in places if (each > start if forward else each < start)]
        page = places[: min(arguments.get("Limit", self._most), self._most)]
        answer = {"Items": [self._items[place] for place in page]}
        if len(page) == len(places):
            return answer
        pk, sk = page[-1]
        return {**answer, "LastEvaluatedKey": {"pk": {"S": pk}, "sk": {"S": sk}}}

    def _batch_get_item(self, arguments: Mapping[str, Any]) -> Any:
        ((table, wanted),) = arguments["RequestItems"].items()
        assert wanted["ConsistentRead"]
        now, later = wanted["Keys"][: self._most], wanted["Keys"][self._most :]
        found = (self._items.get(_place(key)) for key in now)
        left = {"UnprocessedKeys": {table: {**wanted, "Keys": later}}} if later else {}
        return {"Responses": {table: [each for each in found if each is not None]}, **left}

    def _transact_write_items(self, arguments: Mapping[str, Any]) -> Any:
        token = arguments.get("ClientRequestToken")
        if token in self._tokens:
            return {}
        before, reasons = dict(self._items), list[str]()
        for action in arguments["TransactItems"]:
            ((kind, what),) = action.items()
            done = {"Put": self._put, "Delete": self._delete, "ConditionCheck": self._checked}[kind](what)
            reasons.append("None" if done else "ConditionalCheckFailed")
        if set(reasons) != {"None"}:
            self._items = before
            return Refused(_CANCELLED, tuple(reasons))
        if self._remembers and token is not None:
            self._tokens |= {token}
        return {}

    def _create_table(self, arguments: Mapping[str, Any]) -> Any:
        self._table = {**arguments, "TableStatus": "ACTIVE"}
        return {}

    def _describe_table(self, arguments: Mapping[str, Any]) -> Any:
        del arguments
        return Refused("ResourceNotFoundException") if self._table is None else {"Table": self._table}

    def _delete_table(self, arguments: Mapping[str, Any]) -> Any:
        del arguments
        self._table = None
        self._items.clear()
        return {}

    def _checked(self, what: Mapping[str, Any]) -> bool:
        item = self._items.get(_place(what.get("Key") or what["Item"]))
        return _holds(what.get("ConditionExpression"), item, what.get("ExpressionAttributeValues", {}))

    def _put(self, what: Mapping[str, Any]) -> bool:
        if not self._checked(what):
            return False
        self._items[_place(what["Item"])] = what["Item"]
        return True

    def _delete(self, what: Mapping[str, Any]) -> bool:
        if not self._checked(what):
            return False
        self._items.pop(_place(what["Key"]), None)
        return True


def _place(key: Mapping[str, Any]) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]
