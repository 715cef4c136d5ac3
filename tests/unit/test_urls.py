"""URLs that name a place: what they say reaches the drivers, what is wrong is told, no secret is. No server."""

from __future__ import annotations

import socket
import ssl
from importlib import import_module
from traceback import format_exception
from typing import Any

import pytest

from aett.adapters.mongodb import SnapshotStore as MongodbStore
from aett.adapters.mysql.server import arguments
from aett.adapters.mysql.server import server_of as mysql_at
from aett.adapters.postgresql import AsyncSnapshotStore as AsyncPostgresqlStore
from aett.adapters.postgresql import SnapshotStore as PostgresqlStore
from aett.adapters.postgresql.server import awaited
from aett.adapters.postgresql.server import server_of as postgresql_of
from aett.adapters.sql.server import Server


def postgresql_at(*arguments: Any) -> Server:
    return postgresql_of(*arguments)[0]


@pytest.mark.parametrize("server_of", [postgresql_at, mysql_at])
@pytest.mark.parametrize(
    "url",
    ["", "commits.db", "sqlite://s3cret@x/y", "http://u:s3cret@x", "{}//u:s3cret@h", "{}://u:s3cret@h:port/x"],
)
def test_what_is_no_url_of_the_server_is_refused_without_telling_secrets(server_of: Any, url: str) -> None:
    scheme = "postgresql" if server_of is postgresql_at else "mysql"
    with pytest.raises(ValueError, match="is named by a URL") as refused:
        server_of(url.format(scheme), 5, 1.0)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(("server_of", "scheme"), [(postgresql_at, "postgresql"), (mysql_at, "mysql")])
def test_a_place_is_told_without_secrets(server_of: Any, scheme: str) -> None:
    server = server_of(f"{scheme}://ann:s3cret@db.example:77/app", 5, 1.0)
    assert "s3cret" not in repr(server) + server.name
    assert "db.example:77/app" in server.name


