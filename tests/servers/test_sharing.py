"""Servers that are shared: one of a kind for all who ask, here and in other processes, stopped in the end."""

from __future__ import annotations

import socket
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.servers.server import Server, Unavailable, as_user, folder_of, free_port
from tests.servers.sharing import Asking, Kind, Shared, Sharing

VARIABLE = "AETT_TEST_OF_SHARING"


class Making:
    """Makes small servers, and counts them."""

    def __init__(self) -> None:
        self.made: list[Server] = []

    def __call__(self, _: Shared) -> Server:
        folder, port = folder_of(None), free_port()
        url = f"http://127.0.0.1:{port}/"
        command: list[str | Path] = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        self.made.append(Server(url, as_user(None, command, dies_with_us=True), folder, lambda: answered(url)))
        return self.made[-1]


def answered(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310  # our own
        return bool(reply.status == 200)


def of_the_small_one(shared: Shared) -> str:
    return shared.url("small")


def none_here(_: Shared) -> Server:
    raise Unavailable("there is none")


def found() -> str:
    return "a small server"


def test_whoever_asks_gets_the_same_server_and_it_is_gone_in_the_end() -> None:
    making = Making()
    with Sharing({"small": Kind(VARIABLE, found, making)}) as sharing, ThreadPoolExecutor(8) as pool:
        asked: list[Shared] = [sharing if number % 2 else Asking(sharing.address) for number in range(8)]
        urls = list(pool.map(of_the_small_one, asked))
        assert set(urls) == {making.made[0].url}
        assert len(making.made) == 1
        assert answered(making.made[0].url)
    with pytest.raises(urllib.error.URLError):
        answered(making.made[0].url)


def test_why_there_is_none_is_told_to_everybody() -> None:
    with Sharing({"absent": Kind(VARIABLE, found, none_here)}) as sharing:
        for each in (sharing, Asking(sharing.address)):
            with pytest.raises(Unavailable, match=f"there is none; {VARIABLE} may name one"):
                each.url("absent")


def test_a_server_that_the_environment_names_is_taken_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://elsewhere")
    with Sharing({"absent": Kind(VARIABLE, found, none_here)}) as sharing:
        assert Asking(sharing.address).url("absent") == "http://elsewhere"


def test_a_server_may_stand_before_another() -> None:
    making = Making()

    def before(shared: Shared) -> Server:
        shared.url("small")
        return making(shared)

    kinds = {"small": Kind(VARIABLE, found, making), "before": Kind(VARIABLE, found, before)}
    with Sharing(kinds) as sharing:
        sharing.url("before")
        assert len(making.made) == 2


def test_who_connects_and_says_nothing_holds_up_nobody() -> None:
    with Sharing({"small": Kind(VARIABLE, found, Making())}) as sharing:
        with socket.create_connection(sharing.address):
            assert sharing.url("small") == Asking(sharing.address).url("small")
