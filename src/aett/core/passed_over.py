"""What a reader did not ask for."""

from __future__ import annotations

from attrs import frozen


@frozen
class PassedOver:
    """Stands where an event stands that was stored under a topic that the reader did not ask for.

    It has not been decoded, and its headers neither. What is around it keeps its place: revisions can be counted.
    """

    topic: str
    version: int
