"""A pytest plugin: fixtures for a service's own tests, and an eye on what `given(...)` has let go.

`aett_place`: where a test's events are, `Settings` for `connect` and `aconnect`; made ready, and removed
  afterwards. A SQLite file of the test's own; with `pytest --aett-url URL`, or AETT_TEST_URL in the environment, a
  table of its own at that URL (in S3, a prefix).
`aett_stores`: called with a `TopicMap`, the stores of that place; closed afterwards. Each call gives others.
`aett_clock`: a clock that stands still, for a repository's `clock`; `aett_clock.advance(seconds=1)` moves it.

A test fails that says what happened by `given(...).when(...)`, and expects nothing of it.

It is a module of its own, and imports aett when a test asks for it: others pay nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from aett import Settings, Stores, TopicMap


class Clock:
    """A clock that stands still until it is moved; called, it tells the time."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """What time it is."""
        return self.now

    def advance(self, **time: float) -> datetime:
        """Move it by so much, as `timedelta` has it: `seconds=1`, `days=30`. What time it is then."""
        self.now += timedelta(**time)
        return self.now


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the tests' events are kept, if not in files."""
    parser.getgroup("aett").addoption(
        "--aett-url",
        default=os.environ.get("AETT_TEST_URL"),
        help="where `aett_place` keeps tests' events, as in postgresql://user@host/name; by default in files",
    )


@pytest.fixture
def aett_place(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Settings]:
    """Where the test's events are."""
    from aett import Settings, TopicMap, connect  # noqa: PLC0415

    url: str | None = request.config.getoption("--aett-url")
    place = Settings(f"sqlite:///{tmp_path / 'aett.db'}") if url is None else _own(url)
    with connect(place, topic_map=TopicMap()) as stores:
        stores.management.initialize()
        yield place
        stores.management.drop()


def _own(url: str) -> Settings:
    from aett import Settings  # noqa: PLC0415

    name = f"test_{uuid4().hex[:16]}"
    if not url.startswith("s3://"):
        return Settings(url, name)
    bucket, _, options = url.partition("?")
    return Settings(f"{bucket.rstrip('/')}/{name}?{options}" if options else f"{bucket.rstrip('/')}/{name}")


@pytest.fixture
def aett_stores(aett_place: Settings) -> Generator[Callable[[TopicMap], Stores]]:
    """The stores of the test's place, for a map."""
    from aett import connect  # noqa: PLC0415

    with ExitStack() as stack:

        def stores(topic_map: TopicMap, **settings: Any) -> Stores:
            return stack.enter_context(connect(aett_place, topic_map=topic_map, **settings))

        yield stores


@pytest.fixture
def aett_clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run the test, then see what it has let go."""
    result = yield  # a test that fails for another reason says that one
    given: Any = sys.modules.get("aett.testing.given")
    if given is not None:
        forgotten = [told for test, told in given.unexpected if test == item.nodeid]
        given.unexpected.clear()
        if forgotten:
            raise AssertionError("\n".join(forgotten))
    return result
