"""Nonces: by which a call knows its own write, should its reply have been lost and the client have asked again."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

BYTES: Final = 8
KEPT: Final = 32
"""So many calls may change a thing after a call's write, until it has heard of it, and it is still known."""


def new_nonce() -> bytes:
    """One that no other call has."""
    return uuid4().bytes[:BYTES]


def joined(nonces: bytes, own: bytes) -> bytes:
    """Those of the last calls, joined, and one's own at their end."""
    return (nonces + own)[-BYTES * KEPT :]


def known(nonces: bytes, own: bytes) -> bool:
    """Whether one's own is among them."""
    return own in (nonces[index : index + BYTES] for index in range(0, len(nonces), BYTES))
