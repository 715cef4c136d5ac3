"""What a new user gets wrong, and what comes back: an error where the mistake is, that says what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import attrs
import pytest
from attrs import define, field, frozen
from till import TILL, TOPICS, WATCH, PaidIn, Till

from aett import (
    AsyncDefaultAggregateRepository,
    AsyncDefaultSagaRepository,
    ConflictDetector,
    DefaultAggregateRepository,
    DefaultSagaRepository,
    Failure,
    Result,
    Saga,
    Success,
    Topic,
    TopicMap,
    UnknownTopic,
    UnsupportedType,
    commutes,
    fold,
)
from aett.adapters import memory
from aett.core.codec.codec import codec_for

ANY_TILL: Any = TILL  # what mypy would refuse is tried


def repository(**more: Any) -> DefaultAggregateRepository:
    kept = memory.Memory()
    return DefaultAggregateRepository("t", store=memory.CommitStore(kept, topic_map=TOPICS), **more)


# Stores


@pytest.mark.parametrize(
    ("made", "store", "told"),
    [
        (
            DefaultAggregateRepository,
            memory.AsyncCommitStore,
            "async store, for a repository whose name begins with",
        ),
        (DefaultSagaRepository, memory.AsyncCommitStore, "async store, for a repository whose name begins with"),
        (AsyncDefaultAggregateRepository, memory.CommitStore, "sync store, for a repository whose name does not"),
        (AsyncDefaultSagaRepository, memory.CommitStore, "sync store, for a repository whose name does not"),
    ],
)
def test_a_store_of_the_other_face_is_refused(made: Any, store: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        made("t", store=store(memory.Memory(), topic_map=TOPICS))


def test_a_snapshot_store_of_the_other_face_is_refused() -> None:
    with pytest.raises(TypeError, match="AsyncSnapshotStore is an async store"):
        repository(snapshot_store=memory.AsyncSnapshotStore(memory.Memory()))
    with pytest.raises(TypeError, match="SnapshotStore is a sync store"):
        AsyncDefaultAggregateRepository(
            "t",
            store=memory.AsyncCommitStore(memory.Memory(), topic_map=TOPICS),
            snapshot_store=memory.SnapshotStore(memory.Memory()),  # type: ignore[arg-type]
        )


# Arguments of repositories


def test_swapped_arguments_are_told() -> None:
    tills: Any = repository()
    calls: list[Callable[[], Any]] = [
        lambda: tills.get("account", TILL),
        lambda: tills.execute("account", TILL, 1),
        lambda: tills.save("account", TILL, PaidIn(1)),
        lambda: tills.get(Till, "account"),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="an Aggregate or a Saga comes first, then the id of a stream; not"):
            call()
    sagas: Any = DefaultSagaRepository("t", store=memory.CommitStore(memory.Memory(), topic_map=TOPICS))
    with pytest.raises(TypeError, match="an Aggregate or a Saga comes first"):
        sagas.transition("saga", WATCH, PaidIn(1))


def test_what_was_not_unwrapped_is_told() -> None:
    tills: Any = repository()
    with pytest.raises(
        TypeError, match=r"till: save takes the Folded that get or execute gave, not Success: unwrap it"
    ):
        tills.save(TILL, tills.get(TILL, "s"), PaidIn(1))
    with pytest.raises(TypeError, match="not Till"):
        tills.save(TILL, Till(), PaidIn(1))


def test_events_in_a_list_are_told() -> None:
    tills: Any = repository()
    with pytest.raises(
        TypeError, match=r"till: save takes events one by one: save\(aggregate, folded, \*events\)"
    ):
        tills.save(TILL, tills.get(TILL, "s").unwrap(), [PaidIn(1)])


@pytest.mark.parametrize("rules", [PaidIn, (PaidIn, PaidIn), [commutes(PaidIn, PaidIn)]])
def test_a_detector_takes_rules(rules: Any) -> None:
    with pytest.raises(TypeError, match=r"takes what commutes\(...\) and conflicts_if\(...\) give"):
        ConflictDetector(rules)


# States


def test_a_class_is_no_initial_state() -> None:
    with pytest.raises(
        TypeError, match=r"till: initial must be a state, as in initial=Till\(\), not the class itself"
    ):
        attrs.evolve(ANY_TILL, initial=Till)
    with pytest.raises(TypeError, match=r"initial must be a state"):
        Saga(name="watch", initial=Till, evolve=WATCH.evolve, react=WATCH.react)  # type: ignore[arg-type]


@define
class Changing:
    content: int = 0
    items: list[int] = field(factory=list[int])


@define(eq=False)
class Mute:
    content: int = 0


@dataclasses.dataclass
class Plain:
    content: int = 0


class Bare:
    def __init__(self) -> None:
        self.content = 0


@pytest.mark.parametrize("made", [Changing, Mute, Plain, Bare])
def test_an_initial_state_that_evolve_changes_is_noticed(made: Callable[[], Any]) -> None:
    def careless(state: Any, _: PaidIn) -> Result[Any, Any]:
        state.content += 1
        return Success(state)

    aggregate = attrs.evolve(ANY_TILL, name="careless", initial=made(), evolve=careless)
    with pytest.raises(TypeError, match="careless: evolve changed the initial state, which all streams share"):
        fold(aggregate, [PaidIn(1)])


def test_a_list_within_the_initial_state_counts() -> None:
    def careless(state: Changing, _: PaidIn) -> Result[Changing, Any]:
        state.items.append(1)
        return Success(Changing(1, [*state.items]))

    aggregate = attrs.evolve(ANY_TILL, name="careless", initial=Changing(), evolve=careless)
    with pytest.raises(TypeError, match="careless: evolve changed the initial state"):
        fold(aggregate, [PaidIn(1)])


def test_a_changing_state_that_evolve_leaves_alone_is_fine() -> None:
    def careful(state: Changing, event: PaidIn) -> Result[Changing, Any]:
        return Success(Changing(state.content + event.amount))

    aggregate = attrs.evolve(ANY_TILL, name="careful", initial=Changing(), evolve=careful)
    assert fold(aggregate, [PaidIn(1), PaidIn(2)]) == Success(Changing(3))


def test_no_state_is_no_state() -> None:
    forgetful: Any = attrs.evolve(ANY_TILL, evolve=lambda *_: Success(None))
    with pytest.raises(TypeError, match=r"till: evolve gave Success\(None\) for the PaidIn at revision 1"):
        fold(forgetful, [PaidIn(1)])
    allowed: Any = attrs.evolve(forgetful, state=Till | None)
    assert fold(allowed, [PaidIn(1)]) == Success(None)


def test_events_of_another_aggregate_in_a_stream_are_told_as_such() -> None:
    lost: Any = attrs.evolve(ANY_TILL, evolve=lambda *_: None)
    with pytest.raises(
        TypeError, match=r"till: evolve must give .* for the PaidIn at revision 1: .*two kinds share"
    ):
        fold(lost, [PaidIn(1)])


# Events


@Topic("mistakes.define")
@define
class Defined:
    n: int


@Topic("mistakes.dataclass")
@dataclasses.dataclass
class Data:
    n: int


@pytest.mark.parametrize("cls", [Defined, Data])
def test_events_that_are_not_frozen_are_refused(cls: type) -> None:
    with pytest.raises(
        UnsupportedType, match=rf"{cls.__name__} is not frozen, and what has happened does not change"
    ):
        TopicMap(cls)


@Topic("mistakes.tuple")
class Row(NamedTuple):
    n: int


@Topic("mistakes.frozen_dataclass")
@dataclasses.dataclass(frozen=True)
class FrozenData:
    n: int


@Topic("mistakes.nothing")
@frozen
class Nothing:
    pass


def test_events_that_are_frozen_in_any_way_are_taken() -> None:
    assert len(TopicMap(Row, FrozenData, Nothing)) == 3


@Topic("mistakes.annotated")
class Model:
    """As pydantic's models look to us."""

    n: int


