"""Refusing: what bad input gets, from every method, before anything is written."""
# ruff: noqa: D102  # A test's name is its sentence.

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen

from aett.core.commit import Commit
from aett.core.errors import InvalidCommit, InvalidIdentifier, StoreClosed, UnknownTopic
from aett.core.head import Head
from aett.core.register import Register
from aett.core.snapshot import Snapshot
from aett.core.topic import Topic
from aett.core.topic_map import TopicMap
from aett.testing.clients import Client, Clients
from aett.testing.laws.making import OTHER, STREAM, append, log, make, notes, whole
from aett.testing.samples import START, TOPICS, Booked, Forgotten, Noted, Passenger

BAD_TENANTS: tuple[Any, ...] = ("", "x" * 65, "\u00e9" * 33, "a\0b", "\ud800", 7, None, b"tenant")
BAD_STREAMS: tuple[Any, ...] = ("", "x" * 256, "\u00e9" * 128, "a\0b", "\ud800", 7, None, b"stream")
NAIVE = START.replace(tzinfo=None)


@Topic("sample.noted", version=2, upcasts={1: lambda body: {"words": body["text"].split()}})
@frozen
class Reworded:
    """A note of the next version, with its words apart."""

    words: tuple[str, ...]


def _calls(client: Client, tenant: Any, stream: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every call that names a tenant and a stream."""
    store, snapshots, management = client.commits, client.snapshots, client.management
    yield "get", lambda: list(store.get(tenant, stream))
    yield "get_to", lambda: list(store.get_to(tenant, stream, START))
    yield "pages", lambda: list(store.pages(tenant, stream))
    yield "find", lambda: store.find(tenant, stream, UUID(int=1))
    yield "get backwards", lambda: list(store.get(tenant, stream, backwards=True))
    yield "head", lambda: store.head(tenant, stream)
    yield "snapshots.get", lambda: snapshots.get(tenant, stream)
    yield "purge_stream", lambda: management.purge_stream(tenant, stream)


def _tenant_calls(client: Client, tenant: Any) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every call that names a tenant alone."""
    yield "get_all_to", lambda: list(client.commits.get_all_to(tenant, START))
    yield "get_from", lambda: list(client.commits.get_from(tenant))
    yield "get_from backwards", lambda: list(client.commits.get_from(tenant, backwards=True))
    yield "tail", lambda: client.commits.tail(tenant)
    yield "registers.get", lambda: client.registers.get(tenant, "name")
    yield "registers.names", lambda: list(client.registers.names(tenant))
    yield "purge", lambda: client.management.purge(tenant)


def every_call(client: Client) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every call that there is, with good arguments."""
    yield from _calls(client, *STREAM)
    yield from _tenant_calls(client, STREAM[0])
    yield "commit", lambda: client.commits.commit(make(Head(*STREAM)))
    yield "tenants", lambda: list(client.commits.tenants())
    yield "registers.put", lambda: client.registers.put(Register(STREAM[0], "name"), b"x")
    yield "registers.remove", lambda: client.registers.remove(Register(STREAM[0], "name"))
    yield "snapshots.add", lambda: client.snapshots.add(Snapshot(Head(*STREAM, 1, 1), "f", b"{}"))
    yield "initialize", client.management.initialize
    yield "drop", client.management.drop


def _must_raise(error: type[Exception], name: str, call: Callable[[], object]) -> str:
    try:
        answer = call()
    except error as raised:
        return str(raised)
    raise AssertionError(f"{name} must raise {error.__name__}, but gave {answer!r}")


class Refusing:
    """Tests of bad input."""

    def test_every_method_refuses_a_number_that_is_not_whole(self, clients: Clients) -> None:
        for number in ("1", 1.5, None, True):
            self._refuses_number(clients, number)

    @staticmethod
    def _refuses_number(clients: Clients, number: Any) -> None:
        store, snapshots = clients.one.commits, clients.one.snapshots
        calls: tuple[tuple[str, Callable[[], object]], ...] = (
            ("get", lambda: list(store.get(*STREAM, min_revision=number))),
            ("get", lambda: list(store.get(*STREAM, max_revision=number))),
            ("pages", lambda: list(store.pages(*STREAM, min_revision=number))),
            ("get_from", lambda: list(store.get_from(STREAM[0], number))),
            ("get_from", lambda: list(store.get_from(STREAM[0], max_checkpoint=number))),
            ("snapshots.get", lambda: snapshots.get(*STREAM, max_revision=number)),
        )
        for name, call in calls:
            assert "must be an int" in _must_raise(InvalidCommit, name, call)

    def test_what_is_no_commit_and_no_id_is_refused(self, clients: Clients) -> None:
        anything: Any = "one"
        with pytest.raises(InvalidCommit, match="a Commit, not str"):
            clients.one.commits.commit(anything)
        with pytest.raises(InvalidCommit, match="a UUID, not str"):
            clients.one.commits.find(*STREAM, anything)

    def test_every_method_refuses_a_tenant_out_of_bounds(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"))
        for tenant in BAD_TENANTS:
            for name, call in (*_calls(clients.one, tenant, "stream"), *_tenant_calls(clients.one, tenant)):
                assert "tenant_id" in _must_raise(InvalidIdentifier, f"{name} of {tenant!a}", call)
            with pytest.raises(InvalidIdentifier):
                Head(tenant, "stream")
        assert len(whole(clients.other, STREAM)) == 1

    def test_every_method_refuses_a_stream_out_of_bounds(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"))
        for stream in BAD_STREAMS:
            for name, call in _calls(clients.one, "tenant", stream):
                assert "stream_id" in _must_raise(InvalidIdentifier, f"{name} of {stream!a}", call)
            with pytest.raises(InvalidIdentifier):
                Head("tenant", stream)
        assert len(whole(clients.other, STREAM)) == 1

    def test_identifiers_at_their_limits_are_taken(self, clients: Clients) -> None:
        for name in (
            ("x" * 64, "y" * 255),
            ("\u00e9" * 32, "\u00e9" * 127),
            ("\U0001f6a2" * 16, "\U0001f6a2" * 63),
        ):
            append(clients.one, name, notes("one"))
            assert len(whole(clients.other, name)) == 1

    def test_every_method_refuses_a_naive_time(self, clients: Clients) -> None:
        store = clients.one.commits
        calls: dict[str, Callable[[], object]] = {
            "get_to": lambda: list(store.get_to(*STREAM, NAIVE)),
            "get_all_to": lambda: list(store.get_all_to("tenant", NAIVE)),
            "pages": lambda: list(store.pages(*STREAM, max_time=NAIVE)),
            "commit": lambda: make(Head(*STREAM), stamp=NAIVE),
        }
        for name, call in calls.items():
            assert "naive" in _must_raise(InvalidCommit, name, call)

    def test_an_event_class_that_is_in_no_topic_map_is_refused(self, clients: Clients) -> None:
        with pytest.raises(UnknownTopic, match="Forgotten"):
            clients.one.commits.commit(make(Head(*STREAM), Forgotten("nowhere")))
        assert whole(clients.one, STREAM) == []
        assert log(clients.one, "tenant") == []

    def test_an_unknown_topic_is_named_on_reading_and_other_streams_stay_readable(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"), [Booked(1, Passenger("Ann"))])
        append(clients.one, OTHER, notes("two"))
        narrow = clients.connect(topic_map=TopicMap(Noted))
        reads: dict[str, Callable[[], object]] = {
            "get": lambda: list(narrow.commits.get(*STREAM)),
            "pages": lambda: list(narrow.commits.pages(*STREAM)),
            "get_from": lambda: list(narrow.commits.get_from("tenant")),
        }
        for name, read in reads.items():
            message = _must_raise(UnknownTopic, name, read)
            for part in ("sample.booked", "'tenant'", "'stream'", "2"):
                assert part in message, f"{name} must name {part}, but says: {message}"
        assert [each.bodies for each in whole(narrow, OTHER)] == [notes("two")]
        assert [each.bodies for each in narrow.commits.get(*STREAM, max_revision=1)] == [notes("one")]

    def test_an_old_version_is_upcast_on_reading(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("an old note"))
        newer = clients.connect(topic_map=TopicMap(Reworded))
        expected = (Reworded(("an", "old", "note")),)
        assert [each.bodies for each in whole(newer, STREAM)] == [expected]
        assert [page.bodies for page in newer.commits.pages(*STREAM)] == [expected]

    def test_a_version_that_is_newer_than_the_topic_map_is_refused(self, clients: Clients) -> None:
        newer = clients.connect(topic_map=TopicMap(Reworded))
        append(newer, STREAM, [Reworded(("new",))])
        message = _must_raise(UnknownTopic, "get", lambda: whole(clients.one, STREAM))
        assert "sample.noted" in message
        assert "version 2" in message

    def test_a_newer_version_of_a_topic_that_is_asked_for_is_not_passed_over(self, clients: Clients) -> None:
        append(clients.connect(topic_map=TopicMap(Reworded)), STREAM, [Reworded(("one",))])
        for topics in (TOPICS, ["sample.noted"]):
            with pytest.raises(UnknownTopic, match="version 2 is stored"):
                list(clients.one.commits.get_from(STREAM[0], topics=topics))

    def test_a_joined_topic_map_reads_what_both_wrote(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"))
        wider = clients.connect(topic_map=TOPICS | TopicMap(Forgotten))
        append(wider, OTHER, [Forgotten("not any more")])
        assert [each.bodies for each in whole(wider, STREAM)] == [notes("one")]
        assert [each.bodies for each in whole(wider, OTHER)] == [(Forgotten("not any more"),)]

    def test_a_closed_store_raises_store_closed_from_every_method(self, clients: Clients) -> None:
        append(clients.one, STREAM, notes("one"))
        client = clients.connect()
        assert len(whole(client, STREAM)) == 1
        client.close()
        for name, call in every_call(client):
            _must_raise(StoreClosed, name, call)
        client.close()
        kept: list[Commit] = whole(clients.one, STREAM)
        assert len(kept) == 1

    def test_a_store_that_was_closed_before_its_first_use_stays_closed(self, clients: Clients) -> None:
        client = clients.connect()
        client.close()
        for name, call in every_call(client):
            _must_raise(StoreClosed, name, call)
