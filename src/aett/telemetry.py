"""Traces and metrics by OpenTelemetry.

1. `instrument()` installs an `Observer` (`aett.ports.observing`) for the whole process. What is done by stores and
   repositories becomes spans: those of stores by the conventions for databases
   (https://opentelemetry.io/docs/specs/semconv/database/), those of repositories around them.
2. Repositories put the context of a trace into the headers of their commits, as `traceparent` and the like, by the
   propagator that is set. Whoever builds commits himself gives them `headers()`.
3. A follower's function is called in a span of its own. With one event it goes on with the trace of whoever
   committed it; with several it is linked to each.
4. Metrics: `db.client.operation.duration`, `aett.commits` by outcome, `aett.commit.events`, `aett.group.size`, and
   `aett.repository.attempts`; by `Telemetry.turned`, for a runner's `observe`, `aett.follower.events`, `.lag` and
   `.turn.duration`.

Providers are OpenTelemetry's global ones, unless others are given.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context, metrics, propagate, trace
from opentelemetry.trace import Link, SpanKind, StatusCode

from aett.core.commit import Commit
from aett.core.headers import Headers
from aett.core.outcome import Failure, Success
from aett.core.recorded import Recorded
from aett.ports.observing import Ended, Operation, observe

if TYPE_CHECKING:
    from aett.application.following.running import Turned

_SYSTEMS: Final = {
    "dynamodb": "aws.dynamodb",
    "mssql": "microsoft.sql_server",
    "s3": "aws.s3",
}
"""What OpenTelemetry calls an engine, where it is not its own name."""

_REPOSITORY: Final = "repository"
_WRITES: Final = frozenset({"commit", "commit_all"})
_TRIED: Final = ContextVar[list[int] | None]("aett.tried", default=None)
"""How many commits the repository's operation that is going on has tried; None if none is."""


def instrument(
    *,
    tracer_provider: trace.TracerProvider | None = None,
    meter_provider: metrics.MeterProvider | None = None,
    names: bool = True,
) -> None:
    """Trace and measure everything that this process does by Aett; again, with other providers.

    names: whether spans say of which tenant and stream; leave them out if they tell of persons.
    """
    observe(lambda: Telemetry(tracer_provider, meter_provider, names=names))


def uninstrument() -> None:
    """Trace and measure no more."""
    observe(None)


def headers() -> Headers:
    """What a commit's headers carry of the trace that is going on: give it to commits that you build yourself."""
    carrier = dict[str, str]()
    propagate.inject(carrier)
    return carrier


