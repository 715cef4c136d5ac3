"""What is being done, told to who traces and measures it; `aett.telemetry` does so by OpenTelemetry.

1. One observer may be installed, for the whole process, by `observe`; what makes it is called when it is first
   needed. While there is none, all of this is one look at a name.
2. Stores and repositories perform plans, so a plan is what is observed: `observed` is the same plan, with the
   observer told before it begins and when it has ended. It serves both faces, and every engine.
3. A repository asks the observer for headers of its commits (`carried`), and who handles events of the log enters
   what it makes of them (`handling`): so a trace goes on.
4. What an observer raises is logged, and changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from typing import Any, Final, Protocol, TypeVar, cast

from attrs import frozen

from aett.core.headers import EMPTY, Headers
from aett.core.logs import logger
from aett.core.plan import Plan
from aett.core.recorded import Recorded

T = TypeVar("T")

_LOG: Final = logger("observing")
_NOTHING: Final = nullcontext()


@frozen
class Operation:
    """What a store or a repository is asked to do.

    what: the name of its method, as `commit`. engine: the store's, as `sqlite`; `repository` for a repository.
    stream_id: if it is about one.
    """

    what: str
    engine: str
    tenant_id: str = ""
    stream_id: str = ""


@frozen
class Ended:
    """How an operation ended. seconds: it took. answer: what it gave, or error: what it raised."""

    seconds: float
    answer: object = None
    error: BaseException | None = None


class Observer(Protocol):
    """Is told what is being done, in the thread or task that does it."""

    def begin(self, operation: Operation, /) -> Callable[[Ended], object]:
        """It begins; what is given is called when it has ended."""
        ...

    def together(self, count: int, /) -> object:
        """So many commits are written in one transaction."""
        ...

    def headers(self) -> Headers:
        """What the headers of a commit that is made now say of what it is made in."""
        ...

    def handling(self, events: Sequence[Recorded[Any]], /) -> AbstractContextManager[object]:
        """Is entered while a follower's function handles these events."""
        ...


def operation(store: object, what: str, about: object) -> Operation:
    """What this store is asked. about: a tenant and perhaps a stream, or a value that names them."""
    engine = type(store).__module__.removeprefix("aett.adapters.").partition(".")[0]
    if isinstance(about, tuple):
        return Operation(what, engine, *cast("tuple[str, ...]", about))
    named = getattr(about, "head", about)
    return Operation(what, engine, getattr(named, "tenant_id", ""), getattr(named, "stream_id", ""))


def of_repository(what: str, tenant_id: str, about: object) -> Operation:
    """What a repository is asked. about: the name of a stream, or what was folded of it."""
    stream_id = about if isinstance(about, str) else getattr(getattr(about, "head", None), "stream_id", "")
    return Operation(what, "repository", tenant_id, stream_id)


class Observation:
    """The observer of this process, if there is one."""

    def __init__(self) -> None:
        self.on = False
        self._make: Callable[[], Observer] | None = None
        self._made: Observer | None = None

    def install(self, make: Callable[[], Observer] | None) -> None:
        """Tell what this makes, from now on; None: nobody."""
        self.on, self._make, self._made = make is not None, make, None

    @property
    def observer(self) -> Observer | None:
        """It, made at its first use."""
        if self._made is None and self._make is not None:
            self._made = self._make()
        return self._made


OBSERVATION: Final = Observation()


def observe(make: Callable[[], Observer] | None) -> None:
    """Install an observer, for the whole process; what makes it is called when it is first needed. None: none."""
    OBSERVATION.install(make)


def observed(plan: Plan[T], operation: Operation) -> Plan[T]:
    """The same plan; the observer is told of it."""
    ends = _told(lambda observer: observer.begin(operation))
    begun = time.perf_counter()
    try:
        answer = yield from plan
    except BaseException as error:
        _end(ends, Ended(time.perf_counter() - begun, error=error))
        raise
    _end(ends, Ended(time.perf_counter() - begun, answer))
    return answer


def together(count: int) -> None:
    """So many commits are written in one transaction."""
    if OBSERVATION.on:
        _told(lambda observer: observer.together(count))


def carried(headers: Headers) -> Headers:
    """These headers, and what the observer has a commit carry; what is said already stays."""
    if not OBSERVATION.on:
        return headers
    more = _told(lambda observer: observer.headers()) or EMPTY
    return {**more, **headers} if more else headers


def handling(events: object) -> AbstractContextManager[object]:
    """Entered while a follower's function handles an event, or several."""
    return _handling(events) if OBSERVATION.on else _NOTHING


@contextmanager
def _handling(events: object) -> Generator[None]:
    several: Any = (events,) if isinstance(events, Recorded) else events
    with ExitStack() as stack:
        _told(lambda observer: stack.enter_context(observer.handling(several)))
        yield


def _end(ends: Callable[[Ended], object] | None, ended: Ended) -> None:
    if ends is not None:
        _told(lambda _: ends(ended))


def _told(what: Callable[[Observer], T]) -> T | None:
    try:
        observer = OBSERVATION.observer
        return None if observer is None else what(observer)
    except Exception:  # noqa: BLE001  # of an observer of the user's
        with suppress(Exception):
            _LOG.exception("the observer failed")
        return None
