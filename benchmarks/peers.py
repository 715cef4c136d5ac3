"""Peers: what others do with the same work, each in an environment of its own, made when it is first asked for."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Final

from tests.servers.server import Server, Unavailable, as_user, folder_of, free_port

from aett import DefaultAggregateRepository, StateCache
from aett.testing.samples import TOPICS
from benchmarks.appending import NOTE, SECONDS, TENANT, Database, by_one, by_tasks, by_threads, of
from benchmarks.case import Case, Sides
from benchmarks.growing import stream_of
from benchmarks.places import Places
from benchmarks.reading import COMMITS, COUNT, by_get, by_load

EVENTSOURCING: Final = "eventsourcing==9.5.6"
UMADB: Final = "umadb==0.7.8"
SHORT, STREAMS = 10, 50

Ours = Callable[[Database], float]


@cache
def environment(package: str) -> Path:
    """A Python that has this package."""
    folder = Path(f".venv-bench-{package}")
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True)  # noqa: S603  # ours
            install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", package]
            subprocess.run(install, check=True, capture_output=True, timeout=300)  # noqa: S603  # ours
        except (subprocess.SubprocessError, OSError) as error:
            raise Unavailable(f"{package} cannot be installed") from error
        (folder / "ready").touch()
    return python


def _told(package: str, script: str, case: str, where: str) -> float:
    command: list[str | Path] = [environment(package), Path(__file__).with_name(script), case, where, str(SECONDS)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603  # ours


# eventsourcing, both on SQLite


def _executes(database: Database) -> float:
    """Commands a second, on short streams, with a cache of states."""
    with database.made("CommitStore", topic_map=TOPICS) as store:
        ids = [stream_of(store, SHORT).stream_id for _ in range(STREAMS)]
        repository = DefaultAggregateRepository(TENANT, store=store, cache=StateCache(STREAMS))
        count, begin = 0, time.perf_counter()
        while (passed := time.perf_counter() - begin) < SECONDS:
            repository.execute(COUNT, ids[count % STREAMS], NOTE).unwrap()
            count += 1
        return count / passed


def _on_a_filled(read: Callable[[Database, str], float], database: Database) -> float:
    with database.made("CommitStore", topic_map=TOPICS) as store:
        stream = stream_of(store, COMMITS).stream_id
    return read(database, stream)


def _eventsourcing(case: str, places: Places) -> float:
    return _told(EVENTSOURCING, "peer_eventsourcing.py", case, str(places.file()))


@contextmanager
def _beside_eventsourcing(ours: Ours, case: str, places: Places) -> Generator[Sides]:
    environment(EVENTSOURCING)
    database = of("sqlite", str(places.file()))
    yield Sides(partial(ours, database), partial(_eventsourcing, case, places))


# UmaDB


def umadb(folder: Path) -> Server:
    """A server, not yet started."""
    program, port = environment(UMADB).with_name("umadb").absolute(), free_port()
    arguments: list[str | Path] = [program, "--listen", f"127.0.0.1:{port}", "--db-path", folder / "uma.db"]
    url = f"http://127.0.0.1:{port}"

    def answers() -> None:
        look = f"import umadb; umadb.Client({url!r}).head()"
        subprocess.run([environment(UMADB), "-c", look], check=True, capture_output=True)  # noqa: S603  # ours

    return Server(url, as_user(None, arguments, dies_with_us=True), folder_of(None), answers)


@contextmanager
def _beside_umadb(engine: str, ours: Ours, case: str, places: Places) -> Generator[Sides]:
    database = of(engine, places.where(engine))
    yield Sides(partial(ours, database), partial(_told, UMADB, "peer_umadb.py", case, places.umadb))


def _uma(engine: str, what: str, ours: Ours, case: str, target: float) -> Case:
    begin = partial(_beside_umadb, engine, ours, case)
    return Case(name=f"umadb: {engine} {what}", against=f"UmaDB, {case}", begin=begin, target=target)


CASES = (
    *(
        Case(
            name=f"eventsourcing: sqlite {what}",
            against=f"eventsourcing, {case}",
            begin=partial(_beside_eventsourcing, ours, case),
            target=target,
        )
        for what, case, ours, target in (
            ("append", "append", by_one, 1.5),
            ("append, 16 threads", "append by 16", partial(by_threads, threads=16), 5),
            ("read as Commit", "read", partial(_on_a_filled, by_get), 1.5),
            ("load", "load", partial(_on_a_filled, by_load), 8),
            ("execute, with a cache", "execute", _executes, 3),
        )
    ),
    _uma("sqlite", "append", by_one, "append by 1", 1),
    _uma("sqlite", "append, 16 tasks", partial(by_tasks, tasks=16), "append by 16", 1),
    _uma("postgresql", "append, 16 tasks", partial(by_tasks, tasks=16), "append by 16", 1),
    _uma("sqlite", "append, 128 tasks", partial(by_tasks, tasks=128), "append by 128", 1),
    _uma("postgresql", "append, 128 tasks", partial(by_tasks, tasks=128), "append by 128", 1),
    _uma("sqlite", "read as Commit", partial(_on_a_filled, by_get), "read", 1),
    _uma("sqlite", "load", partial(_on_a_filled, by_load), "read", 2),
)