def test_a_class_of_another_library_is_told_what_to_use() -> None:
    with pytest.raises(UnsupportedType, match=r"Model cannot be stored .*: use attrs.frozen or dataclass"):
        TopicMap(Model)


def test_a_command_that_is_saved_is_told() -> None:
    tills: Any = repository()
    folded = tills.get(TILL, "s").unwrap()
    plain: Any = attrs.evolve(ANY_TILL, evolve=lambda state, _: Success(state))
    with pytest.raises(UnknownTopic, match=r"is not in this TopicMap: add it \(if it is an event; a command is"):
        tills.save(plain, folded, Nothing(), commit_id=uuid4())


@frozen
class Two:
    one: int
    other: int


@frozen
class TwoSpecially:
    one: int
    other: int = field(converter=int)


@pytest.mark.parametrize("cls", [Two, TwoSpecially])
def test_an_attribute_that_was_added_says_what_helps(cls: type) -> None:
    with pytest.raises(ValueError, match="default, or raise the topic.s version and give an upcast"):
        codec_for(cls).decode(b'{"one":1}')


def test_a_rejection_is_told_as_not_unwrapped_too() -> None:
    tills: Any = repository()
    with pytest.raises(TypeError, match="not Failure: unwrap it"):
        tills.save(TILL, Failure("no"), PaidIn(1))


# Other event loops


@pytest.mark.parametrize(
    "place", ["postgresql://h/d", "mysql://h/d", "mongodb://h/d", "dynamodb://eu-west-1", "s3://bucket", "sqlite"]
)
def test_where_asyncio_does_not_run_one_is_told_what_to_do(place: str, tmp_path: Path) -> None:
    name, found, _ = place.partition("://")
    store = import_module(f"aett.adapters.{name}").AsyncCommitStore(
        place if found else tmp_path / "events.db", topic_map=TOPICS
    )
    waiting = store.find("tenant", "stream", uuid4())
    with pytest.raises(RuntimeError, match="work on asyncio.*such as trio, use the sync stores"):
        waiting.send(None)  # as trio would
