"""Pages: a stretch of a stream for folding, without what a fold does not need."""

from __future__ import annotations

from attrs import frozen

from aett.core.head import Head


@frozen
class Page:
    """Events of a stream, in order, and the head that follows the last of them."""

    head: Head
    bodies: tuple[object, ...]
