"""Registers: named cells, of which one of several writers of one version wins (L14)."""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

from typing import Any

import pytest

from aett.core.errors import InvalidIdentifier, InvalidRegister
from aett.core.outcome import Failure, Success
from aett.core.register import Overtaken, Register
from aett.testing.clients import PAGE_SIZE, Client, Clients
from aett.testing.laws.making import STREAM, append, notes, whole
from aett.testing.registering import count_in_processes, count_in_tasks, count_in_threads
from aett.testing.strategies import AWKWARD, CONFUSABLE

NAME = ("tenant", "projection/a/1")


def put(client: Client, name: tuple[str, str], payload: bytes) -> Register:
    """Put something into a register, as it is now."""
    match client.registers.put(client.registers.get(*name), payload):
        case Success(register):
            return register
        case refused:
            raise AssertionError(f"L14: nobody else has put anything, but got {refused!r}")


class Registering:
    """Tests of `RegisterStore`."""

    def test_L14_what_was_put_is_there_for_everybody(self, clients: Clients) -> None:
        assert clients.other.registers.get(*NAME) == Register(*NAME)
        assert not clients.other.registers.get(*NAME).exists
        first = put(clients.one, NAME, b"one")
        assert (first.version > 0, first.payload) == (True, b"one")
        assert clients.other.registers.get(*NAME) == first
        second = put(clients.other, NAME, b"")
        assert (second.version, second.payload) == (first.version + 1, b"")
        assert second.exists
        assert clients.one.registers.get(*NAME) == second

    def test_L14_bytes_of_every_kind_come_back(self, clients: Clients) -> None:
        for payload in (bytes(range(256)), b"\0", b"%s :x ' \\ \"", "\U0001f6a2".encode(), b"x" * 100_000):
            put(clients.one, NAME, payload)
            assert clients.other.registers.get(*NAME).payload == payload

    def test_L14_who_has_not_seen_the_last_version_is_told_what_is_there(self, clients: Clients) -> None:
        empty = clients.one.registers.get(*NAME)
        first = put(clients.other, NAME, b"first")
        assert clients.one.registers.put(empty, b"late") == Failure(Overtaken(first))
        second = put(clients.other, NAME, b"second")
        assert clients.one.registers.put(first, b"late") == Failure(Overtaken(second))
        assert clients.one.registers.put(empty, b"late") == Failure(Overtaken(second))
        assert clients.one.registers.remove(first) == Failure(Overtaken(second))
        assert clients.other.registers.get(*NAME) == second

    def test_L14_a_version_of_the_future_is_refused(self, clients: Clients) -> None:
        ahead = Register(*NAME, 7, b"")
        assert clients.one.registers.put(ahead, b"x") == Failure(Overtaken(Register(*NAME)))
        assert clients.one.registers.remove(ahead) == Failure(Overtaken(Register(*NAME)))
        first = put(clients.one, NAME, b"first")
        ahead = Register(*NAME, first.version + 1, b"")
        assert clients.other.registers.put(ahead, b"x") == Failure(Overtaken(first))

    def test_L14_what_was_removed_is_gone_and_none_of_its_versions_comes_back(self, clients: Clients) -> None:
        seen = list[Register]()
        for turn in range(4):
            register = put(clients.one, NAME, b"%d" % turn)
            assert clients.other.registers.remove(register) == Success(Register(*NAME))
            assert clients.one.registers.get(*NAME) == Register(*NAME)
            assert list(clients.one.registers.names("tenant")) == []
            seen.append(register)
        assert len({each.version for each in seen}) == len(seen)
        last = put(clients.other, NAME, b"last")
        for each in seen:
            assert clients.one.registers.put(each, b"late") == Failure(Overtaken(last))
            assert clients.one.registers.remove(each) == Failure(Overtaken(last))
        assert clients.one.registers.get(*NAME) == last

    def test_L14_what_is_not_there_can_be_removed_once_more(self, clients: Clients) -> None:
        empty = Register(*NAME)
        assert clients.one.registers.remove(empty) == Success(empty)
        first = put(clients.one, NAME, b"first")
        assert clients.one.registers.remove(empty) == Failure(Overtaken(first))

    def test_L14_names_are_told_by_what_they_begin_with(self, clients: Clients) -> None:
        own = {f"projection/{each}" for each in range(2 * PAGE_SIZE)} | {"projection", "handler/a", "%", "_"}
        for name in (*own, "x" * 255, "\u00e9" * 100):
            put(clients.one, ("tenant", name), b"x")
        put(clients.one, ("another", "projection/other"), b"x")
        for prefix in (
            "",
            "projection",
            "projection/",
            "projection/1",
            "h",
            "handler/a",
            "%",
            "_",
            "z",
            "x" * 255,
        ):
            names = list(clients.other.registers.names("tenant", prefix))
            expected = sorted(each for each in (*own, "x" * 255, "\u00e9" * 100) if each.startswith(prefix))
            assert sorted(names) == expected, f"L14: names of {prefix!r}"

    def test_L14_names_that_look_alike_are_kept_apart(self, clients: Clients) -> None:
        tenants = list(dict.fromkeys(each for pair in CONFUSABLE for each in pair))
        names = list(dict.fromkeys([*AWKWARD, *tenants]))
        for name in names:
            put(clients.one, ("tenant", name), name.encode())
        for tenant in tenants:
            put(clients.one, (tenant, "register"), tenant.encode())
        for name in names:
            assert clients.other.registers.get("tenant", name).payload == name.encode()
        for tenant in tenants:
            assert clients.other.registers.get(tenant, "register").payload == tenant.encode()
            assert list(clients.other.registers.names(tenant)) == ["register"]
        assert sorted(clients.other.registers.names("tenant")) == sorted(names)

    def test_L14_a_purge_of_the_tenant_removes_its_registers_and_no_others(self, clients: Clients) -> None:
        others = [("another", "a"), ("Tenant", "a"), ("tenant ", "a"), ("tenan_", "a")]
        for name in (NAME, ("tenant", "b"), *others):
            put(clients.one, name, b"x")
        append(clients.one, STREAM, notes("one"))
        clients.one.management.purge_stream(*STREAM)
        assert len(list(clients.other.registers.names("tenant"))) == 2
        clients.one.management.purge("tenant")
        assert list(clients.other.registers.names("tenant")) == []
        assert clients.other.registers.get(*NAME) == Register(*NAME)
        for name in others:
            assert clients.other.registers.get(*name).payload == b"x"
        assert put(clients.other, NAME, b"again").exists

    def test_L14_registers_are_no_commits(self, clients: Clients) -> None:
        put(clients.one, NAME, b"x")
        assert list(clients.one.commits.get_from("tenant")) == []
        assert list(clients.one.commits.tenants()) == []
        append(clients.one, STREAM, notes("one"))
        assert len(whole(clients.other, STREAM)) == 1

    def test_L14_a_name_out_of_bounds_is_refused(self, clients: Clients) -> None:
        bad: tuple[Any, ...] = ("", "x" * 256, "a\0b", "\ud800", 7, None)
        for name in bad:
            with pytest.raises(InvalidIdentifier, match="name"):
                clients.one.registers.get("tenant", name)
        with pytest.raises(InvalidIdentifier, match="tenant_id"):
            clients.one.registers.get("", "name")
        with pytest.raises(InvalidIdentifier, match="tenant_id"):
            list(clients.one.registers.names(""))

    def test_L14_what_is_no_register_and_no_bytes_is_refused(self, clients: Clients) -> None:
        anything: Any = "text"
        with pytest.raises(InvalidRegister, match="bytes, not str"):
            clients.one.registers.put(Register(*NAME), anything)
        with pytest.raises(InvalidRegister, match="Register, not str"):
            clients.one.registers.put(anything, b"x")
        assert list(clients.one.registers.names("tenant")) == []

    def test_L14_one_of_many_writers_wins_each_version(self, clients: Clients) -> None:
        (count_in_tasks if clients.place.awaited else count_in_threads)(clients)

    def test_L14_one_of_many_writers_in_processes_wins_each_version(self, clients: Clients) -> None:
        if clients.traits.processes:
            count_in_processes(clients)
        else:
            count_in_threads(clients)
