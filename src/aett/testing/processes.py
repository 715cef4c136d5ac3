"""Processes: work done by other processes, with errors that surface and ends that come.

They are forked from a server of `multiprocessing` (spawned where there is none), never from this process, whose
threads, locks and connections no other process should inherit. What the server has imported they need not import:
`multiprocessing.set_forkserver_preload`, called before any process is started, makes suites faster.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self, TypeAlias

from attrs import frozen


@frozen
class Talk:
    """With the parent, before the work is done."""

    connection: Connection

    def tell(self, value: object) -> None:
        """Send a value."""
        self.connection.send((None, value))

    def is_spoken_to(self) -> bool:
        """Whether the parent has sent something."""
        return self.connection.poll()

    def listen(self) -> Any:
        """What the parent has sent."""
        return self.connection.recv()


Work: TypeAlias = tuple[Any, ...]
"""A function that can be imported, and its arguments after the first, which is a `Talk`."""

_CONTEXT: Any = multiprocessing.get_context(
    "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
)
_START_SECONDS = 120.0


class Processes:
    """A process for each work; all begin at once, when all have started. On leaving, all are killed."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._works = works
        self._running: list[tuple[BaseProcess, Connection]] = []

    def __enter__(self) -> Self:
        """Start them, and let them begin."""
        try:
            for work in self._works:
                ours, theirs = _CONTEXT.Pipe()
                process = _CONTEXT.Process(target=_child, args=(theirs, dict(os.environ), *work), daemon=True)
                process.start()
                theirs.close()
                self._running.append((process, ours))
            for index in range(len(self._running)):
                self.receive(index, _START_SECONDS)
            for _, connection in self._running:
                connection.send("begin")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill whoever is left."""
        self._end()

    def receive(self, index: int, seconds: float) -> Any:
        """The next value that a process sends; its error is raised here, and so is its silence."""
        process, connection = self._running[index]
        if not connection.poll(seconds):
            raise TimeoutError(f"process {index} said nothing for {seconds} s")
        try:
            error, value = connection.recv()
        except EOFError as gone:
            process.join(1)
            raise RuntimeError(f"process {index} died with exit code {process.exitcode}") from gone
        if error is not None:
            raise AssertionError(f"process {index} failed:\n{error}")
        return value

    def results(self, seconds: float) -> list[Any]:
        """What each work gave, within so many seconds for all."""
        end = time.monotonic() + seconds
        return [self.receive(index, max(end - time.monotonic(), 0.1)) for index in range(len(self._running))]

    def send(self, index: int, value: object) -> None:
        """Say something to a process."""
        self._running[index][1].send(value)

    def kill(self, index: int) -> None:
        """End a process where it stands (SIGKILL where there are signals)."""
        process, _ = self._running[index]
        process.kill()
        process.join(_START_SECONDS)

    def _end(self) -> None:
        for process, connection in self._running:
            process.kill()
            process.join(_START_SECONDS)
            process.close()
            connection.close()
        self._running.clear()


def _child(connection: Connection, environment: dict[str, str], work: Callable[..., Any], *arguments: Any) -> None:
    os.environ.clear()
    os.environ.update(environment)
    connection.send((None, "ready"))
    connection.recv()
    answer: tuple[str | None, object]
    try:
        answer = (None, work(Talk(connection), *arguments))
    except BaseException:  # noqa: BLE001  # whatever it is, the parent must hear of it
        answer = (traceback.format_exc(), None)
    connection.send(answer)
    connection.close()
