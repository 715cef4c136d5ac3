"""Traces and metrics: what is told, that a trace goes on, and that an observer changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from contextvars import Context
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from till import TILL, TOPICS, PaidIn, Till

from aett import (
    AsyncDefaultAggregateRepository,
    Commit,
    CorruptStorage,
    DefaultAggregateRepository,
    Followers,
    Handler,
    Head,
    Headers,
    Reactor,
    Recorded,
    Runner,
    Stores,
    aconnect,
    connect,
)
from aett.ports import observing
from aett.ports.observing import Ended, Operation
from aett.telemetry import Telemetry, headers, instrument, uninstrument

T = "t"
PAY_IN = TOPICS
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Told:
    """What was told."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader])
        self.tracer = self.tracers.get_tracer("test")

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        return [each for each in self.spans if each.name == name]

    def points(self, name: str) -> list[Any]:
        data: Any = self.reader.get_metrics_data()
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def told() -> Generator[Told]:
    made = Told()
    instrument(tracer_provider=made.tracers, meter_provider=made.meters)
    yield made
    uninstrument()


@pytest.fixture
def stores() -> Generator[Stores]:
    with connect("sqlite://", topic_map=TOPICS) as made:
        yield made


def span_id(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.span_id)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_what_a_store_does_is_a_span_by_the_conventions_for_databases(told: Told, stores: Stores) -> None:
    commit = Head(T, "s").commit(PaidIn(1), commit_id=uuid4(), stamp=NOW)
    stores.commits.commit(commit).unwrap()
    stores.commits.commit(commit)
    assert len(list(stores.commits.get_from(T))) == 1
    first, again, read = told.spans
    assert (first.name, first.kind) == ("sqlite commit", SpanKind.CLIENT)
    assert attributes(first) == {
        "db.system.name": "sqlite",
        "db.operation.name": "commit",
        "aett.tenant_id": T,
        "aett.stream_id": "s",
        "aett.outcome": "Success",
    }
    assert attributes(again)["aett.outcome"] == "DuplicateCommit"
    assert again.status.status_code is StatusCode.UNSET, "a rejection is an outcome"
    assert (read.name, attributes(read)["aett.tenant_id"]) == ("sqlite get_from", T)


def test_names_may_be_left_out(stores: Stores) -> None:
    told = Told()
    instrument(tracer_provider=told.tracers, meter_provider=told.meters, names=False)
    try:
        stores.commits.head(T, "s")
    finally:
        uninstrument()
    (span,) = told.spans
    assert attributes(span) == {"db.system.name": "sqlite", "db.operation.name": "head"}


def test_what_a_repository_does_is_a_span_around_those_of_its_store(told: Told, stores: Stores) -> None:
    repository = DefaultAggregateRepository(T, store=stores.commits)
    repository.execute(TILL, "s", 5).unwrap()
    (around,) = told.named("repository execute")
    assert attributes(around) == {
        "aett.operation": "execute",
        "aett.tenant_id": T,
        "aett.stream_id": "s",
        "aett.outcome": "Success",
    }
    inner = [each for each in told.spans if each is not around]
    assert {each.name for each in inner} == {"sqlite pages", "sqlite commit"}
    assert all(each.parent is not None and each.parent.span_id == span_id(around) for each in inner)


def test_what_is_awaited_is_told_as_well_and_tasks_do_not_mix(told: Told) -> None:
    async def main() -> None:
        async with aconnect("memory://", topic_map=TOPICS) as stores:
            repository = AsyncDefaultAggregateRepository(T, store=stores.commits)
            await asyncio.gather(*(repository.execute(TILL, f"s{number}", 5) for number in range(8)))

    asyncio.run(main())
    found = told.named("repository execute")
    around = {attributes(each)["aett.stream_id"]: span_id(each) for each in found}
    assert len(around) == 8
    for each in told.named("memory commit"):
        assert each.parent is not None
        assert each.parent.span_id == around[attributes(each)["aett.stream_id"]]


def test_an_error_is_told(told: Told) -> None:
    with connect("memory://", topic_map=TOPICS) as memory:
        memory.commits.commit(Head(T, "s").commit(PaidIn(1), commit_id=uuid4(), stamp=NOW)).unwrap()
        records: Any = memory._engine.place
        records._logs[T][0] = records._logs[T][0]._replace(events=b"[")
        with pytest.raises(CorruptStorage):
            list(memory.commits.get_from(T))
    span = told.spans[-1]
    assert (span.name, span.status.status_code) == ("memory get_from", StatusCode.ERROR)
    assert attributes(span)["error.type"] == "CorruptStorage"
    assert not any(event.attributes for event in span.events), "no message: it may hold what is stored"
    (point, *_) = [each for each in told.points("db.client.operation.duration") if "error.type" in each.attributes]
    assert point.attributes["error.type"] == "CorruptStorage"


def test_commits_are_counted_by_outcome(told: Told, stores: Stores) -> None:
    heads, events = [Head(T, f"s{number}") for number in range(3)], (PaidIn(1), PaidIn(2))
    commits = [each.commit(*events, commit_id=uuid4(), stamp=NOW) for each in heads]
    assert len(list(stores.commits.commit_all([*commits, commits[0]]))) == 4
    stores.commits.commit(Head(T, "s0").commit(PaidIn(1), commit_id=uuid4(), stamp=NOW))
    found = {each.attributes["aett.outcome"]: each.value for each in told.points("aett.commits")}
    assert found == {"Success": 3, "DuplicateCommit": 1, "ConflictingCommit": 1}
    (point,) = told.points("aett.commit.events")
    assert (point.count, point.sum) == (3, 6)


