"""A step of every engine's: to wait."""

from __future__ import annotations

from attrs import frozen

from aett.core.plan import Step


@frozen
class Pause(Step[None]):
    """Let some seconds pass."""

    seconds: float
