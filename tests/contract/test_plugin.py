"""The pytest plugin, in a service's own tests: in files by default, or on the server that the service uses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = """
import asyncio
from datetime import timedelta

import pytest
from attrs import frozen

from aett import Aggregate, DefaultAggregateRepository, Head, Success, Topic, TopicMap, accept, aconnect


@Topic("booked")
@frozen
class Booked:
    seat: int


TOPICS = TopicMap(Booked)
SEATS = Aggregate(
    name="seats",
    initial=(),
    evolve=lambda seats, event: Success((*seats, event.seat)),
    decide=lambda seats, command: accept(Booked(command)),
)


@pytest.mark.parametrize("again", [1, 2])
def test_a_place_is_ready_and_empty(aett_stores, aett_clock, again):
    stores = aett_stores(TOPICS, page_size=10)
    repository = DefaultAggregateRepository("t", store=stores.commits, clock=aett_clock)
    repository.execute(SEATS, "s", 1).unwrap()
    aett_clock.advance(days=1)
    repository.execute(SEATS, "s", 2).unwrap()
    first, second = stores.commits.get("t", "s")
    assert second.commit_stamp - first.commit_stamp == timedelta(days=1)
    assert aett_stores(TOPICS).commits.head("t", "s").revision == 2


def test_the_same_place_is_awaited(aett_place):
    async def main():
        async with aconnect(aett_place, topic_map=TOPICS) as stores:
            assert not (await stores.commits.head("t", "s")).exists

    asyncio.run(main())
"""


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (path / "test_service.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=path, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603


def passed(ended: subprocess.CompletedProcess[str]) -> bool:
    return ended.returncode == 0 and "3 passed" in ended.stdout


def test_a_services_tests_have_files_of_their_own(tmp_path: Path) -> None:
    ended = run(tmp_path)
    assert passed(ended), ended.stdout


@pytest.mark.parametrize("engine", ["postgresql", "mongodb", "s3"])
def test_a_services_tests_have_tables_of_their_own_on_its_server(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    arguments: Sequence[str] = ["--aett-url", request.getfixturevalue(f"{engine}_url")]
    ended = run(tmp_path, *arguments)
    assert passed(ended), ended.stdout


def test_a_run_that_has_nothing_to_do_with_aett_does_not_import_it(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\n\n\ndef test_other():\n    assert 'aett' not in sys.modules\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_other.py"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    assert "1 passed" in ended.stdout, ended.stdout