@pytest.mark.parametrize("settings", [(0, 1.0), (True, 1.0), (5, 0), (5, float("nan"))])
def test_settings_that_keep_nothing_are_refused(settings: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        postgresql_at("postgresql://h/d", *settings)


def test_a_url_s_parts_reach_the_drivers_of_mysql() -> None:
    known = arguments(mysql_at("mysql://ann:p%40ss@h:77/app?unix_socket=/tmp/s", 5, 1.0))
    assert {name: known[name] for name in ("host", "port", "user", "password", "db", "unix_socket")} == {
        "host": "h",
        "port": 77,
        "user": "ann",
        "password": "p@ss",
        "db": "app",
        "unix_socket": "/tmp/s",  # noqa: S108  # a name
    }


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("fetch=1", "has the options .*, not 'fetch'"),
        ("charset=latin1", "charset must be utf8mb4"),
        ("read_timeout=soon", "read_timeout is a number of seconds"),
        ("write_timeout=0", "write_timeout is a number of seconds"),
        ("ssl_ca", "ssl_ca has no value"),
        ("ssl-mode=PREFERRED", "ssl_mode is one of"),
        ("ssl-mode=REQUIRED&ssl=true", "ssl_mode says what ssl would say"),
        ("ssl=maybe", "ssl is true or false"),
    ],
)
def test_what_a_url_for_mysql_cannot_say_is_refused_by_name(query: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        mysql_at(f"mysql://h/d?{query}", 5, 1.0)


@pytest.mark.parametrize(
    ("query", "checks", "verifies"),
    [
        ("ssl-mode=REQUIRED", "no name", ssl.CERT_NONE),
        ("ssl_verify_cert=false", "no name", ssl.CERT_NONE),
        ("ssl_mode=VERIFY_CA", "no name", ssl.CERT_REQUIRED),
        ("ssl_verify_cert=true&ssl_verify_identity=false", "no name", ssl.CERT_REQUIRED),
        ("ssl-mode=VERIFY_IDENTITY", "its name", ssl.CERT_REQUIRED),
        ("ssl_verify_cert=true", "its name", ssl.CERT_REQUIRED),
        ("ssl=true", "its name", ssl.CERT_REQUIRED),
    ],
)
def test_a_url_for_mysql_says_how_tls_is_used(query: str, checks: str, verifies: int) -> None:
    context = arguments(mysql_at(f"mysql://h/d?{query}", 5, 1.0))["ssl"]
    assert (context.check_hostname, context.verify_mode) == (checks == "its name", verifies)


@pytest.mark.parametrize("query", ["", "charset=utf8mb4", "ssl-mode=DISABLED", "ssl_disabled=true", "ssl=off"])
def test_without_a_word_of_it_mysql_is_asked_for_no_tls(query: str) -> None:
    assert "ssl" not in arguments(mysql_at(f"mysql://h/d?{query}", 5, 1.0))


def test_a_url_for_mysql_may_wait_less() -> None:
    server = mysql_at("mysql://h/d?read-timeout=20&connect_timeout=5", 5, 30.0)
    assert (server.timeout, arguments(server)["connect_timeout"]) == (20.0, 5)


WRONG = {
    "": "the text is empty",
    "host=h dbname=d password=s3cret": "there is no ://",
    "{}+driver://u:s3cret@h/d": "leave out the driver",
    "jdbc:{}://u:s3cret@h/d": "its scheme is",
    "{}://u:100%s3cret@h/d": "% itself is written %25",
    "{}://u:s3@cret@h/d": "@ is written %40",
    "{}://u:12/s3cret@h/d": "/ is written %2F",
    "{}://u:12?s3cret@h/d": "[?] is written %3F",
    "{}://u:12#s3cret@h/d": "# is written %23",
    "{}://u:s3cret@h/d\n": "a line break",
    "{}://u:s3cret@h:0/d": "a port is a number",
    "{}://u:s3cret@h:65536/d": "a port is a number",
}


@pytest.mark.parametrize(("url", "told"), WRONG.items())
@pytest.mark.parametrize("kind", ["postgresql", "mysql", "mongodb"])
def test_a_wrong_url_is_told_what_is_wrong_and_no_secret(kind: str, url: str, told: str) -> None:
    package = import_module(f"aett.adapters.{kind}")
    for name in ("SnapshotStore", "AsyncSnapshotStore"):
        with pytest.raises(ValueError, match=told) as refused:
            getattr(package, name)(url.format(kind))
        assert "s3cret" not in "".join(format_exception(refused.value))
        assert "cret@" not in str(refused.value)


def test_what_pymongo_does_not_read_is_refused_at_once() -> None:
    url = "mongodb://u:s3cret@/d"
    with pytest.raises(ValueError, match="pymongo does not read this URL") as refused:
        MongodbStore(url)
    assert "s3cret" not in "".join(format_exception(refused.value))


def test_the_options_of_postgresql_s_url_stay_as_they_are_written() -> None:
    url = "postgresql://u@h1:1,h2:2/d?options=-c%20statement_timeout%3D5000&target_session_attrs=any&x=a+b"
    server, _ = postgresql_of(f"{url}&prepare=off", 5, 1.0)
    assert server.url == url
    assert server.name == "PostgreSQL at h1:1,h2:2/d"
    assert postgresql_of("postgresql:///d?prepare=off", 5, 1.0)[0].url == "postgresql:///d"


def test_what_libpq_does_not_read_is_refused_at_once() -> None:
    for query, told in {"nothing=1": "no option nothing", "sslmode": "has no value"}.items():
        with pytest.raises(ValueError, match=told):
            PostgresqlStore(f"postgresql://u:s3cret@h/d?{query}")


def test_what_the_drivers_of_postgresql_call_differently_is_translated_or_refused_by_name() -> None:
    query = "connect_timeout=7&keepalives_idle=30&fallback_application_name=a+b&channel_binding=prefer"
    place = awaited(postgresql_of(f"postgresql://h/d?{query}&sslmode=require", 5, 30.0)[0])
    assert place.server.url == "postgresql://h/d?application_name=a%2Bb&sslmode=require"
    assert place.arguments == {"timeout": 7.0}
    assert place.socket_options == ((socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),)
    for option in ("channel_binding=require", "hostaddr=127.0.0.1", "require_auth=scram-sha-256"):
        with pytest.raises(ValueError, match=f"asyncpg cannot do .* {option.partition('=')[0]}"):
            AsyncPostgresqlStore(f"postgresql://h/d?{option}")
    with pytest.raises(ValueError, match="client_encoding must be UTF8"):
        PostgresqlStore("postgresql://h/d?client_encoding=latin1")


def test_a_url_may_say_that_no_statements_are_prepared() -> None:
    server, prepare = postgresql_of("postgresql://h/d?prepare=off&sslmode=require", 5, 1.0)
    assert (server.url, prepare) == ("postgresql://h/d?sslmode=require", False)
    assert postgresql_of("postgresql://h/d", 5, 1.0)[1]
    with pytest.raises(ValueError, match="prepare must be on or off"):
        postgresql_of("postgresql://h/d?prepare=never", 5, 1.0)
