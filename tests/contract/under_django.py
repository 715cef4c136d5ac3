"""A program: events beside a business table, within Django's `atomic`. Prints, as JSON, what is there in the end.

    python under_django.py <engine> <URL or path> <table>

A program of its own, because Django is configured once for each process.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from aett import Head, Register
from aett.testing.laws.making import make
from aett.testing.samples import TOPICS

django: Any = import_module("django")  # it has no types
conf: Any = import_module("django.conf")
db: Any = import_module("django.db")


class _Fails(Exception):  # a block's own
    """Of the block's own."""


def _database(engine: str, place: str) -> dict[str, Any]:
    if engine == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": place}
    url = urlsplit(place)
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": url.path.strip("/"),
        "USER": url.username,
        "HOST": url.hostname,
        "PORT": url.port,
    }


def _write(module: Any, table: str, name: str) -> None:
    with db.connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table}_business VALUES (%s)", [name])
    with module.transaction(db.connection.connection, table=table) as tx:  # a savepoint of Django's transaction
        store = tx.commit_store(topic_map=TOPICS)
        store.commit(make(Head("t", name), commit_id=uuid4())).unwrap()
        tx.registers().put(Register("t", name), b"x").unwrap()


def main(engine: str, place: str, table: str) -> None:
    """Once kept, once undone."""
    conf.settings.configure(DATABASES={"default": _database(engine, place)}, USE_TZ=True)
    django.setup()
    module: Any = import_module(f"aett.adapters.{engine}")
    with module.PersistenceManagement(place, table=table) as management:
        management.initialize()
    with db.connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table}_business (name VARCHAR(20))")
    with db.transaction.atomic():
        _write(module, table, "kept")
    with suppress(_Fails), db.transaction.atomic():
        _write(module, table, "undone")
        raise _Fails
    with db.connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM {table}_business")
        business = [name for (name,) in cursor.fetchall()]
    with module.CommitStore(place, topic_map=TOPICS, table=table) as store:
        streams = [each.stream_id for each in store.get_from("t")]
    with module.RegisterStore(place, table=table) as registers:
        names = list(registers.names("t"))
    print(json.dumps({"business": business, "streams": streams, "registers": names}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
