"""The `aett` command, as somebody types it, and in pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen
from typer.testing import CliRunner

from aett import (
    Followers,
    Head,
    Projection,
    Reactor,
    Recorded,
    Runner,
    TopicMap,
    connect,
)
from aett.cli.app import app
from aett.core.codec.stored import stored_message
from aett.core.topic import Topic

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@frozen
class Answer:
    """What a command said, and how it ended."""

    status: int
    said: str
    told: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(each) for each in self.said.splitlines()]


Aett = Callable[..., Answer]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'events.db'}"


@pytest.fixture
def aett(url: str, monkeypatch: pytest.MonkeyPatch) -> Aett:
    """Run the command on that store."""
    monkeypatch.setenv("AETT_URL", url)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object, given: bytes | None = None) -> Answer:
        result = CliRunner().invoke(app, [str(each) for each in arguments], input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def filled(url: str) -> str:
    """Two tenants; one has two streams of three commits each."""
    with connect(url, topic_map=TopicMap.stored()) as stores:
        stores.management.initialize()
        for tenant, streams in (("bank", ("account-1", "account-2")), ("shop", ("cart",))):
            for number in range(3):
                for stream in streams:
                    body = b'{"amount":%d}' % number
                    messages = [stored_message("opened" if not number else "paid", 1, body, {"h": number})]
                    commit = stores.commits.head(tenant, stream).commit(
                        *messages, commit_id=uuid4(), stamp=START + timedelta(days=number)
                    )
                    stores.commits.commit(commit).unwrap()
    return url


# Looking


def test_a_store_is_made_ready(aett: Aett) -> None:
    assert aett("tenants").status == 3
    assert aett("init").status == 0
    assert aett("init").status == 0
    assert aett("tenants") == Answer(0, "", "")


@pytest.mark.usefixtures("filled")
def test_tenants_are_listed_with_where_their_logs_end(aett: Aett) -> None:
    assert aett("tenants").lines == [
        {"tenant_id": "bank", "newest": 6, "settled": 6},
        {"tenant_id": "shop", "newest": 9, "settled": 9},
    ]


@pytest.mark.usefixtures("filled")
def test_streams_are_listed(aett: Aett) -> None:
    found = aett("streams", "--tenant", "bank").lines
    assert [(each["stream_id"], each["revision"], each["commits"]) for each in found] == [
        ("account-1", 3, 3),
        ("account-2", 3, 3),
    ]
    assert found[0]["first"] == START.isoformat()
    assert len(aett("streams", "-t", "bank", "account-2").lines) == 1
    assert len(aett("streams", "-t", "bank", "-n", 1).lines) == 1


@pytest.mark.usefixtures("filled")
def test_a_stream_is_shown_as_a_whole_or_as_it_was(aett: Aett) -> None:
    def shown(*options: object) -> list[int]:
        return [each["commit_sequence"] for each in aett("show", "-t", "bank", "account-1", *options).lines]

    assert shown() == [1, 2, 3]
    assert shown("--revision", 2) == [1, 2]
    assert shown("--at", "2026-02-01T12:00:00") == [1, 2]
    assert shown("--at", "2026-02-01T12:00:00", "--backwards", "-n", 1) == [2]
    assert shown("--backwards", "-n", 2) == [3, 2]
    (first, *_) = aett("show", "-t", "bank", "account-1").lines
    assert first["events"] == [{"topic": "opened", "version": 1, "body": {"amount": 0}, "headers": {"h": 0}}]


@pytest.mark.usefixtures("filled")
def test_what_is_not_there_is_status_1(aett: Aett) -> None:
    found = aett("show", "-t", "bank", "account-9")
    assert (found.status, found.said) == (1, "")
    assert "there is no stream 'account-9'" in found.told
    assert aett("show", "-t", "bank", "account-1", "--at", "2020-01-01").status == 1


@pytest.mark.usefixtures("filled")
def test_a_tenant_must_be_named_where_there_are_several(aett: Aett) -> None:
    found = aett("show", "cart")
    assert (found.status, found.said) == (2, "")
    assert "there are several tenants" in found.told


def test_of_an_empty_store_nothing_is_shown(aett: Aett) -> None:
    aett("init")
    assert aett("show", "cart").status == 1


@pytest.mark.usefixtures("filled")
def test_who_looks_at_it_gets_a_table_and_markup_in_data_is_text(aett: Aett, url: str) -> None:
    with connect(url, topic_map=TopicMap.stored()) as stores:
        message = stored_message("[red]topic", 2, b'{"a":"[bold]x[/]"}')
        stores.commits.commit(Head("[b]", "[i]\x1b[31ms").commit(message, commit_id=uuid4(), stamp=START)).unwrap()
    said = aett("show", "-t", "[b]", "[i]\x1b[31ms", "--no-json").said
    words = ["10", "2026-01-31", "12:00:00", r"[i]\x1b[31ms@1", "[red]topic", "v2", '{"a":"[bold]x[/]"}']
    assert said.split() == words
    assert "[b]" in aett("tenants", "--no-json").said
    assert "account-1" in aett("streams", "-t", "bank", "--no-json").said


@pytest.mark.usefixtures("filled")
def test_the_end_of_a_log_is_shown(aett: Aett) -> None:
    def tail(*options: object) -> list[int]:
        return [each["checkpoint"] for each in aett("tail", "-t", "bank", "--no-follow", *options).lines]

    assert tail() == [1, 2, 3, 4, 5, 6]
    assert tail("-n", 2) == [5, 6]
    assert tail("-n", 0) == []
    assert tail("--after", 4) == [5, 6]
    assert tail("--topic", "opened") == [1, 2]
    assert tail("--topic", "opened", "--topic", "paid", "--stream", "account-2") == [2, 4, 6]
    assert "paid" in aett("tail", "-t", "bank", "--no-follow", "--no-json").said


def test_a_long_log_is_shown_as_a_whole(aett: Aett, url: str) -> None:
    with connect(url, topic_map=TopicMap.stored()) as stores:
        stores.management.initialize()
        head = Head("t", "s")
        for _ in range(700):
            commit = head.commit(stored_message("noted", 1, b"{}"), commit_id=uuid4(), stamp=START)
            head = Head.after(stores.commits.commit(commit).unwrap())
    for command in (("tail", "--after", 0, "--no-follow"), ("export",), ("show", "s")):
        assert len(aett(*command).lines) == 700


@pytest.mark.usefixtures("filled")
def test_events_are_counted(aett: Aett) -> None:
    assert aett("stats", "-t", "bank").lines == [
        {"tenant_id": "bank", "topic": "paid", "events": 4, "bytes": 48},
        {"tenant_id": "bank", "topic": "opened", "events": 2, "bytes": 24},
    ]
    assert [each["events"] for each in aett("stats", "--by-day").lines] == [2, 2, 2, 1, 1, 1]


# Keeping


@pytest.mark.usefixtures("filled")
def test_a_store_is_verified_and_what_is_wrong_is_status_1(aett: Aett, tmp_path: Path) -> None:
    found = aett("verify")
    assert found.status == 0
    assert [each["problems"] for each in found.lines] == [[], []]
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(tmp_path / "events.db") as connection:
        connection.execute("DELETE FROM commits WHERE checkpoint = 3")
    connection.close()
    found = aett("verify")
    assert found.status == 1
    assert [len(each["problems"]) for each in found.lines] == [1, 0]


@Topic("opened")
@frozen
class Opened:
    amount: int


@Topic("paid")
@frozen
class Paid:
    amount: int


OPENED = TopicMap(Opened)
BOTH = TopicMap(Opened, Paid)


@pytest.mark.usefixtures("filled")
def test_events_are_verified_by_their_classes_where_a_map_is_named(aett: Aett, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "my_topics", sys.modules[__name__])
    assert aett("verify", "--topics", "my_topics:BOTH").status == 0
    found = aett("verify", "--topics", "my_topics:OPENED")
    assert found.status == 1
    assert "'paid' is not in this TopicMap" in found.lines[0]["problems"][0]
    for wrong in ("my_topics:Paid", "my_topics:nothing", "no_such_module:X", "my_topics"):
        assert aett("verify", "--topics", wrong).status == 2


@pytest.mark.usefixtures("filled")
def test_nothing_is_purged_that_nobody_has_confirmed(aett: Aett) -> None:
    assert aett("purge", "-t", "bank", "account-1", given=b"n\n").status == 1
    assert aett("show", "-t", "bank", "account-1").status == 0
    assert aett("purge", "-t", "bank", "account-1", given=b"y\n").status == 0
    assert aett("show", "-t", "bank", "account-1").status == 1
    assert aett("purge", "-t", "bank", "account-1", "--yes").status == 1
    assert aett("purge", "-t", "shop", "--yes").status == 0
    assert [each["tenant_id"] for each in aett("tenants").lines] == ["bank"]


# Moving


@pytest.mark.usefixtures("filled")
def test_a_store_is_copied_and_copied_again(aett: Aett, url: str, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'target.db'}"
    found = aett("copy", url, target)
    assert found.status == 0
    assert "bank: 6 copied, 0 there before" in found.told
    assert "bank: 0 copied" in aett("copy", url, target).told
    assert without_checkpoints(aett("export", "--url", target)) == without_checkpoints(aett("export"))
    aett("purge", "-u", target, "-t", "shop", "--yes")
    assert "shop: 3 copied" in aett("copy", url, target, "--no-verify").told
    aett("purge", "-u", target, "-t", "bank", "account-1", "--yes")
    found = aett("copy", url, target)
    assert found.status == 1
    assert "stream 'account-1'" in found.told


def without_checkpoints(answer: Answer) -> list[Any]:
    return [{name: value for name, value in line.items() if name != "checkpoint"} for line in answer.lines]


@pytest.mark.usefixtures("filled")
def test_what_is_exported_can_be_imported_by_file_or_pipe(aett: Aett, tmp_path: Path) -> None:
    exported = aett("export")
    for name, give in (("file", None), ("pipe", exported.said.encode())):
        target = f"sqlite:///{tmp_path / name}.db"
        lines = tmp_path / f"{name}.jsonl"
        aett("export", lines)
        arguments = ("import", "-u", target, *(() if give else (lines,)))
        assert "9 imported, 0 there before" in aett(*arguments, given=give).told
        assert "0 imported, 9 there before" in aett(*arguments, given=give).told
        assert without_checkpoints(aett("export", "-u", target)) == without_checkpoints(exported)


@pytest.mark.usefixtures("filled")
def test_cloud_events_are_exported_and_imported(aett: Aett, tmp_path: Path) -> None:
    exported = aett("export", "--cloudevents")
    assert {each["specversion"] for each in exported.lines} == {"1.0"}
    target = f"sqlite:///{tmp_path / 'target.db'}"
    assert aett("import", "-u", target, "--cloudevents", given=exported.said.encode()).status == 0
    assert without_checkpoints(aett("export", "-u", target)) == without_checkpoints(aett("export"))
    other = b'{"specversion":"1.0","id":"1","source":"/till","type":"till.opened","data":{}}'
    assert "name whose they become" in aett("import", "-u", target, "--cloudevents", given=other).told
    assert aett("import", "-u", target, "--cloudevents", "-t", "tills", given=other).status == 0
    (event,) = aett("tail", "-u", target, "-t", "tills", "--no-follow").lines
    assert (event["stream_id"], event["topic"]) == ("/till", "till.opened")
    found = aett("import", "-u", target, "--cloudevents", "-t", "tills", given=other + b"\n[]")
    assert "line 2: the line is no CloudEvent" in found.told


@pytest.mark.usefixtures("filled")
def test_what_cannot_be_imported_is_told_with_its_line(aett: Aett, tmp_path: Path) -> None:
    lines = aett("export").said.splitlines()
    target = f"sqlite:///{tmp_path / 'target.db'}"
    found = aett("import", "-u", target, given="\n".join([lines[0], "", "{}", lines[1]]).encode())
    assert found.status == 2
    assert "line 3: the line is no commit" in found.told
    assert len(aett("export", "-u", target).lines) == 1
    found = aett("import", "-u", target, given=lines[4].encode())
    assert found.status == 1
    assert "stream 'account-1', commit 3 does not fit to what is there" in found.told


# Followers


def _add(state: int, recorded: Recorded[Opened | Paid]) -> int:
    return state + recorded.event.amount


def _refuse(_: Any) -> None:
    raise ValueError("it is refused")


SUM = Projection(name="sum", topics=BOTH, initial=0, project=_add)
MAIL = Reactor[Opened](name="mail", topics=OPENED, react=_refuse, dead_letters=True, attempts=1)


def test_followers_are_listed_rebuilt_and_their_letters_shown(aett: Aett, filled: str) -> None:
    with connect(filled, topic_map=BOTH) as stores:
        followers = Followers("bank", store=stores.commits, registers=stores.registers)
        with Runner(SUM, MAIL, store=stores.commits, registers=stores.registers, tenants=["bank"]):
            end = stores.commits.tail("bank").settled
            followers.wait_for(MAIL, end, timeout=60)
            followers.wait_for(SUM, end, timeout=60)
        found = {each["register"]: each for each in aett("lag", "-t", "bank").lines}
        assert found.keys() == {"projection/sum/1", "reactor/mail/1"}
        assert found["projection/sum/1"]["behind"] <= 2  # the letters come later
        letters = aett("dead-letters", "-t", "bank").lines
        assert [(each["stream_id"], each["error"], each["told"]) for each in letters] == [
            ("account-1", "ValueError", "it is refused"),
            ("account-2", "ValueError", "it is refused"),
        ]
        followers.drop(MAIL, followers.dead_letters(MAIL)[0])
        assert len(aett("dead-letters", "-t", "bank").lines) == 1
        assert aett("rebuild", "-t", "bank", "projection/none").status == 1
        assert aett("rebuild", "-t", "bank", "projection/", given=b"n\n").status == 1
        assert aett("rebuild", "-t", "bank", "projection/", "--yes").status == 0
        assert followers.state(SUM).checkpoint == 0


# Pipes and people


def test_what_is_wrong_with_the_url_is_told_without_secrets(aett: Aett) -> None:
    for url, status in (("ftp://u:secret@h/x", 2), ("postgresql://u:secret@127.0.0.1:1/x", 3)):
        found = aett("tenants", "--url", url)
        assert found.status == status
        assert found.told
        assert "secret" not in found.told + found.said
        assert "Traceback" not in found.told


def test_every_command_explains_itself(aett: Aett) -> None:
    assert "Statuses" in aett("--help").said
    assert aett("--version").said.strip()
    for command in app.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "")
        found = aett(name, "--help")
        assert found.status == 0
        assert "Usage" in found.said


def test_in_a_pipe_there_are_no_colours_and_who_has_read_enough_is_no_error(filled: str) -> None:
    command = f"{sys.executable} -m aett.cli tail -t bank --no-follow"
    environment = {**os.environ, "AETT_URL": filled}
    ended = subprocess.run(  # noqa: S602  # a shell's pipe is what is tried
        f"{command} | head -n 1", shell=True, capture_output=True, env=environment, timeout=60, check=True
    )
    assert json.loads(ended.stdout)["checkpoint"] == 1
    assert b"\x1b" not in ended.stdout
    assert b"Traceback" not in ended.stderr


def test_without_its_extra_the_command_says_what_to_install() -> None:
    code = "import sys; sys.modules['typer'] = None; from aett.cli import main; main()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)  # noqa: S603, PLW1510
    assert ended.returncode == 1
    assert ended.stderr.strip() == b'the aett command needs typer: pip install "aett[cli]"'
