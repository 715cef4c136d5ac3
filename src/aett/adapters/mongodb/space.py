"""A place in MongoDB: a database's three collections, under concerns that keep what was acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import field, frozen
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from aett.adapters.mongodb.steps import COLLECTIONS, Collection
from aett.adapters.store.url import hosts_of, parts_of
from aett.core.errors import UnsupportedServer
from aett.core.number import positive

POOL_SIZE: Final = 10
"""Connections that a store keeps at most, unless it is told otherwise."""

TIMEOUT: Final = 30.0
"""Seconds to wait for a server, and for what is asked of it, unless a store is told otherwise."""

COMMITS: Final = "commits"
"""The name of the collection of commits, unless a store is told otherwise."""

_EXAMPLE: Final = "mongodb://user@host:27017/database"
_SCHEMES: Final = ("mongodb", "mongodb+srv")
_CODEC: Final[CodecOptions[dict[str, Any]]] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)


@frozen
class Space:
    """The collections, and the caller's session that all is done in, if there is one.

    database: of whichever client; the library's calls are the same, or the same awaited.
    """

    database: Any
    collections: Mapping[Collection, Any]
    session: Any = None

    @staticmethod
    def of(database: Any, name: str, session: Any = None) -> Space:
        """The collections of this name. `UnsupportedServer` if nobody would acknowledge what is written."""
        concern: WriteConcern = database.write_concern
        if not concern.acknowledged:
            raise UnsupportedServer("write concern 0 acknowledges nothing: the store would lose commits silently")
        made: dict[Collection, Any] = {
            each: database.get_collection(name if each == "commits" else f"{name}_{each}").with_options(
                codec_options=_CODEC,
                read_preference=ReadPreference.PRIMARY,
                write_concern=concern if concern.document else WriteConcern("majority"),
                read_concern=ReadConcern("majority"),
            )
            for each in COLLECTIONS
        }
        return Space(database, made, session)

    def is_alone(self) -> bool:
        """Whether no transaction of the caller's is open."""
        return self.session is None or not self.session.in_transaction


@frozen(kw_only=True)
class Server:
    """Where a deployment is: `mongodb://user:password@host:port/database`, with the client's own options.

    pool_size: connections at most. timeout: seconds to wait for one, and for what is then asked of it.
    """

    url: str = field(repr=False)
    pool_size: int = POOL_SIZE
    timeout: float = TIMEOUT

    def __attrs_post_init__(self) -> None:
        """Refuse what is no place, without a word of what may be secret."""
        parts_of(self.url, _SCHEMES, "MongoDB", _EXAMPLE)
        if not self.database:
            raise ValueError(f"MongoDB is named by a URL, as in {_EXAMPLE}: there is no database in it")
        if self.url.startswith("mongodb://") and not _reads(self.url):  # the other scheme asks the DNS
            raise ValueError(f"{self.name}: pymongo does not read this URL")  # its own words might tell secrets
        positive("pool_size", self.pool_size)
        if not self.timeout > 0:
            raise ValueError(f"timeout must be a number of seconds, not {self.timeout!r}")

    @property
    def database(self) -> str:
        """The database's name."""
        return urlsplit(self.url).path.strip("/")

    @property
    def name(self) -> str:
        """For messages: without user and password."""
        return f"MongoDB at {hosts_of(urlsplit(self.url))}/{self.database}"

    @property
    def options(self) -> dict[str, Any]:
        """Arguments for a client; what the URL says goes before them."""
        milliseconds = int(self.timeout * 1000)
        wanted = {
            "maxPoolSize": self.pool_size,
            "serverSelectionTimeoutMS": milliseconds,
            "connectTimeoutMS": milliseconds,
            "waitQueueTimeoutMS": milliseconds,
            "timeoutMS": milliseconds,
        }
        said = urlsplit(self.url).query.lower()
        return {name: value for name, value in wanted.items() if f"{name.lower()}=" not in said}


def _reads(url: str) -> bool:
    try:
        parse_uri(url, validate=False)
    except (PyMongoError, ValueError):
        return False
    return True
