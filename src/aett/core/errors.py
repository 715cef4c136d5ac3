"""The exceptions: what is not an expected outcome, in one small tree."""

from __future__ import annotations


class AettError(Exception):
    """The root of everything Aett raises."""


class InvalidIdentifier(AettError, ValueError):
    """A tenant or stream identifier is out of bounds; the message says which rule it breaks."""


class InvalidCommit(AettError, ValueError):
    """A commit that cannot be: empty, misnumbered, with a naive time or headers that are not JSON."""


class InvalidRegister(AettError, ValueError):
    """A register that cannot be: its payload is no bytes, or is larger than its engine stores."""


class UnsupportedType(AettError, TypeError):
    """A class or value that the codec cannot store and give back equal; names class and attribute."""


class UnknownTopic(AettError, LookupError):
    """A topic, or a version of it, that the topic map does not hold."""


class CorruptStorage(AettError):
    """Something stored cannot be read as what it should be; names tenant, stream and sequence."""


class SchemaMismatch(AettError):
    """The place of storage is not as `initialize` makes it; names what is missing or different."""


class StorageUnavailable(AettError):
    """The storage did not answer, for now.

    The outcome of a commit may be unknown: retry it with the same commit id.
    """


class AccessRefused(AettError):
    """The storage lets nobody in under this name, or there is no such database, or a right is missing.

    Trying again does not help: somebody has to change the credentials, the place or the rights.
    """


class StoreClosed(AettError):
    """The store was closed and is used no more."""


class UnsupportedServer(AettError):
    """A server, driver or connection that cannot keep the laws."""
