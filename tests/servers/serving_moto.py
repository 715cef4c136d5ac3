"""Moto's server on loopback, one request after another: it loses writes that race.

Its web server waits a hundredth of a second after each answer, for the rest of what it was sent; here everything
has been read. The service is named, so that none has to be found by looking at all that moto has.

For each action of a transaction it copies the whole table in depth, to be put back if the transaction fails,
and for each query it sorts the whole table. Here only the table's shape is copied, since these transactions put
and delete whole items, and only the partition is sorted: races take seconds instead of minutes.

For each error that it answers it looks at all errors of the service; here it remembers them. Nobody asks it from a
browser, so that its answers need not say who may.
"""

from __future__ import annotations

import copy
import io
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from selectors import EVENT_READ, SelectSelector
from types import SimpleNamespace
from typing import Any

from moto.core import errors
from moto.dynamodb.models.table import Table
from moto.moto_server import werkzeug_app
from werkzeug import serving
from werkzeug.serving import WSGIRequestHandler, run_simple


class NothingLeft(SelectSelector):
    """Finds nothing to be read."""

    def select(self, timeout: float | None = None) -> list[Any]:
        """At once."""
        del timeout
        return []


class Quiet(WSGIRequestHandler):
    """Speaks HTTP 1.1, lets clients keep their connections, and logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_expect_100(self) -> bool:
        """Who asks whether to send is told at once."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def send_header(self, keyword: str, value: str) -> None:
        """The header, unless it closes the connection."""
        if keyword != "Connection":
            super().send_header(keyword, value)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def locked(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The application behind one lock, which is taken when the request's body has come."""
    lock = threading.Lock()

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        with lock:
            answer = application(environ, start_response)
            try:
                return list(answer)
            finally:
                if (close := getattr(answer, "close", None)) is not None:
                    close()

    return call


def copied(table: Any, _: dict[int, Any]) -> Any:
    """The table with the same items; an update within a transaction would be seen in both."""
    other = copy.copy(table)
    other.items = defaultdict(dict, {partition: dict(items) for partition, items in table.items.items()})
    return other


def partitioned(query: Callable[..., Any]) -> Callable[..., Any]:
    """The query of a table that shows it nothing but the partition that it asks for."""

    def call(table: Any, partition: Any, *arguments: Any, **named: Any) -> Any:
        whole = table.items
        table.items = {partition: whole.get(partition, {})}
        try:
            return query(table, partition, *arguments, **named)
        finally:
            table.items = whole

    return call


if __name__ == "__main__":
    tables: Any = Table
    tables.query = partitioned(tables.query)
    tables.__deepcopy__ = copied
    known = errors.ErrorLookupFactory()
    answering: Any = errors
    answering.ErrorLookupFactory = lambda: known
    serving_app: Any = werkzeug_app
    serving_app.DISABLE_GLOBAL_CORS = True
    waiting: Any = serving
    service: Any = sys.argv[2]
    waiting.selectors = SimpleNamespace(DefaultSelector=NothingLeft, EVENT_READ=EVENT_READ)
    run_simple(
        "127.0.0.1",
        int(sys.argv[1]),
        locked(serving_app.create_backend_app(service)),
        threaded=True,
        request_handler=Quiet,
    )
