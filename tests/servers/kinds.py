"""The kinds of servers that tests ask for."""

from __future__ import annotations

from typing import Final, NoReturn

from tests.servers import amazon, dynamodb, mariadb, mongodb, pgbouncer, postgresql
from tests.servers.server import Unavailable
from tests.servers.sharing import Kind


def _no_sql_server(_: object = None) -> NoReturn:
    raise Unavailable("no SQL Server can be started here; AETT_TEST_MSSQL takes DRIVER=...;SERVER=...")


KINDS: Final = {
    "postgresql": Kind("AETT_TEST_POSTGRESQL", postgresql.found, lambda _: postgresql.postgresql()),
    "pgbouncer": Kind(
        "AETT_TEST_PGBOUNCER", pgbouncer.found, lambda shared: pgbouncer.pgbouncer(shared.url("postgresql"))
    ),
    "mysql": Kind("AETT_TEST_MYSQL", mariadb.found, lambda _: mariadb.mariadb()),
    "mssql": Kind("AETT_TEST_MSSQL", _no_sql_server, _no_sql_server),
    "mongodb": Kind("AETT_TEST_MONGODB", mongodb.found, lambda _: mongodb.mongodb()),
    "dynamodb": Kind("AETT_TEST_DYNAMODB", dynamodb.found, lambda _: dynamodb.dynamodb()),
    "s3": Kind(
        "AETT_TEST_S3", amazon.found, lambda _: amazon.amazon("s3", "s3://aett?region=us-east-1&endpoint_url={}")
    ),
}