class Telemetry:
    """An `Observer` that makes spans and measures; and what tells a runner's turns."""

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
        *,
        names: bool = True,
    ) -> None:
        self._names = names
        self._tracer = trace.get_tracer("aett", _version(), tracer_provider)
        meter = metrics.get_meter("aett", _version(), meter_provider)
        self._duration = meter.create_histogram(
            "db.client.operation.duration", "s", "Duration of what a store was asked."
        )
        self._commits = meter.create_counter("aett.commits", "{commit}", "Commits, by what became of them.")
        self._events = meter.create_histogram("aett.commit.events", "{event}", "Events of a commit.")
        self._group = meter.create_histogram("aett.group.size", "{commit}", "Commits of one transaction.")
        self._attempts = meter.create_histogram(
            "aett.repository.attempts",
            "{attempt}",
            "Commits that a repository tried for one operation.",
        )
        self._lag = meter.create_histogram(
            "aett.follower.lag", "s", "For how long the oldest event of a turn had been stored."
        )
        self._handled = meter.create_counter("aett.follower.events", "{event}", "Events that followers handled.")
        self._turn = meter.create_histogram("aett.follower.turn.duration", "s", "Duration of a follower's turn.")

    def begin(self, operation: Operation) -> Callable[[Ended], object]:
        """A span, current until what is given is called."""
        attributes = _attributes(operation, names=self._names)
        kind = SpanKind.INTERNAL if operation.engine == _REPOSITORY else SpanKind.CLIENT
        span = self._tracer.start_span(f"{operation.engine} {operation.what}", kind=kind, attributes=attributes)
        token = context.attach(trace.set_span_in_context(span))
        counted = self._counting(operation)

        def end(ended: Ended) -> None:
            context.detach(token)
            counted()
            outcome = _outcome(ended.answer)
            if outcome:
                span.set_attribute("aett.outcome", outcome)
            if ended.error is not None:
                span.set_attributes(_error(ended.error))
                span.set_status(StatusCode.ERROR)
            span.end()
            self._measure(operation, ended)

        return end

    def _counting(self, operation: Operation) -> Callable[[], object]:
        """What a repository does is measured by the commits that it tries; call what is given in the end."""
        if operation.engine != _REPOSITORY:
            counting = _TRIED.get()
            if counting is not None and operation.what == "commit":
                counting[0] += 1
            return lambda: None
        tried = [0]
        before = _TRIED.set(tried)

        def ended() -> None:
            _TRIED.reset(before)
            if tried[0]:
                self._attempts.record(tried[0], {"aett.operation": operation.what})

        return ended

    def together(self, count: int) -> None:
        """The size of a group."""
        self._group.record(count)

    def headers(self) -> Headers:
        """The context of the trace that is going on."""
        return headers()

    @contextmanager
    def _span(self, events: Sequence[Recorded[Any]]) -> Generator[None]:
        found = [_context_of(each) for each in events]
        spans = [trace.get_current_span(each).get_span_context() for each in found]
        links = [Link(each) for each in spans if each.is_valid]
        single = found[0] if len(found) == 1 else None
        with self._tracer.start_as_current_span(
            "aett handle",
            context=single,
            kind=SpanKind.CONSUMER,
            links=[] if single is not None else links,
            attributes={"messaging.batch.message_count": len(events), "messaging.system": "aett"},
        ):
            yield

    def handling(self, events: Sequence[Recorded[Any]]) -> AbstractContextManager[object]:
        """A span that goes on with the trace of the event's commit, or is linked to those of several."""
        return self._span(events)

    def turned(self, turned: Turned) -> None:
        """Measure a turn: give it to a runner as `observe`."""
        attributes = {"aett.register": turned.register}
        self._handled.add(turned.events, attributes)
        self._turn.record(turned.seconds, attributes | _error(turned.trouble))
        if turned.lag is not None:
            self._lag.record(turned.lag, attributes)

    def _measure(self, operation: Operation, ended: Ended) -> None:
        if operation.engine == _REPOSITORY:
            return
        attributes = _attributes(operation, names=False) | _error(ended.error)
        self._duration.record(ended.seconds, attributes)
        for commit, what in _written(operation, ended):
            self._commits.add(1, {"db.system.name": _system(operation), "aett.outcome": what})
            if commit is not None:
                self._events.record(len(commit.events))


def _attributes(operation: Operation, *, names: bool) -> dict[str, str]:
    found = {"db.operation.name": operation.what, "db.system.name": _system(operation)}
    if operation.engine == _REPOSITORY:
        found = {"aett.operation": operation.what}
    if names and operation.tenant_id:
        found["aett.tenant_id"] = operation.tenant_id
    if names and operation.stream_id:
        found["aett.stream_id"] = operation.stream_id
    return found


def _system(operation: Operation) -> str:
    return _SYSTEMS.get(operation.engine, operation.engine)


def _outcome(answer: Any) -> str | None:
    if isinstance(answer, Success):
        return "Success"
    return type(answer.failure()).__name__ if isinstance(answer, Failure) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # whatever it is


def _written(operation: Operation, ended: Ended) -> list[tuple[Commit | None, str]]:
    """Each commit of a write, and what became of it."""
    if operation.what not in _WRITES or ended.error is not None:
        return []
    answer: Any = ended.answer
    outcomes: list[Any] = answer if operation.what == "commit_all" else [answer]
    return [(each.unwrap() if isinstance(each, Success) else None, _outcome(each) or "") for each in outcomes]


def _context_of(recorded: Recorded[Any]) -> context.Context:
    carrier = {name: value for name, value in recorded.commit.headers.items() if isinstance(value, str)}
    return propagate.extract(carrier)


def _error(error: BaseException | None) -> dict[str, str]:
    return {} if error is None else {"error.type": type(error).__qualname__}


def _version() -> str:
    try:
        return version("aett")
    except PackageNotFoundError:
        return "unknown"
