"""Keys: where in a bucket a stream, a log and snapshots stand, and how any identifier becomes part of a key.

    <prefix>schema                                            the version of this layout
    <prefix>tenants/<tenant>/streams/<stream>/<generation>/<sequence>        a commit
    <prefix>tenants/<tenant>/ids/<stream>/<generation>/<commit id>           the sequence of a commit's id
    <prefix>tenants/<tenant>/pending/<stream>/<generation>/<sequence>/<nonce>    a marker
    <prefix>tenants/<tenant>/log/<number>                     a segment of the log
    <prefix>tenants/<tenant>/fences/<hash of the stream>      the stream's generation, once it was purged
    <prefix>tenants/<tenant>/snapshots/<stream>/<revision from the end>
    <prefix>tenants/<tenant>/registers/<name>                 a register; empty if it was removed

An identifier is percent-encoded; where that would be long, it is `=` and its base64, so that every key fits within
the 1,024 bytes that S3 takes. Numbers have as many digits as the largest, so that they sort as text.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final
from urllib.parse import quote, unquote

from attrs import frozen

from aett.core.number import MAX_REVISION

DIGITS: Final = 19
LONGEST_PREFIX: Final = 400
"""Bytes: with the longest identifiers, a longer one would not fit within a key."""

_LONGEST_NAME: Final = 120
"""Characters of an identifier that is percent-encoded; more are written in base64, which takes at most 341."""


def named(identifier: str) -> str:
    """The identifier as a part of a key, without a slash."""
    encoded = quote(identifier, safe="")
    if not encoded.strip("."):  # Some servers take dots for directories.
        encoded = encoded.replace(".", "%2E")
    if len(encoded) <= _LONGEST_NAME:
        return encoded
    return "=" + base64.urlsafe_b64encode(identifier.encode()).decode().rstrip("=")


def identifier_of(name: str) -> str:
    """The identifier that has this name."""
    if not name.startswith("="):
        return unquote(name)
    text = name[1:]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def number(value: int) -> str:
    """A number as a part of a key."""
    return f"{value:0{DIGITS}d}"


@frozen
class Stream:
    """Where a stream stands, in one generation of it."""

    tenant: str
    stream_id: str
    generation: int

    def commit(self, sequence: int) -> str:
        """The key of a commit."""
        return f"{self.commits}{number(sequence)}"

    def marker(self, sequence: int, nonce: bytes) -> str:
        """The key of the marker that one call of a writer puts before its commit."""
        return f"{self.markers(sequence)}{nonce.hex()}"

    def markers(self, sequence: int) -> str:
        """Before the keys of all markers of one sequence."""
        return f"{self.pending}{number(sequence)}/"

    def id(self, commit_id: bytes) -> str:
        """The key of a commit's id."""
        return f"{self._place('ids')}{commit_id.hex()}"

    @property
    def commits(self) -> str:
        """Before the keys of all its commits."""
        return self._place("streams")

    @property
    def pending(self) -> str:
        """Before the keys of all its markers."""
        return self._place("pending")

    def _place(self, room: str) -> str:
        return f"{self.tenant}{room}/{named(self.stream_id)}/{self.generation}/"


@frozen
class Tenant:
    """Where a tenant stands: before the keys of all that is its."""

    prefix: str

    @property
    def end(self) -> str:
        """A key after all of its own, and before those of the tenants that come after it."""
        return self.prefix[:-1] + chr(ord("/") + 1)

    def stream(self, stream_id: str, generation: int) -> Stream:
        """A generation of a stream."""
        return Stream(self.prefix, stream_id, generation)

    def of_stream(self, room: str, stream_id: str) -> str:
        """Before the keys of a stream in one of the rooms, whatever their generations."""
        return f"{self.room(room)}{named(stream_id)}/"

    def room(self, room: str) -> str:
        """Before the keys of a room."""
        return f"{self.prefix}{room}/"

    def fence(self, stream_id: str) -> str:
        """The key of a stream's generation. It outlives a purge, so it does not spell the stream."""
        return f"{self.room('fences')}{hashlib.sha256(stream_id.encode()).hexdigest()}"

    def segment(self, number_: int) -> str:
        """The key of a segment of the log."""
        return f"{self.room('log')}{number(number_)}"

    def register(self, name: str) -> str:
        """The key of a register."""
        return f"{self.room('registers')}{named(name)}"

    def snapshot(self, stream_id: str, revision: int) -> str:
        """The key of a snapshot: newer ones sort before older."""
        return f"{self.of_stream('snapshots', stream_id)}{number(MAX_REVISION - revision)}"


@frozen
class Space:
    """A bucket, and what all keys in it begin with: empty, or ending in a slash."""

    bucket: str
    prefix: str

    @property
    def schema(self) -> str:
        """The key of the layout's version."""
        return f"{self.prefix}schema"

    @property
    def tenants(self) -> str:
        """Before the keys of all tenants."""
        return f"{self.prefix}tenants/"

    def tenant(self, tenant_id: str) -> Tenant:
        """Where a tenant stands."""
        return Tenant(f"{self.tenants}{named(tenant_id)}/")
