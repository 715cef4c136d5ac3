"""The inventory of `examples/`, as a service of its own: by HTTP, and in a real browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import Request, urlopen
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.servers.server import free_port

ROOT = Path(__file__).parents[2]


class Client:
    """Speaks to the service."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str) -> Any:
        with urlopen(f"{self.address}{path}", timeout=30) as answer:  # noqa: S310  # ours
            return json.load(answer)

    def post(self, path: str, count: int, key: UUID | None = None) -> Any:
        """The answer, or the status of its refusal."""
        headers = {"content-type": "application/json", "idempotency-key": str(key or uuid4())}
        request = Request(  # noqa: S310  # ours
            f"{self.address}{path}", json.dumps({"count": count}).encode(), headers
        )
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310  # ours
                return json.load(answer)
        except HTTPError as refused:
            return refused.code


@contextmanager
def running(database: str) -> Generator[Client]:
    """The service, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "examples.inventory.service:app", "--port", str(port)]
    process = subprocess.Popen(  # noqa: S603  # our own program
        [*command, "--log-level", "warning"], cwd=ROOT, env={"INVENTORY": database}
    )
    client = Client(f"http://127.0.0.1:{port}")
    try:
        for _ in range(600):
            try:
                client.get("/health")
                break
            except URLError:
                assert process.poll() is None, "it has ended"
                time.sleep(0.05)
        yield client
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def use(client: Client) -> None:
    """What a user does; nothing was there before."""
    key = uuid4()
    assert client.post("/articles/apples/receive", 10, key) == {"stock": 10}
    assert client.post("/articles/apples/receive", 10, key) == {"stock": 10}, "it took effect twice"
    assert client.post("/articles/apples/receive", 11, key) == 422
    noon = quote(datetime.now(UTC).isoformat())
    assert client.post("/articles/apples/sell", 4) == {"stock": 6}
    assert client.post("/articles/apples/sell", 7) == 409
    assert client.post("/articles/pears/receive", 3) == {"stock": 3}
    assert client.get("/stock") == {"apples": 6, "pears": 3}, "one does not read one's own writes"
    assert client.get(f"/articles/apples?at={noon}") == {"stock": 10, "revision": 1}
    assert client.get("/articles/apples") == {"stock": 6, "revision": 2}
    assert client.get("/health") == {"behind": False, "stopped": False, "held_up": False}


def test_it_runs_at_once_on_sqlite_and_goes_on_where_it_was(tmp_path: Path) -> None:
    database = str(tmp_path / "inventory.db")
    with running(database) as client:
        use(client)
        with urlopen(f"{client.address}/live", timeout=30) as live:  # noqa: S310  # ours
            first = [live.readline().decode().strip() for _ in range(3)]
        assert first[1] == 'data: {"article": "apples", "change": 10}'
    with running(database) as client:
        assert client.get("/stock") == {"apples": 6, "pears": 3}
        assert client.post("/articles/pears/sell", 3) == {"stock": 0}


@pytest.fixture
def a_database(postgresql_url: str) -> Iterator[str]:
    """A database of its own on PostgreSQL's server."""
    name = f"inventory_{uuid4().hex}"
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield urlunsplit(urlsplit(postgresql_url)._replace(path=f"/{name}"))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_it_runs_on_postgresql(a_database: str) -> None:
    with running(a_database) as client:
        use(client)


def test_a_page_in_a_browser_shows_the_stock_as_it_changes(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415  # it takes long

    with running(str(tmp_path / "inventory.db")) as client, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(client.address)
        client.post("/articles/apples/receive", 10)
        expect(page.locator("#stock")).to_have_text("apples10", timeout=30_000)
        client.post("/articles/apples/sell", 4)
        client.post("/articles/pears/receive", 1)
        expect(page.locator("#stock tr").first).to_have_text("apples6", timeout=30_000)
        expect(page.locator("#stock tr").last).to_have_text("pears1", timeout=30_000)
        page.reload()
        expect(page.locator("#stock tr").first).to_have_text("apples6", timeout=30_000)
        browser.close()
