"""Events that were not decoded."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class StoredEvent:
    """An event as it is stored, for those who know no class of it; `TopicMap.stored()` reads and writes these.

    envelope: the stored bytes, JSON with topic, version, body and headers: they are written again as they are.
    topic, version, body: what stands in it; the body is a JSON object.
    """

    envelope: bytes = field(repr=False)
    topic: str
    version: int
    body: bytes
