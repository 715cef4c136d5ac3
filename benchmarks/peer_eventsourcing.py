"""What eventsourcing does, on SQLite: a script for an environment of its own. `python THIS CASE FILE SECONDS`."""

import sys
import threading
import time
from importlib import import_module
from typing import Any

COMMITS, SHORT, STREAMS = 10_000, 10, 50
TEXT = "x" * 100

domain: Any = import_module("eventsourcing.domain")
application: Any = import_module("eventsourcing.application")


class Notes(domain.Aggregate):  # type: ignore[misc]  # it is not installed where this is checked
    """Counts the letters of its notes."""

    def __init__(self) -> None:
        self.count = 0

    @domain.event("Noted")  # type: ignore[untyped-decorator]  # likewise
    def note(self, text: str, urgent: int, tags: tuple[str, ...]) -> None:  # noqa: ARG002  # as our event has it
        """Take a note."""
        self.count += len(text)


class App(application.Application):  # type: ignore[misc]  # likewise
    """Saves them."""


def _each(seconds: float, work: Any) -> float:
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        work(count)
        count += 1
    return count / (time.perf_counter() - begin)


def _append(app: Any, seconds: float) -> float:
    notes = Notes()

    def write(_: int) -> None:
        notes.note(TEXT, 0, ())
        app.save(notes)

    return _each(seconds, write)


def _append_by_16(app: Any, seconds: float) -> float:
    rates = [0.0] * 16

    def work(number: int) -> None:
        rates[number] = _append(app, seconds)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sum(rates)


def _filled(app: Any, count: int) -> Any:
    notes = Notes()
    for number in range(count):
        notes.note(TEXT, 0, ())
        if number % 100 == 0:
            app.save(notes)
    app.save(notes)
    return notes.id


def _read(app: Any, _: float) -> float:
    found = _filled(app, COMMITS)
    begin = time.perf_counter()
    count = sum(1 for _ in app.events.get(found))
    return count / (time.perf_counter() - begin)


def _load(app: Any, _: float) -> float:
    found = _filled(app, COMMITS)
    begin = time.perf_counter()
    app.repository.get(found)
    return COMMITS / (time.perf_counter() - begin)


def _execute(app: Any, seconds: float) -> float:
    ids = [_filled(app, SHORT) for _ in range(STREAMS)]

    def work(number: int) -> None:
        notes = app.repository.get(ids[number % STREAMS])
        notes.note(TEXT, 0, ())
        app.save(notes)

    return _each(seconds, work)


CASES = {"append": _append, "append by 16": _append_by_16, "read": _read, "load": _load, "execute": _execute}

if __name__ == "__main__":
    case, file, seconds = sys.argv[1:]
    settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": file, "SQLITE_LOCK_TIMEOUT": "30"}
    print(CASES[case](App(env=settings), float(seconds)))  # noqa: T201  # its answer