def test_a_commit_carries_the_trace_in_which_it_was_made(told: Told, stores: Stores) -> None:
    repository = DefaultAggregateRepository(T, store=stores.commits)
    with told.tracer.start_as_current_span("request") as request:
        repository.execute(TILL, "s", 5, headers={"by": "me"}).unwrap()
        assert headers()["traceparent"].split("-")[1] == trace.format_trace_id(request.get_span_context().trace_id)
    (commit,) = stores.commits.get(T, "s")
    assert commit.headers["by"] == "me"
    assert trace.format_trace_id(request.get_span_context().trace_id) in commit.headers["traceparent"]
    repository.execute(TILL, "s", 1, headers={"traceparent": "mine"}).unwrap()
    *_, last = stores.commits.get(T, "s")
    assert last.headers["traceparent"] == "mine"


def test_a_trace_goes_on_in_followers(told: Told) -> None:
    seen = list[int]()

    def react(_: Recorded[Any]) -> None:
        seen.append(trace.get_current_span().get_span_context().trace_id)

    def handle(_: Sequence[Recorded[Any]], __: Any) -> None:
        seen.append(0)

    reactor = Reactor[Any](name="mail", topics=PAY_IN, react=react)
    handler = Handler[Any, Any](name="rows", topics=PAY_IN, handle=handle)
    with connect("memory://", topic_map=TOPICS) as stores:
        repository = DefaultAggregateRepository(T, store=stores.commits)
        with told.tracer.start_as_current_span("request") as request:
            repository.execute(TILL, "s", 5).unwrap()
            repository.execute(TILL, "s", 6).unwrap()
        telemetry = Telemetry(told.tracers, told.meters)
        with Runner(
            reactor,
            handler,
            store=stores.commits,
            registers=stores.registers,
            tenants=[T],
            begin=stores.transaction,
            observe=telemetry.turned,
        ):
            followers = Followers(T, store=stores.commits, registers=stores.registers)
            end = stores.commits.tail(T).settled
            followers.wait_for(reactor, end, timeout=60)
            followers.wait_for(handler, end, timeout=60)
    asked = request.get_span_context()
    assert [each for each in seen if each] == [asked.trace_id] * 2
    linked = [each for each in told.named("aett handle") if len(each.links) == 2]
    assert linked or len(told.named("aett handle")) == 4, "the handler's come together, or one by one"
    assert all(link.context.trace_id == asked.trace_id for each in linked for link in each.links)
    assert sum(each.value for each in told.points("aett.follower.events")) == 4
    lags = told.points("aett.follower.lag")
    assert {each.attributes["aett.register"] for each in lags} == {"reactor/mail/1", "handler/rows/1"}
    assert all(0 <= each.min <= each.max < 60 * 60 for each in lags)


def test_commits_that_a_repository_has_tried_are_counted(told: Told, stores: Stores) -> None:
    interfering = [PaidIn(1), PaidIn(2)]

    def interfere() -> None:
        commit = stores.commits.head(T, "s").commit(interfering.pop(), commit_id=uuid4(), stamp=NOW)
        stores.commits.commit(commit).unwrap()

    def decide(till: Till, amount: int) -> Any:
        if interfering:
            Context().run(interfere)  # somebody else
        return TILL.decide(till, amount)

    repository = DefaultAggregateRepository(T, store=stores.commits)
    repository.execute(evolve(TILL, decide=decide), "s", 5).unwrap()
    repository.get(TILL, "s").unwrap()
    (point,) = told.points("aett.repository.attempts")
    assert (point.count, point.sum, point.attributes) == (1, 3, {"aett.operation": "execute"})


class Failing:
    """An observer that raises whatever it is told."""

    def begin(self, operation: Operation, /) -> Callable[[Ended], object]:
        raise RuntimeError(operation.what)

    def together(self, count: int, /) -> object:
        raise RuntimeError(count)

    def headers(self) -> Headers:
        raise RuntimeError

    def handling(self, events: Sequence[Recorded[Any]], /) -> AbstractContextManager[object]:
        raise RuntimeError(events)


def _refuses(_: Ended) -> object:
    raise RuntimeError


class FailingAtTheEnd(Failing):
    """An observer that fails later."""

    def begin(self, _: Operation, /) -> Callable[[Ended], object]:
        return _refuses


@pytest.mark.parametrize("observer", [Failing, FailingAtTheEnd])
def test_an_observer_that_fails_changes_nothing(
    observer: Any, stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    observing.observe(observer)
    try:
        with caplog.at_level(logging.ERROR, "aett"):
            DefaultAggregateRepository(T, store=stores.commits).execute(TILL, "s", 5).unwrap()
            with observing.handling([]):
                pass
            observing.together(2)
    finally:
        observing.observe(None)
    assert stores.commits.head(T, "s").exists
    assert {each.message for each in caplog.records} == {"the observer failed"}


def test_an_observer_is_made_when_it_is_first_needed(stores: Stores) -> None:
    made = list[Failing]()

    def make() -> Failing:
        made.append(Failing())
        return made[-1]

    observing.observe(make)
    try:
        assert not made
        stores.commits.head(T, "s")
        stores.commits.head(T, "s")
        assert len(made) == 1
    finally:
        observing.observe(None)


def test_while_there_is_no_observer_a_plan_is_performed_as_it_is(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("nobody observes")

    monkeypatch.setattr(observing, "observed", never)
    monkeypatch.setattr(observing, "_told", never)
    commit = DefaultAggregateRepository(T, store=stores.commits).execute(TILL, "s", 5).unwrap()
    assert isinstance(commit.head, Head)
    assert [type(each) for each in stores.commits.get(T, "s")] == [Commit]
