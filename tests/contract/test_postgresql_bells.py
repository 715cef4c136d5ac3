"""Bells between processes: what PostgreSQL tells of writers, and what is heard of others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from aett import Head
from aett.adapters.postgresql import CommitStore, PersistenceManagement, bells
from aett.ports.bell import listening
from aett.testing.laws.making import make
from aett.testing.samples import TOPICS


@pytest.fixture
def channel() -> str:
    return f"c{uuid4().hex}"


@pytest.fixture
def outside(postgresql_url: str, channel: str) -> Iterator[Callable[[float], list[str]]]:
    """What another process hears in so many seconds."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {channel}".encode())

        def heard(seconds: float) -> list[str]:
            return [each.payload.partition(" ")[2] for each in connection.notifies(timeout=seconds)]

        yield heard


@contextmanager
def ears() -> Generator[list[str]]:
    """What is heard in this process."""
    heard = list[str]()
    with listening(heard.append):
        yield heard


def told(url: str, channel: str, tenant: str) -> None:
    """By another process."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_notify(%s, %s)", (channel, f"0 {tenant}"))


def until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it was not heard"
        time.sleep(0.005)


def test_writers_are_heard_outside_after_they_have_committed(
    postgresql_url: str, channel: str, outside: Callable[[float], list[str]]
) -> None:
    table = f"t{uuid4().hex}"
    with PersistenceManagement(postgresql_url, table=table) as management:
        management.initialize()
        with (
            bells(postgresql_url, channel=channel),
            CommitStore(postgresql_url, topic_map=TOPICS, table=table) as store,
        ):
            for number in range(100):
                store.commit(make(Head("t", f"{number}"), commit_id=uuid4())).unwrap()
            heard = outside(0.5)
        management.drop()
    assert set(heard) == {"t"}
    assert len(heard) < 100, "many writers are told of together"


def test_what_others_tell_rings_here_and_is_not_told_again(
    postgresql_url: str, channel: str, outside: Callable[[float], list[str]]
) -> None:
    with ears() as heard, bells(postgresql_url, channel=channel):

        def tells() -> bool:
            told(postgresql_url, channel, "other")
            return "other" in heard

        until(tells)
        time.sleep(0.1)
        outside(0.1)
        assert outside(0.2) == [], "it is told again"
        told(postgresql_url, channel, "once")
        until(lambda: "once" in heard)
        assert outside(0.2) == ["once"]
        assert heard.count("once") == 1


def test_connections_that_are_lost_are_made_anew(postgresql_url: str, channel: str) -> None:
    def killed() -> bool:
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            statement = f'LISTEN "{channel}"'
            found = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = %s", (statement,)
            )
            return bool(found.fetchall())

    with ears() as heard, bells(postgresql_url, channel=channel):
        until(killed)

        def tells() -> bool:
            told(postgresql_url, channel, "other")
            return "other" in heard

        until(tells)


def test_it_ends_although_there_is_no_server() -> None:
    begun = time.monotonic()
    with bells("postgresql://nobody@127.0.0.1:1/none"):
        time.sleep(0.05)
    assert time.monotonic() - begun < 15
    assert not [each for each in threading.enumerate() if each.name == "aett bells"]
